import ApusTensor

/// A polynomial about a centre: Σ cₖ (x − a)ᵏ.
public struct TaylorPolynomial: Hashable, Sendable {
  /// a
  public let center: Double
  /// cₖ, from k = 0.
  public let coefficients: [Double]

  public init(center: Double, coefficients: [Double]) { (self.center, self.coefficients) = (center, coefficients) }

  /// The order of the highest term, 0 for a constant.
  public var order: Int { max(0, coefficients.count - 1) }

  public func callAsFunction(_ x: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * (x - center) + $1 }
  }

  /// The first terms, up to that order.
  public func truncated(to order: Int) -> TaylorPolynomial {
    TaylorPolynomial(center: center, coefficients: Array(coefficients.prefix(order + 1)))
  }
}

/// The Taylor polynomial of a function of one number: cₖ = f⁽ᵏ⁾(a) / k! (Taylor 1715), by `order` differentiations one
/// of the other, in double precision.
///
/// It is near `f` only about the centre: within the radius of convergence where the series converges, and there only if
/// `f` is analytic. The function must take and return a scalar and be differentiable so often.
public func taylor(_ f: @escaping (Tensor) -> Tensor, at center: Double, order: Int) -> TaylorPolynomial {
  precondition(order >= 0, "taylor: order \(order), expected no less than 0")
  let point = Tensor(center, dtype: .float64)
  var derivative = f
  var factorial = 1.0
  var coefficients = [f(point).item()]
  for number in 0..<order {
    // Forward mode: the derivative of a function of one number costs about one evaluation, however deep it is nested.
    let previous = derivative
    derivative = { x in jvp(at: x, tangent: .ones(like: x)) { previous($0) }.tangent }
    factorial *= Double(number + 1)
    coefficients.append(derivative(point).item() / factorial)
  }
  return TaylorPolynomial(center: center, coefficients: coefficients)
}
