import ApusCompiler
import ApusCore
import CApusKernels

/// A fused chain of elementwise operations, assembled for the kernels' vector machine.
final class ElementwiseProgram: @unchecked Sendable {
  // Unchecked: the memory is written once, in the initialiser.
  private var program: apus_vm_program
  private let inputs: UnsafeMutableBufferPointer<apus_vm_input>
  private let outputs: UnsafeMutableBufferPointer<apus_vm_output>
  private let instructions: UnsafeMutableBufferPointer<apus_vm_instruction>
  private let reduced: UnsafeMutableBufferPointer<apus_vm_reduced>

  /// Arithmetic that one run does, for profiles: an instruction counts as one operation for each element.
  let operations: Int

  /// - Parameter extents: How what is reduced is cut.
  init(
    shape: [Int], inputs: [apus_vm_input], outputs: [apus_vm_output], instructions: [apus_vm_instruction],
    registerCount: Int, reduced: [apus_vm_reduced] = [], extents: ReductionExtents? = nil
  ) {
    precondition(registerCount <= Int(APUS_VM_MAX_REGISTERS) && shape.count <= Int(APUS_MAX_RANK))
    func copy<T>(_ values: [T]) -> UnsafeMutableBufferPointer<T> {
      let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: values.count)
      _ = memory.initialize(from: values)
      return memory
    }
    self.inputs = copy(inputs)
    self.outputs = copy(outputs)
    self.instructions = copy(instructions)
    self.reduced = copy(reduced)
    let work = instructions.count { $0.op != UInt8(APUS_VM_CONSTANT.rawValue) } + reduced.count
    operations = work * shape.reduce(1, *)
    program = apus_vm_program()
    program.rank = Int32(shape.count)
    withUnsafeMutableBytes(of: &program.shape) { raw in
      for (axis, size) in shape.enumerated() { raw.bindMemory(to: Int.self)[axis] = size }
    }
    program.input_count = Int32(inputs.count)
    program.output_count = Int32(outputs.count)
    program.instruction_count = Int32(instructions.count)
    program.register_count = Int32(registerCount)
    program.inputs = UnsafePointer(self.inputs.baseAddress)
    program.outputs = UnsafePointer(self.outputs.baseAddress)
    program.instructions = UnsafePointer(self.instructions.baseAddress)
    program.reduced_count = Int32(reduced.count)
    program.reduced = UnsafePointer(self.reduced.baseAddress)
    if let extents { (program.outer, program.middle, program.inner) = (extents.outer, extents.reduced, extents.inner) }
  }

  /// Bytes of scratch memory that a run takes.
  var scratch: Int { withUnsafePointer(to: &program) { apus_vm_scratch($0) } }

  /// Whether an input is read in the order in which outputs are written.
  func isDense(input: Int) -> Bool {
    let rank = Int(program.rank)
    return withUnsafeBytes(of: program.shape) { shape in
      withUnsafeBytes(of: inputs[input].strides) { strides in
        var expected = 1
        for axis in (0..<rank).reversed() {
          if strides.load(fromByteOffset: axis * 8, as: Int.self) != expected { return false }
          expected *= shape.load(fromByteOffset: axis * 8, as: Int.self)
        }
        return true
      }
    }
  }

  /// Whether elements of an input and of an output take the same room. What is reduced takes the place of nothing.
  func elementSizesMatch(input: Int, output: Int) -> Bool {
    if output >= outputs.count { return false }
    func size(_ type: UInt8) -> Int { DType.allCases.first { $0.kernelType.rawValue == UInt32(type) }!.byteCount }
    return size(inputs[input].type) == size(outputs[output].type)
  }

  deinit {
    inputs.deallocate()
    outputs.deallocate()
    instructions.deallocate()
    reduced.deallocate()
  }

  func run(
    _ step: Step, _ bases: UnsafePointer<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer
  ) {
    withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: step.reads.count + 1) { sources in
      withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: step.writes.count + 1) { targets in
        for (place, read) in step.reads.enumerated() {
          sources.initializeElement(at: place, to: UnsafeRawPointer(bases[read.storage]) + read.byteOffset)
        }
        for (place, write) in step.writes.enumerated() {
          targets.initializeElement(at: place, to: bases[write.storage] + write.byteOffset)
        }
        withUnsafePointer(to: &program) { apus_vm_run($0, sources.baseAddress, targets.baseAddress, scratch) }
      }
    }
  }
}

extension Unary {
  var instruction: apus_vm_op {
    switch self {
    case .negate: APUS_VM_NEGATE
    case .abs: APUS_VM_ABS
    case .sign: APUS_VM_SIGN
    case .floor: APUS_VM_FLOOR
    case .ceil: APUS_VM_CEIL
    case .round: APUS_VM_ROUND
    case .exp: APUS_VM_EXP
    case .expm1: APUS_VM_EXPM1
    case .log: APUS_VM_LOG
    case .log1p: APUS_VM_LOG1P
    case .sqrt: APUS_VM_SQRT
    case .rsqrt: APUS_VM_RSQRT
    case .sin: APUS_VM_SIN
    case .cos: APUS_VM_COS
    case .tanh: APUS_VM_TANH
    case .logistic: APUS_VM_LOGISTIC
    case .not: APUS_VM_NOT
    case .cbrt: APUS_VM_CBRT
    case .tan: APUS_VM_TAN
    case .asin: APUS_VM_ASIN
    case .acos: APUS_VM_ACOS
    case .atan: APUS_VM_ATAN
    case .sinh: APUS_VM_SINH
    case .cosh: APUS_VM_COSH
    case .asinh: APUS_VM_ASINH
    case .acosh: APUS_VM_ACOSH
    case .atanh: APUS_VM_ATANH
    case .erf: APUS_VM_ERF
    case .erfc: APUS_VM_ERFC
    case .erfInverse: APUS_VM_ERF_INVERSE
    case .lgamma: APUS_VM_LGAMMA
    case .digamma: APUS_VM_DIGAMMA
    case .popcount: APUS_VM_POPCOUNT
    }
  }
}

extension Binary {
  var instruction: apus_vm_op {
    switch self {
    case .add: APUS_VM_ADD
    case .subtract: APUS_VM_SUBTRACT
    case .multiply: APUS_VM_MULTIPLY
    case .divide: APUS_VM_DIVIDE
    case .remainder: APUS_VM_REMAINDER
    case .power: APUS_VM_POWER
    case .maximum: APUS_VM_MAXIMUM
    case .minimum: APUS_VM_MINIMUM
    case .and: APUS_VM_AND
    case .or: APUS_VM_OR
    case .xor: APUS_VM_XOR
    case .shiftLeft: APUS_VM_SHIFT_LEFT
    case .shiftRightLogical: APUS_VM_SHIFT_RIGHT_LOGICAL
    case .shiftRightArithmetic: APUS_VM_SHIFT_RIGHT_ARITHMETIC
    case .atan2: APUS_VM_ATAN2
    }
  }
}

extension Comparison {
  var instruction: apus_vm_op {
    switch self {
    case .equal: APUS_VM_EQUAL
    case .notEqual: APUS_VM_NOT_EQUAL
    case .less: APUS_VM_LESS
    case .lessEqual: APUS_VM_LESS_EQUAL
    case .greater: APUS_VM_GREATER
    case .greaterEqual: APUS_VM_GREATER_EQUAL
    }
  }
}
