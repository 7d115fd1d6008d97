/// Values brought to mean 0 (unless it is left) and mean square 1 over some axes, then scaled and shifted: what layer,
/// root-mean-square and group normalisation share.
struct Normalization {
  /// The axes that statistics are taken over.
  let axes: [Int]
  /// The axes that weight and bias run along.
  let parameterAxes: [Int]
  let epsilon: Double
  var isCentered = true

  func apply(_ x: Node, weight: Node?, bias: Node?) -> Node {
    var y = normalized(x).values
    if let weight { y = y * along(weight, x.shape) }
    if let bias { y = y + along(bias, x.shape) }
    return y
  }

  /// The gradient of `x`, and with a weight those of weight and bias.
  func gradients(_ x: Node, _ g: Node, weight: Node?) -> [Node] {
    let (values, scale) = normalized(x)
    let scaled = weight.map { g * along($0, x.shape) } ?? g
    var change = scaled - values * spread((scaled * values).mean(axes: axes), x.shape)
    if isCentered { change = change - spread(scaled.mean(axes: axes), x.shape) }
    guard weight != nil else { return [scale * change] }
    let others = x.shape.indices.filter { !parameterAxes.contains($0) }
    return [scale * change, (g * values).sum(axes: others), g.sum(axes: others)]
  }

  /// The normalised values, and what the deviations were multiplied with. The variance is that of the deviations: a
  /// difference of mean squares would lose its digits where the mean is large.
  private func normalized(_ x: Node) -> (values: Node, scale: Node) {
    let centered = isCentered ? x - spread(x.mean(axes: axes), x.shape) : x
    let variance = (centered * centered).mean(axes: axes)
    let scale = spread(variance.binary(.add, epsilon).unary(.rsqrt), x.shape)
    return (centered * scale, scale)
  }

  private func spread(_ statistic: Node, _ shape: Shape) -> Node { statistic.spread(over: shape, reduced: axes) }
  private func along(_ parameter: Node, _ shape: Shape) -> Node { parameter.broadcast(to: shape, axes: parameterAxes) }
}

/// Throws unless weight and bias have the type that they must have.
func requireParameters(
  _ parameters: some Sequence<TensorType>, _ expected: TensorType, _ name: String, for x: TensorType
) throws(OpError) {
  for (role, type) in zip(["weight", "bias"], parameters) {
    try type.require(expected, name, role, for: "\(x)")
  }
}
