import ApusCore

/// The vector–Jacobian rule of each primitive: gradients of the operands given those of the results. `isActive` says
/// which operands need one, so that the others cost nothing.
func operandGradients(of node: Node, operands: [Node], cotangents: [Node?], isActive: [Bool]) -> [Node?] {
  switch node.op {
  case .block(let block): return blockGradients(block.block, node: node, operands: operands, cotangents: cotangents)
  case .custom(let custom):
    let results = node.types.indices.map { node.output($0) }
    let filled = zip(cotangents, node.types).map { $0 ?? .filled(0, $1) }
    return custom.primitive.gradient(operands: operands, results: results, cotangents: filled)
  case .scan(let scan): return scanGradients(scan, node: node, operands: operands, cotangents: cotangents)
  case .conditional(let branches): return conditionalGradients(branches, operands: operands, cotangents: cotangents)
  case .whileLoop:
    GraphMistakes.report("gradient: of a `while` loop, whose number of steps is not known beforehand. Use `scan`")
    return operands.map { _ in nil }
  default: break
  }
  let gradient = cotangents[0]!
  switch node.op {
  case .value, .parameter, .constant, .iota, .randomBits, .stopGradient, .compare, .argReduce, .argSort,
    .bitcastConvert, .output, .block, .custom, .scan, .whileLoop, .conditional:
    return operands.map { _ in nil }
  case .barrier: return [gradient] + operands.dropFirst().map { _ in nil }
  case .dynamicSlice:
    return [isActive[0] ? .build(.dynamicUpdateSlice, .filled(0, operands[0].type), gradient, operands[1]) : nil, nil]
  case .dynamicUpdateSlice: return dynamicUpdateGradients(operands, gradient, isActive)
  case .gather(let dimensions, _):
    let scattered = Node.build(
      .scatter(.add, dimensions, clamps: true), .filled(0, operands[0].type), operands[1], gradient)
    return [scattered, nil]
  case .scatter(let kind, let dimensions, let clamps):
    return scatterGradients(kind, dimensions, clamps, operands, y: node, gradient, isActive)
  case .cumulative(let kind, let axis, let isReversed):
    return [cumulativeGradient(kind, axis, isReversed, x: operands[0], y: node, gradient)]
  case .identity: return [gradient]
  case .unary(let op): return [unaryGradient(op, x: operands[0], y: node, gradient)]
  case .binary(let op): return binaryGradients(op, operands[0], operands[1], y: node, gradient, isActive)
  case .select:
    let zero = Node.filled(0, gradient.type)
    return [nil, operands[0].select(gradient, zero), operands[0].select(zero, gradient)]
  case .convert: return [operands[0].dtype.isFloat ? gradient.convert(operands[0].dtype) : nil]
  case .broadcastInDim(let shape, let axes): return [unbroadcast(gradient, shape, axes, to: operands[0].shape)]
  case .reshape: return [gradient.reshape(operands[0].shape)]
  case .transpose(let permutation):
    var inverse = permutation
    for (axis, source) in permutation.enumerated() { inverse[source] = axis }
    return [gradient.transpose(inverse)]
  case .slice(let bounds): return [spreadSlice(gradient, bounds, over: operands[0].shape)]
  case .pad(let bounds): return padGradients(gradient, bounds, operand: operands[0], isActive)
  case .concatenate(let axis):
    var start = 0
    return operands.map { operand in
      defer { start += operand.shape[axis] }
      return take(gradient, axis: axis, start..<(start + operand.shape[axis]))
    }
  case .reverse(let axes): return [.build(.reverse(axes: axes), gradient)]
  case .reduce(let reduction, let axes): return [reductionGradient(reduction, axes, x: operands[0], y: node, gradient)]
  case .dotGeneral(let dimensions): return dotGradients(dimensions, operands[0], operands[1], gradient, isActive)
  case .convolution(let dimensions):
    return convolutionGradients(dimensions, operands[0], operands[1], gradient, isActive)
  case .reduceWindow(let reduction, let window):
    return [windowGradient(reduction, window, x: operands[0], gradient)]
  case .selectAndScatter(let kind, let window):
    return [nil, selectFromWindows(kind, window, x: operands[0], values: gradient)]
  }
}

