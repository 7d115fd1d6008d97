/// Batch normalisation (Ioffe & Szegedy 2015) of `[…, channels]` as in training: each channel has mean 0 and variance 1
/// over all examples and positions, then is scaled and shifted.
///
/// Operands: `x`, and where there are any a weight and a bias `[channels]`. Results: y, and each channel's mean and
/// variance (divided by the count), in single precision for half-precision `x`.
public struct BatchNorm: Block {
  public static let name = "batch_norm"
  public let epsilon: Double

  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...3, "batchNorm")
    let channels = try BatchNorm.channels(operands[0])
    try requireParameters(operands.dropFirst(), channels, "batchNorm", for: operands[0])
    let statistics = TensorType(channels.shape, operands[0].wide)
    return [operands[0], statistics, statistics]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let axes = Array(x.shape.indices.dropLast())
    // Statistics by themselves: the rest is elementwise, so that it is done in one pass with what follows.
    let moments = Node.build(.block(AnyBlock(ChannelMoments())), operands[0])
    let (mean, variance) = (moments.output(0), moments.output(1))
    let centered = x - mean.spread(over: x.shape, reduced: axes)
    var scale = variance.binary(.add, epsilon).unary(.rsqrt)
    if operands.count > 1 { scale = scale * operands[1].wide }
    var y = centered * scale.spread(over: x.shape, reduced: axes)
    if operands.count > 2 { y = y + operands[2].wide.spread(over: x.shape, reduced: axes) }
    return [y.convert(operands[0].dtype), mean, variance]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let block = BatchNormGradient(epsilon: epsilon)
    let node = Node.build(
      .block(AnyBlock(block)),
      [operands[0], results[1], results[2]] + cotangents + operands.dropFirst().prefix(1))
    return operands.indices.map { node.output($0) }
  }

  fileprivate static func channels(_ x: TensorType) throws(OpError) -> TensorType {
    try x.requireFloat("batchNorm")
    guard x.shape.rank >= 2 else { throw OpError("batchNorm: \(x), expected [batch, …, channels]") }
    return TensorType([x.shape[x.shape.rank - 1]], x.dtype)
  }
}

/// The gradients of `BatchNorm`: of `x`, and with a weight those of weight and bias.
///
/// Two passes over the arrays: one for the sums of each channel, one in which the gradient is a linear function of
/// cotangent and deviation.
///
/// Operands: `x`, its mean and variance, the cotangents of y, mean and variance, and the weight where there is one.
public struct BatchNormGradient: Block {
  public static let name = "batch_norm_gradient"
  public let epsilon: Double

  public init(epsilon: Double) { self.epsilon = epsilon }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 6...7, "batchNorm gradient")
    let channels = try BatchNorm.channels(operands[0])
    let statistics = TensorType(channels.shape, operands[0].wide)
    try operands[3].require(operands[0], "batchNorm", "cotangent", for: "\(operands[0])")
    for place in [1, 2, 4, 5] {
      try operands[place].require(statistics, "batchNorm", "statistic", for: "\(operands[0])")
    }
    guard operands.count > 6 else { return [operands[0]] }
    try operands[6].require(channels, "batchNorm", "weight", for: "\(operands[0])")
    return [operands[0], channels, channels]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (x, g) = (operands[0].wide, operands[3].wide)
    let (mean, variance) = (operands[1], operands[2])
    let (meanCotangent, varianceCotangent) = (operands[4], operands[5])
    let axes = Array(x.shape.indices.dropLast())
    let count = Double(axes.reduce(1) { $0 * x.shape[$1] })
    func spread(_ node: Node) -> Node { node.spread(over: x.shape, reduced: axes) }
    let centered = x - spread(mean)
    let sums = Node.build(.block(AnyBlock(ChannelProducts())), operands[3], operands[0], mean)
    let (sum, product) = (sums.output(0), sums.output(1))
    let inverse = variance.binary(.add, epsilon).unary(.rsqrt)
    let scale = operands.count > 6 ? inverse * operands[6].wide : inverse
    let slope = (varianceCotangent.binary(.multiply, 2) - scale * inverse * inverse * product).binary(.divide, count)
    let offset = (meanCotangent - scale * sum).binary(.divide, count)
    let gradient = (g * spread(scale) + centered * spread(slope) + spread(offset)).convert(operands[0].dtype)
    guard operands.count > 6 else { return [gradient] }
    return [gradient] + [product * inverse, sum].map { $0.convert(operands[0].dtype) }
  }
}

/// Batch normalisation by statistics that are known: `(x − mean) / √(variance + ε)`, scaled and shifted.
///
/// Operands: `x` `[…, channels]`, mean and variance `[channels]`, and where there are any a weight and a bias.
public struct BatchNormInference: Block {
  public static let name = "batch_norm_inference"
  public let epsilon: Double

  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 3...5, "batchNorm")
    let channels = try BatchNorm.channels(operands[0])
    let statistics = TensorType(channels.shape, operands[0].wide)
    for (role, type) in zip(["mean", "variance"], operands[1...2]) {
      try type.require(statistics, "batchNorm", role, for: "\(operands[0])")
    }
    try requireParameters(operands.dropFirst(3), channels, "batchNorm", for: operands[0])
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let axes = Array(x.shape.indices.dropLast())
    var scale = operands[2].binary(.add, epsilon).unary(.rsqrt)
    if operands.count > 3 { scale = scale * operands[3].wide }
    // A factor and a summand for each channel: a convolution does both while its result is hot.
    let center = operands[1] * scale
    let shift = operands.count > 4 ? operands[4].wide - center : center.unary(.negate)
    func spread(_ node: Node) -> Node { node.spread(over: x.shape, reduced: axes) }
    return [(x * spread(scale) + spread(shift)).convert(operands[0].dtype)]
  }
}
