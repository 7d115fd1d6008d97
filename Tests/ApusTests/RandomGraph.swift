import ApusCore
import ApusReference

/// A random graph with its inputs, and its values by the reference.
///
/// Values are looked at while the graph grows, so that they stay finite and of ordinary size, and operations that jump
/// only see values that every backend computes exactly.
struct RandomGraph {
  private(set) var graph = Graph()
  private(set) var arguments: [[Double]] = []
  /// The elements of each instruction's result.
  private(set) var values: [[Double]] = []
  /// Whether each result is the same on all backends to the last bit.
  private var isExact: [Bool] = []
  private var depths: [Int] = []
  var noise: Noise

  static let largest = 60.0
  private static let sizes = [1, 1, 2, 2, 3, 4, 5, 7, 8, 17, 33]

  init(seed: UInt64) {
    noise = Noise(seed: seed)
    let dtypes: [DType] =
      noise.chance(0.65) ? [.float32] : noise.chance(0.6) ? [.float64] : [noise.pick([.float16, .bfloat16])]
    for _ in 0..<noise.integer(1...4) { addInput(noise.chance(0.8) ? dtypes[0] : noise.pick(DType.allCases)) }
    let wanted = noise.integer(2...20)
    var tries = 0
    while graph.instructions.count < graph.inputs.count + wanted, tries < 200 {
      tries += 1
      grow()
    }
    let last = graph.instructions.count - 1
    graph.outputs = [last]
    for position in graph.inputs.count..<graph.instructions.count where position != last && noise.chance(0.1) {
      graph.outputs.append(position)
    }
  }

  private mutating func addInput(_ dtype: DType) {
    let shape = Shape((0..<noise.pick([0, 1, 2, 2, 2, 3, 3, 4])).map { _ in noise.pick(RandomGraph.sizes) })
    guard shape.elementCount <= 2000 else { return addInput(dtype) }
    let input = Input.spread(shape, dtype.isFloat ? -2...2 : -9...9, dtype: dtype)
    arguments.append(input.sample(&noise, dtype))
    graph.inputs.append(graph.append(.parameter(TensorType(shape, dtype)), [], [TensorType(shape, dtype)]))
    values.append(arguments[arguments.count - 1])
    isExact.append(true)
    depths.append(0)
  }

  func type(_ position: Int) -> TensorType { graph.type(position) }

  /// A position, of the later ones most often.
  mutating func anyPosition(where isWanted: (TensorType) -> Bool = { _ in true }) -> Int? {
    let candidates = graph.instructions.indices.filter { isWanted(type($0)) }
    guard !candidates.isEmpty else { return nil }
    return noise.chance(0.6) ? noise.pick(Array(candidates.suffix(3))) : noise.pick(candidates)
  }

  /// Adds the operation if its operands fit and its values are ordinary; says where it is.
  @discardableResult
  mutating func add(_ op: Op, _ operands: [Int]) -> Int? {
    guard operands.allSatisfy({ depths[$0] < 20 }) else { return nil }
    guard let types = try? op.resultTypes(operands.map { type($0) }), types[0].shape.elementCount <= 4000,
      types[0].shape.rank <= 6
    else {
      return nil
    }
    var single = Graph()
    for operand in operands {
      single.inputs.append(single.append(.parameter(type(operand)), [], [type(operand)]))
    }
    single.outputs = [single.append(op, Array(operands.indices), types)]
    if op.jumps, !operands.allSatisfy({ isExact[$0] || !type($0).dtype.isFloat }) { return nil }
    guard isTame(op, operands) else { return nil }
    let result = single.interpreted(operands.map { values[$0] })[0]
    guard result.allSatisfy({ abs($0) <= (types[0].dtype.isInteger ? 1e9 : RandomGraph.largest) }) else { return nil }
    graph.append(op, operands, types)
    values.append(result)
    isExact.append(operands.allSatisfy { isExact[$0] } && op.isExact(types[0].dtype))
    depths.append((operands.map { depths[$0] }.max() ?? -1) + 1)
    return graph.instructions.count - 1
  }

