/// Group normalisation (Wu & He 2018) of `[batch, …, channels]`: each example has mean 0 and variance 1 over the
/// positions and over each group of channels, which are then scaled and shifted. With as many groups as channels it is
/// instance normalisation (Ulyanov et al. 2016).
///
/// Operands: `x`, and where there are any a weight and a bias `[channels]`.
public struct GroupNorm: Block {
  public static let name = "group_norm"
  public let groups: Int
  public let epsilon: Double

  public init(groups: Int, epsilon: Double = 1e-5) {
    self.groups = groups
    self.epsilon = epsilon
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...3, "groupNorm")
    let channels = try GroupNorm.channels(operands[0], groups)
    try requireParameters(operands.dropFirst(), channels, "groupNorm", for: operands[0])
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let grouped = Grouped(operands[0], groups, epsilon)
    let parameters = operands.dropFirst().map { grouped.parameter($0) }
    let y = grouped.rule.apply(
      grouped.view(operands[0]), weight: parameters.first, bias: parameters.count > 1 ? parameters[1] : nil)
    return [y.reshape(operands[0].shape).convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let block = GroupNormGradient(groups: groups, epsilon: epsilon)
    let node = Node.build(.block(AnyBlock(block)), [operands[0], cotangents[0]] + operands.dropFirst().prefix(1))
    return operands.indices.map { node.output($0) }
  }

  fileprivate static func channels(_ x: TensorType, _ groups: Int) throws(OpError) -> TensorType {
    try x.requireFloat("groupNorm")
    guard x.shape.rank >= 2 else { throw OpError("groupNorm: \(x), expected [batch, …, channels]") }
    let channels = x.shape[x.shape.rank - 1]
    guard groups >= 1, channels % groups == 0 else {
      throw OpError("groupNorm: \(channels) channels of \(x) do not divide into \(groups) groups")
    }
    return TensorType([channels], x.dtype)
  }
}

/// The gradients of `GroupNorm`: of `x`, and with a weight those of weight and bias.
///
/// Operands: `x`, the cotangent, and the weight where there is one.
public struct GroupNormGradient: Block {
  public static let name = "group_norm_gradient"
  public let groups: Int
  public let epsilon: Double

  public init(groups: Int, epsilon: Double) {
    self.groups = groups
    self.epsilon = epsilon
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 2...3, "groupNorm gradient")
    let channels = try GroupNorm.channels(operands[0], groups)
    try operands[1].require(operands[0], "groupNorm", "cotangent", for: "\(operands[0])")
    guard operands.count > 2 else { return [operands[0]] }
    try operands[2].require(channels, "groupNorm", "weight", for: "\(operands[0])")
    return [operands[0], channels, channels]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let grouped = Grouped(operands[0], groups, epsilon)
    let gradients = grouped.rule.gradients(
      grouped.view(operands[0]), grouped.view(operands[1]),
      weight: operands.count > 2 ? grouped.parameter(operands[2]) : nil)
    let shapes = [operands[0].shape, [operands[0].shape.last!], [operands[0].shape.last!]]
    return zip(gradients, shapes).map { $0.reshape($1).convert(operands[0].dtype) }
  }
}

/// Operands seen as `[batch, positions, groups, channels of a group]`.
private struct Grouped {
  let shape: Shape
  let rule: Normalization

  init(_ x: Node, _ groups: Int, _ epsilon: Double) {
    let positions = x.shape.dropFirst().dropLast().reduce(1, *)
    shape = [x.shape[0], positions, groups, x.shape.last! / groups]
    rule = Normalization(axes: [1, 3], parameterAxes: [2, 3], epsilon: epsilon)
  }

  func view(_ x: Node) -> Node { x.wide.reshape(shape) }
  func parameter(_ node: Node) -> Node { node.wide.reshape([shape[2], shape[3]]) }
}
