import ApusCore
import ApusTensor

private let floats: [DType] = [.float32, .float64]

/// Each unary and binary primitive in every type it accepts, on dense, empty, single, strange and strided operands.
let elementwiseCases: [Case] =
  Unary.allCases.flatMap(unaryCases) + Binary.allCases.flatMap(binaryCases) + viewCases + broadcastCases + selectCases
  + convertCases

private func accepting(_ accepts: (DType) -> Bool) -> [DType] { DType.allCases.filter(accepts) }

/// Where a function is interesting, what lies too near to a jump or a kink, and whether it has a slope.
private func domain(_ op: Unary) -> (range: ClosedRange<Double>, avoided: [Double], isDifferentiable: Bool) {
  switch op {
  case .negate: (-3...3, [], true)
  case .abs: (-3...3, [0], true)
  case .sign: (-3...3, [0], true)
  case .floor, .ceil: (-3...3, [-3, -2, -1, 0, 1, 2, 3], true)
  case .round: (-3...3, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], true)
  case .exp, .expm1: (-4...4, [], true)
  case .log: (0.1...5, [], true)
  case .log1p: (-0.8...5, [], true)
  case .sqrt, .rsqrt: (0.2...5, [], true)
  case .sin, .cos: (-7...7, [], true)
  case .tanh, .logistic: (-6...6, [], true)
  case .not, .popcount: (-100...100, [], false)
  case .cbrt: (0.2...5, [], true)
  case .tan: (-1.2...1.2, [], true)
  case .asin, .acos, .atanh, .erfInverse: (-0.9...0.9, [], true)
  case .atan, .sinh, .cosh, .asinh: (-3...3, [], true)
  case .acosh: (1.2...5, [], true)
  case .erf, .erfc: (-2.5...2.5, [], true)
  // Away from the minimum and its zeros, where relative errors grow.
  case .lgamma: (2.3...7, [], true)
  case .digamma: (1.8...7, [], true)
  }
}

private func unaryCases(_ op: Unary) -> [Case] {
  let (range, avoided, isDifferentiable) = domain(op)
  let covers = Coverage(.unary, op.rawValue)
  let apply: @Sendable ([Tensor]) -> Tensor = { .apply(.unary(op), $0[0]) }
  let dtypes = accepting(op.accepts)
  // 37 elements: whole vectors of every width and a rest.
  var cases = [
    Case(
      "\(op)", covers, [.spread([37], range, avoiding: avoided)], dtypes: dtypes, tolerance: 2,
      isDifferentiable: isDifferentiable, isSmooth: isDifferentiable, apply),
    Case("\(op) of nothing", covers, [.spread([0, 3], range)], dtypes: dtypes, isDifferentiable: false, apply),
    Case("\(op) of one", covers, [.spread([1], range)], dtypes: dtypes, isDifferentiable: false, apply),
    Case("\(op) of a scalar", covers, [.spread([], range)], dtypes: dtypes, isDifferentiable: false, apply),
  ]
  if op.accepts(.float32) {
    // Where a function's argument reduction or overflow shows.
    let wide: [Double] = [-100, -88.5, -20, -1e-3, -1e-8, 1e-30, 1e-8, 1e-3, 0.5, 1, 20, 88, 89, 104, 1000, 65536]
    let strange: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, -1, 1e-40, -1e-40, 3.4e38, -3.4e38]
    cases += [
      Case(
        "\(op) of wide", covers, [.values(wide)], dtypes: floats, tolerance: 4, isDifferentiable: false, apply),
      Case(
        "\(op) of strange", covers, [.values(op == .sin || op == .cos ? Array(strange.dropLast(2)) : strange)],
        dtypes: floats, tolerance: 4, isDifferentiable: false, apply),
    ]
  }
  return cases
}

private func binaryInputs(_ op: Binary, _ shape: Shape) -> [Input] {
  switch op {
  case .add, .subtract, .multiply, .and, .or, .xor: [.spread(shape, -9...9), .spread(shape, -9...9)]
  case .divide: [.spread(shape, -9...9), .spread(shape, 0.6...5)]
  // Away from the whole quotients, where the remainder jumps.
  case .remainder: [.spread(shape, 0.55...0.95), .spread(shape, 0.05...0.26)]
  case .power: [.spread(shape, 0.3...3), .spread(shape, -2...3)]
  case .maximum, .minimum: [.distinct(shape, -9...9), .distinct(shape, -8.3...8.4)]
  case .atan2: [.spread(shape, 0.2...5), .spread(shape, -5...5)]
  case .shiftLeft, .shiftRightLogical, .shiftRightArithmetic: [.spread(shape, -90...90), .spread(shape, 0...9)]
  }
}