  /// Whether the operands are where the function is not steep.
  private func isTame(_ op: Op, _ operands: [Int]) -> Bool {
    func all(_ operand: Int, _ condition: (Double) -> Bool) -> Bool { values[operands[operand]].allSatisfy(condition) }
    return switch op {
    case .unary(.log), .unary(.sqrt), .unary(.rsqrt): all(0) { $0 > 0.1 }
    case .unary(.log1p): all(0) { $0 > -0.8 }
    case .unary(.exp), .unary(.expm1): all(0) { $0 < 3 }
    case .unary(.asin), .unary(.acos), .unary(.atanh), .unary(.erfInverse): all(0) { abs($0) < 0.9 }
    case .unary(.acosh): all(0) { $0 > 1.2 }
    case .unary(.tan): all(0) { abs($0) < 1.2 }
    case .unary(.sinh), .unary(.cosh): all(0) { abs($0) < 3 }
    case .unary(.lgamma), .unary(.digamma): all(0) { $0 > 0.4 }
    case .unary(.cbrt): all(0) { abs($0) > 0.2 }
    case .binary(.atan2): zip(values[operands[0]], values[operands[1]]).allSatisfy { $0 * $0 + $1 * $1 > 0.1 }
    case .scatter(.multiply, _, _), .cumulative(.product, _, _):
      operands.allSatisfy { values[$0].reduce(1) { $0 * Swift.max(1, abs($1)) } < 1e6 }
    case .binary(.divide), .binary(.remainder): all(1) { abs($0) > 0.2 }
    case .binary(.power):
      type(operands[0]).dtype.isFloat
        ? all(0) { $0 > 0.2 && $0 < 5 } && all(1) { abs($0) < 3 } : all(1) { $0 >= 0 && $0 < 4 }
    // In whatever order the factors are taken, nothing overflows.
    case .reduce(.product, _): values[operands[0]].reduce(1) { $0 * Swift.max(1, abs($1)) } < 1e6
    default: true
    }
  }

  private mutating func grow() {
    switch noise.integer(0...16) {
    case 0, 1: if let x = anyPosition() { add(.unary(noise.pick(Unary.allCases)), [x]) }
    case 2, 3, 4: growBinary()
    case 5: growSelect()
    case 6: if let x = anyPosition() { add(.convert(noise.pick([.float32, .float32] + DType.allCases)), [x]) }
    case 7, 8: growLayout()
    case 9: growSlice()
    case 10: growReduction()
    case 11: growProduct()
    case 12: growWindow()
    case 13: growIndexing()
    case 14: growUpdate()
    case 15: growAlong()
    default: growJoin()
    }
  }

  /// A partner of the same type, made by broadcasting something if there is none.
  private mutating func partner(of x: Int) -> Int? {
    let wanted = type(x)
    if noise.chance(0.6), let other = anyPosition(where: { $0 == wanted }) { return other }
    guard let other = anyPosition(where: { $0.dtype == wanted.dtype && $0.shape.rank <= wanted.shape.rank }) else {
      let scalar = add(.constant(Scalar(noise.uniform(-2...2), wanted.dtype)), [])
      return scalar.flatMap { add(.broadcastInDim(wanted.shape, axes: []), [$0]) }
    }
    if type(other) == wanted { return other }
    let axes = Array(noise.shuffled(Array(wanted.shape.indices)).prefix(type(other).shape.rank)).sorted()
    return add(.broadcastInDim(wanted.shape, axes: axes), [other])
  }

  private mutating func growBinary() {
    guard let x = anyPosition(), let y = partner(of: x) else { return }
    if noise.chance(0.15) {
      add(.compare(noise.pick(Comparison.allCases)), [x, y])
    } else {
      add(.binary(noise.pick(Binary.allCases)), noise.chance(0.5) ? [x, y] : [y, x])
    }
  }

  private mutating func growSelect() {
    guard let x = anyPosition(), let y = partner(of: x), let z = partner(of: x),
      let condition = add(.compare(noise.pick(Comparison.allCases)), [x, y])
    else { return }
    add(.select, [condition, noise.chance(0.5) ? x : y, z])
  }

