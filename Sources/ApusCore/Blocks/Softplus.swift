/// log(1 + e^(βx)) / β, a smooth `ReLU` (Dugas et al. 2001), as max(x, 0) + log(1 + e^(−|βx|)) / β: nothing overflows,
/// and what is small keeps its digits.
public struct Softplus: Block {
  public static let name = "softplus"
  /// How sharply the line bends.
  public let beta: Double

  public init(beta: Double = 1) { self.beta = beta }

  public var isElementwise: Bool { true }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...1, "softplus")
    try operands[0].requireFloat("softplus")
    guard beta > 0, beta.isFinite else { throw OpError("softplus: beta \(beta), expected a positive number") }
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let rest = x.unary(.abs).binary(.multiply, -beta).unary(.exp).unary(.log1p).binary(.divide, beta)
    return [(x.binary(.maximum, 0) + rest).convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let (x, g) = (operands[0].wide, cotangents[0].wide)
    return [(g * x.binary(.multiply, beta).unary(.logistic)).convert(operands[0].dtype)]
  }
}