private func binaryCases(_ op: Binary) -> [Case] {
  let covers = Coverage(.binary, op.rawValue)
  let apply: @Sendable ([Tensor]) -> Tensor = { .apply(.binary(op), $0[0], $0[1]) }
  let dtypes = accepting(op.accepts)
  let isFloat = op.accepts(.float32)
  var cases = [
    Case("\(op) of nothing", covers, binaryInputs(op, [2, 0]), dtypes: dtypes, isDifferentiable: false, apply),
    Case("\(op) of scalars", covers, binaryInputs(op, []), dtypes: dtypes, isDifferentiable: false, apply),
  ]
  if isFloat {
    let strange: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, 1, -1, 2, 0.5, -2.5, 1e30, 1e-40]
    let pairs = strange.flatMap { a in strange.map { b in (a, b) } }
    cases += [
      Case("\(op)", covers, binaryInputs(op, [5, 9]), dtypes: floats, tolerance: 2, isSmooth: op != .remainder, apply),
      Case(
        "\(op) of strange", covers, [.values(pairs.map(\.0)), .values(pairs.map(\.1))], dtypes: floats, tolerance: 4,
        isDifferentiable: false, apply),
    ]
  }
  let whole = dtypes.filter { !$0.isFloat }
  if !whole.isEmpty {
    let divisor: Input = op == .divide || op == .remainder ? .spread([67], 1...7) : .spread([67], -9...9)
    let second: Input =
      switch op {
      case .power: .spread([67], 0...5)
      case .shiftLeft, .shiftRightLogical, .shiftRightArithmetic: .spread([67], 0...7)
      default: divisor
      }
    cases.append(
      Case(
        "\(op) of integers", covers, [.spread([67], -90...90), second], dtypes: whole, isDifferentiable: false, apply))
  }
  return cases + edgeCases(op, covers, apply)
}

/// Integers at the ends of their ranges.
private func edgeCases(
  _ op: Binary, _ covers: Coverage, _ apply: @escaping @Sendable ([Tensor]) -> Tensor
) -> [Case] {
  guard op.accepts(.int32) else { return [] }
  let (low, high) = (Double(Int32.min), Double(Int32.max))
  let isShift = [.shiftLeft, .shiftRightLogical, .shiftRightArithmetic].contains(op)
  let right: [Double] = isShift ? [0, 1, 31, 32, 33, 40] : [low, high, -1, 0, 1, 7]
  let left: [Double] = [low, high, -1, 0, 1, 7]
  let pairs = left.flatMap { a in right.map { b in (a, b) } }
  let unsigned: [Double] = [0, 1, 7, 255, 65536, Double(UInt32.max)]
  let unsignedRight = isShift ? right : unsigned
  let unsignedPairs = unsigned.flatMap { a in unsignedRight.map { b in (a, b) } }
  return [
    Case(
      "\(op) at the ends of int32", covers, [.values(pairs.map(\.0)), .values(pairs.map(\.1))], dtypes: [.int32],
      isDifferentiable: false, apply),
    Case(
      "\(op) at the ends of uint32", covers, [.values(unsignedPairs.map(\.0)), .values(unsignedPairs.map(\.1))],
      dtypes: [.uint32], isDifferentiable: false, apply),
  ]
}

/// Elementwise work on views: what a fused program must read with strides.
private let viewCases: [Case] = [
  Case("transposed operand", Coverage(.transpose), [.spread([7, 5]), .spread([5, 7])]) { $0[0].transposed() + $0[1] },
  Case("both transposed", Coverage(.transpose), [.spread([7, 5]), .spread([7, 5])]) {
    $0[0].transposed() * $0[1].transposed()
  },
  Case("transposed in three axes", Coverage(.transpose), [.spread([3, 4, 5]), .spread([5, 3, 4])]) {
    ($0[0].transposed([2, 0, 1]) - $0[1]) * $0[1]
  },
  Case("reversed operand", Coverage(.reverse), [.spread([6, 9]), .spread([6, 9])]) { $0[0].reversed([1]) + $0[1] },
  Case("reversed both ways", Coverage(.reverse), [.spread([6, 9]), .spread([6, 9])]) {
    $0[0].reversed([0, 1]) * $0[1].reversed([0])
  },
  Case("strided operand", Coverage(.slice), [.spread([6, 21]), .spread([3, 7])]) {
    $0[0][TensorIndex.every(2), TensorIndex.every(3)] * $0[1]
  },
  Case("sliced transposed and reversed", Coverage(.slice), [.spread([8, 9, 4]), .spread([2, 9, 3])]) {
    $0[0][1..<7, TensorIndex.all, 1...].transposed([2, 1, 0]).reversed([1])[TensorIndex.all, TensorIndex.all, 0..<2]
      .transposed([2, 1, 0]) - $0[1]
  },
  Case("reshaped between", Coverage(.reshape), [.spread([4, 6]), .spread([3, 8])]) {
    ($0[0].exp().reshaped(to: [3, 8]) * $0[1]).reshaped(to: [24]).tanh()
  },
  Case("long fused chain", Coverage(.binary, "multiply"), [.spread([113], -1...1), .spread([113], 0.5...2)]) {
    var x = $0[0]
    for step in 0..<30 { x = (x * 0.9 + $0[1] * 0.1).tanh() + Double(step) * 0.01 }
    return x
  },
  Case("one value used often", Coverage(.unary, "exp"), [.spread([65], -1...1)], tolerance: 4) {
    let x = $0[0].exp()
    return (x + 1) * (x - 1) / (x * x + 2) + x.log() + x.sqrt()
  },
]

