import ApusCore
import CApusKernels

/// One kernel call of a plan.
struct Step {
  let kernel: Kernel
  /// What the kernel reads, in the order it expects.
  var reads: [Reference]
  var writes: [Reference]
  /// Bytes of scratch memory.
  var scratch = 0
  /// Bytes that the kernel has to read and write at least, for profiles.
  var traffic = 0
  /// What the step computes, for profiles: the operations' names.
  let label: String
}

/// What a step runs. The shapes are fixed; only the pointers come at run time.
enum Kernel {
  case elementwise(ElementwiseProgram)
  case matmul(apus_matmul_shape, DType, Epilogue)
  case matmulPacked(apus_matmul_shape, Epilogue)
  case packMatrix(apus_matmul_shape)
  case convolution(apus_convolution_shape, Epilogue)
  case convolutionWeightGradient(apus_convolution_shape)
  case convolutionAny(apus_convolution_any_shape, DType)
  case reduce(apus_reduction, DType, outer: Int, reduced: Int, inner: Int)
  case argReduce(isMax: Bool, DType, outer: Int, reduced: Int, inner: Int)
  case copy(elementSize: Int, shape: [Int], sourceStrides: [Int], destinationStrides: [Int])
  case fill(elementSize: Int, count: Int)
  case iota(DType, outer: Int, length: Int, inner: Int)
  case reduceWindow(apus_reduction, DType, apus_window_shape)
  case selectAndScatter(isMax: Bool, DType, apus_window_shape)
  case block(BlockCall)
  case randomBits(stream: UInt32, count: Int)
  /// A value's bytes, unless they are where they should be already.
  case copyBytes(count: Int)
  case gather(elementSize: Int, apus_index_shape)
  case scatter(apus_scatter_kind, DType, clamps: Bool, apus_index_shape)
  case cumulative(apus_cumulative, DType, outer: Int, length: Int, inner: Int, isReversed: Bool)
  case argSort(DType, outer: Int, length: Int, inner: Int, isDescending: Bool, count: Int)
  case scan(ScanStep)
  case whileLoop(WhileStep)
  case conditional(ConditionalStep)
  case custom(CustomStep)
}

/// What a product does to its result: the activation, and the numbers of the reads and the write that it uses.
struct Epilogue {
  private let activation: apus_activation
  private let scale, bias, residual: Int?
  private let before: Int?

  init(_ fused: FusedProduct) {
    var next = 2
    func number(_ isThere: Bool) -> Int? {
      defer { if isThere { next += 1 } }
      return isThere ? next : nil
    }
    activation = fused.activation.kernel
    scale = number(fused.hasScale)
    bias = number(fused.hasBias)
    residual = number(fused.hasResidual)
    before = fused.showsPreactivation ? 1 : nil
  }

  func memory(of step: Step, _ bases: UnsafePointer<UnsafeMutableRawPointer>) -> apus_epilogue {
    func floats(_ reference: Reference) -> UnsafeMutablePointer<Float> {
      (bases[reference.storage] + reference.byteOffset).assumingMemoryBound(to: Float.self)
    }
    return apus_epilogue(
      bias: bias.map { UnsafePointer(floats(step.reads[$0])) }, activation: activation,
      scale: scale.map { UnsafePointer(floats(step.reads[$0])) },
      residual: residual.map { UnsafePointer(floats(step.reads[$0])) },
      before: before.map { floats(step.writes[$0]) })
  }
}

