/// max(x, 0) (Nair & Hinton 2010); NaN stays NaN.
///
/// A block for the sake of its gradient, which is 0 at 0 and reads the result: what comes before the activation need
/// not be kept.
public struct ReLU: Block {
  public static let name = "relu"

  public init() {}

  public var isElementwise: Bool { true }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    guard operands[0].dtype.isSigned else { throw OpError("relu: is not defined on \(operands[0].dtype)") }
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] { [operands[0].binary(.maximum, 0)] }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    [results[0].compare(.greater, 0).select(cotangents[0], .filled(0, cotangents[0].type))]
  }
}
