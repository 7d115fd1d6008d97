/// x · Φ(x), the Gaussian error linear unit (Hendrycks & Gimpel 2016), exact or with the paper's tanh in place of Φ.
///
/// Φ(x) is ½ erfc(−x/√2), and ½ (1 + tanh u) is the logistic function of 2u: neither form loses digits where x is far
/// below 0.
public struct GELU: Block {
  public static let name = "gelu"
  /// Whether Φ is ½ (1 + tanh(√(2/π) (x + 0.044715 x³))).
  public let isApproximate: Bool

  public init(isApproximate: Bool = false) { self.isApproximate = isApproximate }

  public var isElementwise: Bool { true }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...1, "gelu")
    try operands[0].requireFloat("gelu")
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    return [(x * cumulative(x)).convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let (x, g) = (operands[0].wide, cotangents[0].wide)
    let slope: Node
    if isApproximate {
      // Beyond ±20 the slope is 0 or 1, and the square of x may overflow.
      let near = x.binary(.maximum, -20).binary(.minimum, 20)
      let s = cumulative(near)
      let inner = (near * near).binary(.multiply, 3 * GELU.cubic).binary(.add, 1)
        .binary(.multiply, 2 * GELU.rootTwoOverPi)
      slope = s + near * s * (Node.ones(s.type) - s) * inner
    } else {
      let density = (x * x).binary(.multiply, -0.5).unary(.exp).binary(.multiply, 0.5 * GELU.rootTwoOverPi)
      slope = cumulative(x) + x * density
    }
    return [(g * slope).convert(operands[0].dtype)]
  }

  private static let cubic = 0.044715
  private static let rootTwoOverPi = (2 / Double.pi).squareRoot()

  private func cumulative(_ x: Node) -> Node {
    guard isApproximate else {
      return x.binary(.multiply, -Double(0.5).squareRoot()).unary(.erfc).binary(.multiply, 0.5)
    }
    let inner = x * (x * x).binary(.multiply, GELU.cubic).binary(.add, 1)
    return inner.binary(.multiply, 2 * GELU.rootTwoOverPi).unary(.logistic)
  }
}
