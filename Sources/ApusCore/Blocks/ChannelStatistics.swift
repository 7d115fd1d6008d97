/// The mean and the variance (divided by the count) of each channel of `[…, channels]`, both `[channels]`; in single
/// precision for half-precision elements.
public struct ChannelMoments: Block {
  public static let name = "channel_moments"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...1, "channel moments")
    let statistics = try channelStatistics(operands[0], "channel moments")
    return [statistics, statistics]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let axes = Array(x.shape.indices.dropLast())
    let mean = x.mean(axes: axes)
    let centered = x - mean.spread(over: x.shape, reduced: axes)
    return [mean, (centered * centered).mean(axes: axes)]
  }
}

/// For each channel of `[…, channels]` the sum of `g` and that of `g · (x − mean)`, both `[channels]`: what the gradient
/// of a normalisation needs to know of all positions.
///
/// Operands: `g`, `x`, and the mean `[channels]` in the type that sums are in.
public struct ChannelProducts: Block {
  public static let name = "channel_products"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 3...3, "channel products")
    let statistics = try channelStatistics(operands[0], "channel products")
    try operands[1].require(operands[0], "channel products", "operand", for: "\(operands[0])")
    try operands[2].require(statistics, "channel products", "mean", for: "\(operands[0])")
    return [statistics, statistics]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (g, x) = (operands[0].wide, operands[1].wide)
    let axes = Array(x.shape.indices.dropLast())
    let centered = x - operands[2].spread(over: x.shape, reduced: axes)
    return [g.sum(axes: axes), (g * centered).sum(axes: axes)]
  }
}

private func channelStatistics(_ x: TensorType, _ name: String) throws(OpError) -> TensorType {
  try x.requireFloat(name)
  guard x.shape.rank >= 2 else { throw OpError("\(name): \(x), expected [batch, …, channels]") }
  return TensorType([x.shape[x.shape.rank - 1]], x.wide)
}
