/// One step of adaptive moment estimation (Kingma & Ba 2015, algorithm 1), with either kind of weight decay (decoupled:
/// Loshchilov & Hutter 2019) and possibly the largest second moment (Reddi et al. 2018).
///
/// Operands: the parameter w, its gradient g, the moments m and v, possibly the largest v so far, and the coefficients of
/// `AdamStep.Coefficient` as a vector. With g' = scale · g + penalty · w the results are
/// kept · w − step · m' / (rootScale · √v' + ε), m' = β₁m + (1 − β₁)g', v' = β₂v + (1 − β₂)g'², and the largest v, which then
/// is the divisor's.
public struct AdamStep: Block {
  public static let name = "adam_step"

  /// What the elements of the last operand are.
  public enum Coefficient: Int, CaseIterable, Sendable {
    /// What the gradient is taken times.
    case gradientScale
    /// λ of the L2 penalty.
    case penalty
    /// What is kept of the parameter: 1 less the decoupled decay.
    case kept
    /// The learning rate over the correction of m.
    case stepSize
    /// One over the root of the correction of v.
    case rootScale
    case epsilon, beta1
    /// 1 − β₁, rounded from more digits than the parameter may have.
    case gradientShare
    case beta2
    /// 1 − β₂.
    case squareShare
  }

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 5...6, "adam step")
    try requireStep(operands, coefficients: Coefficient.allCases.count, "adam step")
    return [operands[0]] + operands[2..<operands.count - 1]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let wide = operands.map(\.wide)
    let parameter = wide[0]
    func coefficient(_ which: Coefficient) -> Node { wide.last!.coefficient(which.rawValue, like: parameter) }
    let gradient = wide[1] * coefficient(.gradientScale) + parameter * coefficient(.penalty)
    let first = wide[2] * coefficient(.beta1) + gradient * coefficient(.gradientShare)
    let second = wide[3] * coefficient(.beta2) + gradient * gradient * coefficient(.squareShare)
    var results = [first, second]
    if operands.count > 5 { results.append(wide[4].binary(.maximum, second)) }
    // A factor: with a divisor the step would have three long operations for each element, not two.
    let deviation = results.last!.unary(.sqrt) * coefficient(.rootScale) + coefficient(.epsilon)
    let next = parameter * coefficient(.kept) - first / deviation * coefficient(.stepSize)
    return ([next] + results).map { $0.convert(operands[0].dtype) }
  }
}
