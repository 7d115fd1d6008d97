/// x · σ(x), the sigmoid linear unit (Hendrycks & Gimpel 2016), also called swish (Ramachandran et al. 2017).
///
/// The gradient reads the operand alone.
public struct SiLU: Block {
  public static let name = "silu"

  public init() {}

  public var isElementwise: Bool { true }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...1, "silu")
    try operands[0].requireFloat("silu")
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    return [(x * x.unary(.logistic)).convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let (x, g) = (operands[0].wide, cotangents[0].wide)
    let s = x.unary(.logistic)
    let slope = s * (Node.ones(s.type) + x * (Node.ones(s.type) - s))
    return [(g * slope).convert(operands[0].dtype)]
  }
}