extension Step {
  /// Runs the kernel on memory whose parts start at `bases`.
  func run(_ bases: UnsafePointer<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer) {
    func read(_ index: Int) -> UnsafeRawPointer {
      UnsafeRawPointer(bases[reads[index].storage]) + reads[index].byteOffset
    }
    func floats(_ index: Int) -> UnsafePointer<Float> { read(index).assumingMemoryBound(to: Float.self) }
    // A loop may have no results at all.
    let target = writes.isEmpty ? scratch : bases[writes[0].storage] + writes[0].byteOffset
    let targetFloats = target.assumingMemoryBound(to: Float.self)
    switch kernel {
    case .elementwise(let program): program.run(self, bases, scratch: scratch)
    case .matmul(var shape, let dtype, let epilogue):
      if dtype == .float32 {
        var epilogue = epilogue.memory(of: self, bases)
        apus_matmul_f32(&shape, floats(0), floats(1), targetFloats, &epilogue, scratch)
      } else {
        apus_matmul_any(dtype.kernelType, &shape, read(0), read(1), target)
      }
    case .matmulPacked(var shape, let epilogue):
      var epilogue = epilogue.memory(of: self, bases)
      apus_matmul_f32_packed(&shape, floats(0), floats(1), targetFloats, &epilogue, scratch)
    case .packMatrix(var shape): apus_matmul_f32_pack(&shape, floats(0), targetFloats)
    case .convolution(var shape, let epilogue):
      var epilogue = epilogue.memory(of: self, bases)
      apus_convolution_f32(&shape, floats(0), floats(1), targetFloats, &epilogue, scratch)
    case .convolutionWeightGradient(var shape):
      apus_convolution_weight_gradient_f32(&shape, floats(0), floats(1), targetFloats, scratch)
    case .convolutionAny(var shape, let dtype):
      apus_convolution_any(dtype.kernelType, &shape, read(0), read(1), target)
    case .reduce(let reduction, let dtype, let outer, let reduced, let inner):
      apus_reduce(reduction, dtype.kernelType, outer, reduced, inner, read(0), target, scratch)
    case .argReduce(let isMax, let dtype, let outer, let reduced, let inner):
      let indices = target.assumingMemoryBound(to: Int32.self)
      apus_arg_reduce(isMax, dtype.kernelType, outer, reduced, inner, read(0), indices)
    case .copy(let elementSize, let shape, let source, let destination):
      apus_copy_strided(Int32(elementSize), Int32(shape.count), shape, read(0), source, target, destination)
    case .fill(let elementSize, let count): apus_fill(Int32(elementSize), count, read(0), target)
    case .iota(let dtype, let outer, let length, let inner): apus_iota(dtype.kernelType, outer, length, inner, target)
    case .reduceWindow(let reduction, let dtype, var shape):
      apus_reduce_window(reduction, dtype.kernelType, &shape, read(0), target)
    case .selectAndScatter(let isMax, let dtype, var shape):
      apus_select_and_scatter(isMax, dtype.kernelType, &shape, read(0), read(1), target)
    case .block(let call): call.run(BlockMemory(self, bases, scratch))
    case .copyBytes(let count):
      if read(0) != UnsafeRawPointer(target) { target.copyMemory(from: read(0), byteCount: count) }
    case .gather(let elementSize, var shape):
      apus_gather(Int32(elementSize), &shape, read(0), read(1).assumingMemoryBound(to: Int32.self), target)
    case .scatter(let kind, let dtype, let clamps, var shape):
      let indices = read(0).assumingMemoryBound(to: Int32.self)
      apus_scatter(kind, dtype.kernelType, clamps, &shape, indices, read(1), target)
    case .cumulative(let kind, let dtype, let outer, let length, let inner, let isReversed):
      apus_cumulative_run(kind, dtype.kernelType, outer, length, inner, isReversed, read(0), target)
    case .argSort(let dtype, let outer, let length, let inner, let isDescending, let count):
      let indices = target.assumingMemoryBound(to: Int32.self)
      apus_arg_sort(dtype.kernelType, outer, length, inner, isDescending, count, read(0), indices, scratch)
    case .scan(let step): step.run(self, bases, scratch)
    case .whileLoop(let step): step.run(self, bases, scratch)
    case .conditional(let step): step.run(self, bases, scratch)
    case .custom(let step): step.run(self, bases)
    case .randomBits(let stream, let count):
      let key = read(0).assumingMemoryBound(to: UInt32.self)
      apus_philox(key, stream, count, target.assumingMemoryBound(to: UInt32.self))
    }
  }
}

extension DType {
  var kernelType: apus_dtype {
    switch self {
    case .bool: APUS_BOOL
    case .uint8: APUS_U8
    case .int32: APUS_I32
    case .uint32: APUS_U32
    case .int64: APUS_I64
    case .float32: APUS_F32
    case .float64: APUS_F64
    case .int8: APUS_I8
    case .int16: APUS_I16
    case .uint16: APUS_U16
    case .uint64: APUS_U64
    case .float16: APUS_F16
    case .bfloat16: APUS_BF16
    }
  }
}

extension Reduction {
  var kernel: apus_reduction {
    switch self {
    case .sum: APUS_REDUCE_SUM
    case .product: APUS_REDUCE_PRODUCT
    case .max: APUS_REDUCE_MAX
    case .min: APUS_REDUCE_MIN
    case .and: APUS_REDUCE_AND
    case .or: APUS_REDUCE_OR
    }
  }
}

extension ScatterKind {
  var kernel: apus_scatter_kind {
    switch self {
    case .set: APUS_SCATTER_SET
    case .add: APUS_SCATTER_ADD
    case .multiply: APUS_SCATTER_MULTIPLY
    case .min: APUS_SCATTER_MIN
    case .max: APUS_SCATTER_MAX
    }
  }
}

extension Cumulative {
  var kernel: apus_cumulative {
    switch self {
    case .sum: APUS_CUMULATIVE_SUM
    case .product: APUS_CUMULATIVE_PRODUCT
    case .max: APUS_CUMULATIVE_MAX
    case .min: APUS_CUMULATIVE_MIN
    }
  }
}

extension DType {
  /// Whether there are reductions of this type.
  var reduces: Bool {
    switch self {
    case .bool, .uint8, .int32, .uint32, .int64, .uint64, .float32, .float64: true
    case .int8, .int16, .uint16, .float16, .bfloat16: false
    }
  }
}