private func blockGradients(_ block: any Block, node: Node, operands: [Node], cotangents: [Node?]) -> [Node?] {
  let results = node.types.indices.map { node.output($0) }
  let filled = zip(cotangents, node.types).map { $0 ?? .filled(0, $1) }
  if let gradients = block.gradient(operands: operands, results: results, cotangents: filled) { return gradients }
  // The body is written anew on variables of its own, so that only what lies inside the block is differentiated.
  let scope = TraceScope(parent: node.scope)
  defer { scope.close() }
  let variables = operands.map { Node.variable($0, in: scope) }
  return vectorJacobianProduct(of: block.body(variables), cotangents: filled, withRespectTo: variables)
}

private func unaryGradient(_ op: Unary, x: Node, y: Node, _ g: Node) -> Node? {
  switch op {
  case .negate: -g
  case .abs: g * x.unary(.sign)
  case .sign, .floor, .ceil, .round: nil
  case .exp: g * y
  case .expm1: g * y.binary(.add, 1)
  case .log: g / x
  case .log1p: g / x.binary(.add, 1)
  case .sqrt: g / y.binary(.multiply, 2)
  case .rsqrt: g * (y / x).binary(.multiply, -0.5)
  case .sin: g * x.unary(.cos)
  case .cos: -(g * x.unary(.sin))
  case .tanh: g * (Node.filled(1, y.type) - y * y)
  case .logistic: g * y * (Node.filled(1, y.type) - y)
  case .not, .popcount: nil
  case .cbrt: g / (y * y).binary(.multiply, 3)
  case .tan: g * (y * y).binary(.add, 1)
  case .asin: g * one(minus: x * x).unary(.rsqrt)
  case .acos: -(g * one(minus: x * x).unary(.rsqrt))
  case .atan: g / (x * x).binary(.add, 1)
  case .sinh: g * x.unary(.cosh)
  case .cosh: g * x.unary(.sinh)
  case .asinh: g * (x * x).binary(.add, 1).unary(.rsqrt)
  // Not 1/√(x² − 1), which takes the difference of near numbers and a slope where there is none below 1.
  case .acosh: g * (x.binary(.subtract, 1).unary(.rsqrt) * x.binary(.add, 1).unary(.rsqrt))
  case .atanh: g / one(minus: x * x)
  case .erf: g * (-(x * x)).unary(.exp).binary(.multiply, 2 / Double.pi.squareRoot())
  case .erfc: g * (-(x * x)).unary(.exp).binary(.multiply, -2 / Double.pi.squareRoot())
  case .erfInverse: g * (y * y).unary(.exp).binary(.multiply, Double.pi.squareRoot() / 2)
  case .lgamma: g * x.unary(.digamma)
  case .digamma: g * trigamma(x)
  }
}

private func one(minus x: Node) -> Node { .filled(1, x.type) - x }

/// The derivative of digamma: eight steps of its recurrence, then the asymptotic series; below 1/2 by reflection
/// (Abramowitz & Stegun 1964, 6.4.6, 6.4.12 and 6.4.7).
private func trigamma(_ x: Node) -> Node {
  let isLow = x.compare(.less, 0.5)
  let start = isLow.select(one(minus: x), x)
  var sum = Node.filled(0, x.type)
  for step in 0..<8 {
    let place = start.binary(.add, Double(step))
    sum = sum + Node.filled(1, x.type) / (place * place)
  }
  let inverse = Node.filled(1, x.type) / start.binary(.add, 8)
  let square = inverse * inverse
  var series = Node.filled(0, x.type)
  for coefficient in [5.0 / 66, -1.0 / 30, 1.0 / 42, -1.0 / 30, 1.0 / 6] {
    series = series.binary(.add, coefficient) * square
  }
  sum = sum + inverse + square.binary(.multiply, 0.5) + series * inverse
  let fraction = x - x.unary(.round)
  let sine = isLow.select(fraction, .filled(0.5, x.type)).binary(.multiply, Double.pi).unary(.sin)
  return isLow.select(Node.filled(Double.pi * Double.pi, x.type) / (sine * sine) - sum, sum)
}

