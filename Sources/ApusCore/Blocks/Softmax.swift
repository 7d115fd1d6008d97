/// eˣ over its sum along an axis, the largest element taken out so that nothing overflows (Bridle 1990).
///
/// A row of −∞ alone, or with a +∞, is NaN, as in PyTorch. The gradient reads the result, so that the operand need not
/// be kept.
public struct Softmax: Block {
  public static let name = "softmax"
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...1, "softmax")
    try operands[0].requireFloat("softmax")
    try requireAxes([axis], of: operands[0], "softmax")
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let exponentials = (x - x.largest(axes: [axis]).spread(over: x.shape, reduced: [axis])).unary(.exp)
    let sum = exponentials.sum(axes: [axis]).spread(over: x.shape, reduced: [axis])
    return [(exponentials / sum).convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    [.build(.block(AnyBlock(SoftmaxGradient(axis: axis))), results[0], cotangents[0])]
  }
}

/// The gradient of `Softmax`. Operands: the result and its cotangent.
public struct SoftmaxGradient: Block {
  public static let name = "softmax_gradient"
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    [try softmaxGradientType(operands, axis, "softmax")]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (y, g) = (operands[0].wide, operands[1].wide)
    let sum = (g * y).sum(axes: [axis]).spread(over: y.shape, reduced: [axis])
    return [(y * (g - sum)).convert(operands[0].dtype)]
  }
}

/// The logarithm of `Softmax`, without taking the logarithm of something small.
public struct LogSoftmax: Block {
  public static let name = "log_softmax"
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...1, "logSoftmax")
    try operands[0].requireFloat("logSoftmax")
    try requireAxes([axis], of: operands[0], "logSoftmax")
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let shifted = x - x.largest(axes: [axis]).spread(over: x.shape, reduced: [axis])
    let logSum = shifted.unary(.exp).sum(axes: [axis]).unary(.log).spread(over: x.shape, reduced: [axis])
    return [(shifted - logSum).convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    [.build(.block(AnyBlock(LogSoftmaxGradient(axis: axis))), results[0], cotangents[0])]
  }
}

/// The gradient of `LogSoftmax`. Operands: the result and its cotangent.
public struct LogSoftmaxGradient: Block {
  public static let name = "log_softmax_gradient"
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    [try softmaxGradientType(operands, axis, "logSoftmax")]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (y, g) = (operands[0].wide, operands[1].wide)
    let sum = g.sum(axes: [axis]).spread(over: y.shape, reduced: [axis])
    return [(g - y.unary(.exp) * sum).convert(operands[0].dtype)]
  }
}

private func softmaxGradientType(
  _ operands: [TensorType], _ axis: Int, _ name: String
) throws(OpError) -> TensorType {
  try requireCount(operands, 2...2, "\(name) gradient")
  try operands[0].requireFloat(name)
  try requireAxes([axis], of: operands[0], name)
  try operands[1].require(operands[0], name, "cotangent", for: "\(operands[0])")
  return operands[0]
}