  private mutating func growLayout() {
    guard let x = anyPosition() else { return }
    let shape = type(x).shape
    switch noise.integer(0...3) {
    case 0: add(.transpose(noise.shuffled(Array(shape.indices))), [x])
    case 1: add(.reverse(axes: shape.indices.filter { _ in noise.chance(0.5) }), [x])
    case 2:
      var sizes = [1]
      var left = shape.elementCount
      for factor in [2, 3, 5, 7, 11, 17] {
        while left > 1, left % factor == 0 {
          left /= factor
          if noise.chance(0.5) { sizes.append(factor) } else { sizes[sizes.count - 1] *= factor }
        }
      }
      if left == 1 { add(.reshape(Shape(noise.shuffled(sizes))), [x]) }
    default:
      var sizes = Array(shape)
      var axes = Array(shape.indices)
      if noise.chance(0.5) {
        let place = noise.integer(0...sizes.count)
        sizes.insert(noise.pick([1, 2, 3, 5]), at: place)
        axes = axes.map { $0 < place ? $0 : $0 + 1 }
      }
      for axis in shape.indices where shape[axis] == 1 && noise.chance(0.5) {
        sizes[axes[axis]] = noise.pick([2, 4, 9])
      }
      add(.broadcastInDim(Shape(sizes), axes: axes), [x])
    }
  }

  private mutating func growSlice() {
    guard let x = anyPosition() else { return }
    let shape = type(x).shape
    if noise.chance(0.5) {
      var bounds = SliceBounds(start: [], limit: [], stride: [])
      for size in shape {
        let start = noise.integer(0...max(0, size / 2))
        bounds.start.append(start)
        bounds.limit.append(noise.integer(min(size, start + (noise.chance(0.97) ? 1 : 0))...size))
        bounds.stride.append(noise.pick([1, 1, 2, 3]))
      }
      add(.slice(bounds), [x])
    } else if let fill = add(.constant(Scalar(noise.uniform(-1...1), type(x).dtype)), []) {
      let bounds = PadBounds(
        low: shape.map { _ in noise.integer(-1...2) }, high: shape.map { _ in noise.integer(-1...2) },
        interior: shape.map { _ in noise.pick([0, 0, 0, 1, 2]) })
      add(.pad(bounds), [x, fill])
    }
  }

  private mutating func growReduction() {
    guard let x = anyPosition(where: { $0.shape.rank > 0 }) else { return }
    let shape = type(x).shape
    if noise.chance(0.2) {
      let kind = noise.pick(ArgReduction.allCases)
      add(.argReduce(kind, axis: noise.integer(0...shape.rank - 1)), [x])
    } else {
      add(.reduce(noise.pick(Reduction.allCases), axes: shape.indices.filter { _ in noise.chance(0.5) }), [x])
    }
  }

  private mutating func growProduct() {
    guard let x = anyPosition(where: { $0.shape.rank > 0 }),
      let y = anyPosition(where: { [dtype = type(x).dtype] in $0.dtype == dtype && $0.shape.rank > 0 })
    else { return }
    let (a, b) = (type(x).shape, type(y).shape)
    var dimensions = DotDimensions(leftContracting: [], rightContracting: [])
    for left in noise.shuffled(Array(a.indices)) {
      let free = b.indices.filter { !(dimensions.rightBatch + dimensions.rightContracting).contains($0) }
      guard let right = free.filter({ b[$0] == a[left] }).randomElement(using: &noise), noise.chance(0.7) else {
        continue
      }
      if noise.chance(0.7) {
        dimensions.leftContracting.append(left)
        dimensions.rightContracting.append(right)
      } else {
        dimensions.leftBatch.append(left)
        dimensions.rightBatch.append(right)
      }
    }
    if let product = add(.dotGeneral(dimensions), [x, y]) { growEpilogue(product) }
  }

  /// A vector along some axis added to a product, and an activation: what backends do in one pass.
  private mutating func growEpilogue(_ product: Int) {
    let (shape, dtype) = (type(product).shape, type(product).dtype)
    guard noise.chance(0.6), shape.rank > 0, dtype != .bool else { return }
    let axis = noise.chance(0.6) ? shape.rank - 1 : noise.integer(0...shape.rank - 1)
    guard let vector = add(.iota(TensorType([shape[axis]], dtype), axis: 0), []),
      let bias = add(.broadcastInDim(shape, axes: [axis]), [vector]),
      let sum = add(.binary(.add), noise.chance(0.5) ? [product, bias] : [bias, product]), noise.chance(0.5),
      let zero = add(.constant(Scalar(0, dtype)), []), let zeros = add(.broadcastInDim(shape, axes: []), [zero])
    else { return }
    if noise.chance(0.5) { add(.binary(.maximum), [sum, zeros]) } else { add(.unary(.tanh), [sum]) }
  }