private func binaryGradients(
  _ op: Binary, _ a: Node, _ b: Node, y: Node, _ g: Node, _ isActive: [Bool]
) -> [Node?] {
  func when(_ index: Int, _ gradient: () -> Node) -> Node? { isActive[index] ? gradient() : nil }
  switch op {
  case .add: return [g, g]
  case .subtract: return [g, when(1) { -g }]
  case .multiply: return [when(0) { g * b }, when(1) { g * a }]
  case .divide: return [when(0) { g / b }, when(1) { -(g * y / b) }]
  case .remainder:
    // a − b · trunc(a / b)
    return [
      g,
      when(1) {
        let quotient = (a - y) / b
        return -(g * quotient.unary(.round))
      },
    ]
  case .power:
    // The exponent's gradient is 0, not NaN, where the base is 0: there the power does not change with it.
    return [
      when(0) {
        let slope = b * a.binary(.power, b.binary(.subtract, 1))
        return g * b.compare(.equal, 0).select(.filled(0, b.type), slope)
      },
      when(1) {
        let isZero = a.compare(.equal, 0)
        let logarithm = isZero.select(.filled(1, a.type), a).unary(.log)
        return g * isZero.select(.filled(0, a.type), y * logarithm)
      },
    ]
  case .maximum, .minimum:
    // A tie is shared in halves, as in PyTorch.
    let strict: Comparison = op == .maximum ? .greater : .less
    let half = g.binary(.multiply, 0.5)
    let zero = Node.filled(0, g.type)
    let tie = a.compare(.equal, b)
    return [
      when(0) { tie.select(half, a.compare(strict, b).select(g, zero)) },
      when(1) { tie.select(half, b.compare(strict, a).select(g, zero)) },
    ]
  case .atan2:
    let square = a * a + b * b
    return [when(0) { g * b / square }, when(1) { -(g * a / square) }]
  case .and, .or, .xor, .shiftLeft, .shiftRightLogical, .shiftRightArithmetic: return [nil, nil]
  }
}

private func unbroadcast(_ g: Node, _ shape: Shape, _ axes: [Int], to operand: Shape) -> Node {
  let added = shape.indices.filter { !axes.contains($0) }
  let stretched = axes.enumerated().filter { operand[$0.offset] == 1 && shape[$0.element] != 1 }.map(\.element)
  return g.sum(axes: (added + stretched).sorted()).reshape(operand)
}

private func reductionGradient(_ reduction: Reduction, _ axes: [Int], x: Node, y: Node, _ g: Node) -> Node? {
  guard !axes.isEmpty else { return g }
  let spread = { (node: Node) in node.spread(over: x.shape, reduced: axes) }
  switch reduction {
  case .sum: return spread(g)
  case .max, .min:
    // Ties share the gradient evenly, as PyTorch's amax and amin.
    let isExtreme = x.compare(.equal, spread(y)).convert(x.dtype)
    return isExtreme * spread(g / isExtreme.sum(axes: axes))
  case .product: return productGradient(axes, x: x, g)
  case .and, .or: return nil
  }
}

/// The gradient of a product is the product of the others, which needs no division: prefix times suffix products,
/// combined by halving so that a zero among the factors is no trouble.
private func productGradient(_ axes: [Int], x: Node, _ g: Node) -> Node {
  let kept = x.shape.indices.filter { !axes.contains($0) }
  let order = kept + axes
  let count = axes.reduce(1) { $0 * x.shape[$1] }
  let outer = kept.reduce(1) { $0 * x.shape[$1] }
  guard count > 0 else { return .filled(0, x.type) }
  let rows = x.transpose(order).reshape([outer, count])
  let others = othersProduct(rows)
  let scaled = others * g.reshape([outer, 1]).broadcast(to: [outer, count], axes: [0, 1])
  var inverse = order
  for (position, axis) in order.enumerated() { inverse[axis] = position }
  return scaled.reshape(Shape(order.map { x.shape[$0] })).transpose(inverse)
}

private func othersProduct(_ rows: Node) -> Node {
  let (outer, count) = (rows.shape[0], rows.shape[1])
  if count == 1 { return .filled(1, rows.type) }
  let half = count / 2
  let left = take(rows, axis: 1, 0..<half)
  let right = take(rows, axis: 1, half..<count)
  func product(_ part: Node, over width: Int) -> Node {
    part.reduce(.product, axes: [1]).broadcast(to: [outer, width], axes: [0])
  }
  return .build(
    .concatenate(axis: 1),
    othersProduct(left) * product(right, over: half),
    othersProduct(right) * product(left, over: count - half))
}
