/// Layer normalisation (Ba et al. 2016): over the last `axisCount` axes each example has mean 0 and variance 1, then is
/// scaled and shifted.
///
/// Operands: `x`, and where there are any a weight and a bias of the shape of those axes.
public struct LayerNorm: Block {
  public static let name = "layer_norm"
  public let axisCount: Int
  public let epsilon: Double

  public init(axisCount: Int = 1, epsilon: Double = 1e-5) {
    self.axisCount = axisCount
    self.epsilon = epsilon
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...3, "layerNorm")
    let parameters = try lastAxes(operands[0], axisCount, "layerNorm")
    try requireParameters(operands.dropFirst(), parameters, "layerNorm", for: operands[0])
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let y = Normalization(lastOf: x, axisCount, epsilon)
      .apply(x, weight: operands.count > 1 ? operands[1].wide : nil, bias: operands.count > 2 ? operands[2].wide : nil)
    return [y.convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let block = LayerNormGradient(axisCount: axisCount, epsilon: epsilon)
    let node = Node.build(.block(AnyBlock(block)), [operands[0], cotangents[0]] + operands.dropFirst().prefix(1))
    return operands.indices.map { node.output($0) }
  }
}

/// The gradients of `LayerNorm`: of `x`, and with a weight those of weight and bias. The statistics are computed again,
/// so that nothing but `x` is kept.
///
/// Operands: `x`, the cotangent, and the weight where there is one.
public struct LayerNormGradient: Block {
  public static let name = "layer_norm_gradient"
  public let axisCount: Int
  public let epsilon: Double

  public init(axisCount: Int, epsilon: Double) {
    self.axisCount = axisCount
    self.epsilon = epsilon
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try gradientTypes(operands, axisCount, "layerNorm")
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (x, g) = (operands[0].wide, operands[1].wide)
    return Normalization(lastOf: x, axisCount, epsilon)
      .gradients(x, g, weight: operands.count > 2 ? operands[2].wide : nil).map { $0.convert(operands[0].dtype) }
  }
}

/// Root-mean-square normalisation (Zhang & Sennrich 2019): `LayerNorm` that leaves the mean.
///
/// Operands: `x`, and a weight of the shape of the last `axisCount` axes where there is one.
public struct RMSNorm: Block {
  public static let name = "rms_norm"
  public let axisCount: Int
  public let epsilon: Double

  public init(axisCount: Int = 1, epsilon: Double = 1e-5) {
    self.axisCount = axisCount
    self.epsilon = epsilon
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...2, "rmsNorm")
    let parameters = try lastAxes(operands[0], axisCount, "rmsNorm")
    try requireParameters(operands.dropFirst(), parameters, "rmsNorm", for: operands[0])
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let y = Normalization(lastOf: x, axisCount, epsilon, isCentered: false)
      .apply(x, weight: operands.count > 1 ? operands[1].wide : nil, bias: nil)
    return [y.convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let block = RMSNormGradient(axisCount: axisCount, epsilon: epsilon)
    let node = Node.build(.block(AnyBlock(block)), [operands[0], cotangents[0]] + operands.dropFirst())
    return operands.indices.map { node.output($0) }
  }
}

/// The gradients of `RMSNorm`: of `x`, and of the weight where there is one.
///
/// Operands: `x`, the cotangent, and the weight where there is one.
public struct RMSNormGradient: Block {
  public static let name = "rms_norm_gradient"
  public let axisCount: Int
  public let epsilon: Double

  public init(axisCount: Int, epsilon: Double) {
    self.axisCount = axisCount
    self.epsilon = epsilon
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    Array(try gradientTypes(operands, axisCount, "rmsNorm").prefix(2))
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (x, g) = (operands[0].wide, operands[1].wide)
    return Normalization(lastOf: x, axisCount, epsilon, isCentered: false)
      .gradients(x, g, weight: operands.count > 2 ? operands[2].wide : nil).prefix(2)
      .map { $0.convert(operands[0].dtype) }
  }
}

extension Normalization {
  fileprivate init(lastOf x: Node, _ axisCount: Int, _ epsilon: Double, isCentered: Bool = true) {
    let axes = Array(x.shape.indices.suffix(axisCount))
    self.init(axes: axes, parameterAxes: axes, epsilon: epsilon, isCentered: isCentered)
  }
}

/// The type of weight and bias; throws what a user reads.
private func lastAxes(_ x: TensorType, _ axisCount: Int, _ name: String) throws(OpError) -> TensorType {
  try x.requireFloat(name)
  guard axisCount >= 1, axisCount <= x.shape.rank else {
    throw OpError("\(name): over the last \(axisCount) axes of \(x), expected 1 to \(x.shape.rank)")
  }
  return TensorType(Shape(x.shape.suffix(axisCount)), x.dtype)
}

private func gradientTypes(_ operands: [TensorType], _ axisCount: Int, _ name: String) throws(OpError) -> [TensorType] {
  try requireCount(operands, 2...3, "\(name) gradient")
  let parameters = try lastAxes(operands[0], axisCount, name)
  try operands[1].require(operands[0], name, "cotangent", for: "\(operands[0])")
  guard operands.count > 2 else { return [operands[0]] }
  try operands[2].require(parameters, name, "weight", for: "\(operands[0])")
  return [operands[0], parameters, parameters]
}
