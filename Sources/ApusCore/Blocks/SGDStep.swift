/// One step of gradient descent with momentum, PyTorch's convention (Polyak 1964; Nesterov's form, Sutskever et al. 2013).
///
/// Operands: the parameter w, its gradient g, possibly its velocity u, and the coefficients of `SGDStep.Coefficient` as a
/// vector. With g' = scale · g + penalty · w the results are kept · w − step · d, and, where there is a velocity,
/// u' = momentum · u + share · g'; the direction d is u', or g' + momentum · u' as Nesterov has it, or g' without velocity.
public struct SGDStep: Block {
  public static let name = "sgd_step"
  public let isNesterov: Bool

  /// What the elements of the last operand are.
  public enum Coefficient: Int, CaseIterable, Sendable {
    /// What the gradient is taken times.
    case gradientScale
    /// λ of the L2 penalty.
    case penalty
    /// What is kept of the parameter: 1 less the decoupled decay.
    case kept
    case stepSize, momentum
    /// The gradient's share in the velocity.
    case gradientShare
  }

  public init(isNesterov: Bool) { self.isNesterov = isNesterov }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 3...4, "sgd step")
    try requireStep(operands, coefficients: Coefficient.allCases.count, "sgd step")
    return operands.count == 3 ? [operands[0]] : [operands[0], operands[2]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let wide = operands.map(\.wide)
    let parameter = wide[0]
    func coefficient(_ which: Coefficient) -> Node { wide.last!.coefficient(which.rawValue, like: parameter) }
    let gradient = wide[1] * coefficient(.gradientScale) + parameter * coefficient(.penalty)
    var results: [Node] = []
    var direction = gradient
    if operands.count > 3 {
      let velocity = wide[2] * coefficient(.momentum) + gradient * coefficient(.gradientShare)
      results.append(velocity)
      direction = isNesterov ? gradient + velocity * coefficient(.momentum) : velocity
    }
    let next = parameter * coefficient(.kept) - direction * coefficient(.stepSize)
    return ([next] + results).map { $0.convert(operands[0].dtype) }
  }
}

extension Node {
  /// One element of a vector at every place of another node.
  func coefficient(_ index: Int, like other: Node) -> Node {
    part(axis: 0, index..<index + 1).reshape([]).broadcast(to: other.shape, axes: [])
  }
}

/// Throws unless the operands of an optimizer's step fit: a parameter, what is of its type, and a vector of coefficients.
func requireStep(_ operands: [TensorType], coefficients: Int, _ name: String) throws(OpError) {
  let parameter = operands[0]
  try parameter.requireFloat(name)
  for moment in operands[1..<operands.count - 1] {
    try moment.require(parameter, name, "gradient or moment", for: "parameter \(parameter)")
  }
  try operands.last!.require(
    TensorType([coefficients], parameter.wide), name, "coefficients", for: "parameter \(parameter)")
}