private let broadcastCases: [Case] = [
  Case("broadcast a row", Coverage(.broadcastInDim), [.spread([5, 17]), .spread([17])]) { $0[0] + $0[1] },
  Case("broadcast a column", Coverage(.broadcastInDim), [.spread([5, 17]), .spread([5, 1])]) { $0[0] * $0[1] },
  Case("broadcast a scalar", Coverage(.broadcastInDim), [.spread([5, 17]), .spread([])]) { $0[0] - $0[1] },
  Case("broadcast both", Coverage(.broadcastInDim), [.spread([4, 1, 3]), .spread([5, 1])]) { $0[0] * $0[1] },
  Case("broadcast into the middle", Coverage(.broadcastInDim), [.spread([3])]) {
    .apply(.broadcastInDim([2, 3, 4], axes: [1]), $0[0])
  },
  Case("broadcast transposed", Coverage(.broadcastInDim), [.spread([4, 3]), .spread([3, 1])]) {
    $0[0].transposed() + $0[1]
  },
  Case("broadcast nothing", Coverage(.broadcastInDim), [.spread([1, 3])], isDifferentiable: false) {
    $0[0].broadcast(to: [0, 3])
  },
  Case("broadcast over nothing", Coverage(.broadcastInDim), [.spread([0, 3]), .spread([3])], isDifferentiable: false) {
    $0[0] + $0[1]
  },
  Case("batch normalised", Coverage(.broadcastInDim), [.spread([6, 4]), .spread([4]), .spread([4])], tolerance: 8) {
    let centred = $0[0] - $0[0].mean(axes: [0], keepDims: true)
    return centred * ($0[0].variance(axes: [0], keepDims: true) + 0.1).rsqrt() * $0[1] + $0[2]
  },
]

private let selectCases: [Case] = [
  Case("select", Coverage(.select), [.bool([3, 11]), .spread([3, 11]), .spread([3, 11])], dtypes: DType.allCases) {
    select($0[0], $0[1], $0[2])
  },
  Case("select broadcast", Coverage(.select), [.bool([3, 1]), .spread([11]), .spread([])]) {
    select($0[0], $0[1], $0[2])
  },
  Case(
    "select by comparison", Coverage(.select), [.distinct([33]), .distinct([33], -1.9...1.95)], isSmooth: true
  ) {
    select($0[0] .> $0[1], $0[0] * $0[0], $0[1].exp())
  },
  Case("clamp", Coverage(.binary, "minimum"), [.spread([33], avoiding: [-1, 1])]) { $0[0].clamped(-1.0, 1.0) },
]

private let convertCases: [Case] = DType.allCases.flatMap { source in
  DType.allCases.filter { $0 != source }.map { target in
    let values: [Double] =
      source.isFloat
      ? [0, 0.4, 0.6, 1, 1.5, 2.5, 100.99, 200, 255, 0.1] + (target.isSigned ? [-0.6, -1.5, -100.5] : [])
      : source == .bool
        ? [0, 1, 1, 0] : source == .uint8 ? [0, 1, 100, 200, 255] : [0, 1, 100, 255, 256, 65535, 16_777_217]
    let signed: [Double] = source.isSigned && !source.isFloat ? [-1, -7, -300] : []
    return Case(
      "convert \(source) to \(target)", Coverage(.convert, target.description),
      [.values(values + signed, dtype: source)], dtypes: [target], isDifferentiable: source.isFloat && target.isFloat
    ) { $0[0].cast(to: target) }
  }
}