  private mutating func growWindow() {
    guard let x = anyPosition(where: { $0.dtype.isFloat && $0.shape.rank > 0 }) else { return }
    let shape = type(x).shape
    if (3...5).contains(shape.rank), noise.chance(0.4) {
      return growConvolution(x)
    }
    let window = Window(
      size: shape.map { _ in noise.integer(1...3) }, stride: shape.map { _ in noise.integer(1...2) },
      padLow: shape.map { _ in noise.pick([0, 0, 1]) }, padHigh: shape.map { _ in noise.pick([0, 0, 1]) },
      dilation: shape.map { _ in noise.pick([1, 1, 2]) })
    // Windows that see nothing would give infinities.
    add(.reduceWindow(noise.pick([.max, .min, .sum]), window), [x])
  }

  private mutating func growConvolution(_ x: Int) {
    let shape = type(x).shape
    let rank = shape.rank - 2
    let sizes = (0..<rank).map { _ in noise.integer(1...3) }
    let kernelShape = Shape(sizes + [shape[rank + 1], noise.integer(1...4)])
    let dtype = type(x).dtype
    guard let row = add(.iota(TensorType(kernelShape, dtype), axis: rank + 1), []),
      let scale = add(.constant(Scalar(noise.uniform(-0.3...0.3), dtype)), []),
      let scales = add(.broadcastInDim(kernelShape, axes: []), [scale]),
      let kernel = add(.binary(.add), [row, scales])
    else { return }
    let window = Window(
      size: sizes, stride: sizes.map { _ in noise.integer(1...2) }, padLow: sizes.map { _ in noise.integer(0...2) },
      padHigh: sizes.map { _ in noise.integer(0...2) }, dilation: sizes.map { _ in noise.integer(1...2) })
    var dimensions = ConvolutionDimensions(channelsLast: window)
    dimensions.reversed = sizes.map { _ in noise.chance(0.3) }
    if let product = add(.convolution(dimensions), [x, kernel]) { growEpilogue(product) }
  }

  private mutating func growJoin() {
    guard let x = anyPosition(where: { $0.shape.rank > 0 }), let y = partner(of: x) else { return }
    if noise.chance(0.3), type(x).dtype.isFloat {
      add(.block(AnyBlock(ReLU())), [x])
    } else {
      add(.concatenate(axis: noise.integer(0...type(x).shape.rank - 1)), [x, y])
    }
  }
}

extension Op {
  /// Whether small errors of floating-point operands can become large.
  fileprivate var jumps: Bool {
    switch self {
    case .unary(let op): [.sign, .floor, .ceil, .round].contains(op)
    case .binary(.remainder), .compare, .argReduce, .argSort, .bitcastConvert: true
    case .convert(let dtype): !dtype.isFloat
    default: false
    }
  }

  /// Whether exact operands give a result that leaves nothing to rounding.
  fileprivate func isExact(_ dtype: DType) -> Bool {
    switch self {
    case .unary(let op): [.negate, .abs, .sign, .floor, .ceil, .round, .not, .popcount].contains(op)
    case .binary(let op): !dtype.isFloat || op == .maximum || op == .minimum
    case .reduce(let reduction, _), .reduceWindow(let reduction, _):
      !dtype.isFloat || reduction == .max || reduction == .min
    case .dotGeneral, .convolution, .selectAndScatter: !dtype.isFloat
    case .cumulative(let kind, _, _): !dtype.isFloat || kind == .max || kind == .min
    case .scatter(let kind, _, _): !dtype.isFloat || ![.add, .multiply].contains(kind)
    case .block, .scan, .whileLoop, .conditional, .custom: false
    case .bitcastConvert, .dynamicSlice, .dynamicUpdateSlice, .gather, .argSort, .barrier: true
    case .value, .parameter, .constant, .iota, .randomBits, .identity, .stopGradient, .compare, .select, .convert,
      .broadcastInDim, .reshape, .transpose, .slice, .pad, .concatenate, .reverse, .argReduce, .output:
      true
    }
  }
}
