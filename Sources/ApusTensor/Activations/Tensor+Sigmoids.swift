import ApusCore

// Units with a smooth step in them. All are elementwise, of the tensor's shape.
extension Tensor {
  /// log σ(x), without taking the logarithm of something small.
  public func logSigmoid() -> Tensor { -(-self).softplus() }

  /// ReLU(x/6 + ½) − ReLU(x/6 − ½), a piecewise linear sigmoid. The gradient at ±3 is 0.
  public func hardsigmoid() -> Tensor { (self + 3).relu6() / 6 }

  /// x · `hardsigmoid` (Howard et al. 2019). The gradient at −3 is 0, at 3 it is 1.
  public func hardswish() -> Tensor {
    select(self .<= -3, Tensor.zeros(like: self), select(self .>= 3, self, self * (self + 3) / 6))
  }

  /// x · σ(βx) (Ramachandran et al. 2017): x/2 for β = 0, `silu` for β = 1, and nearer to ReLU the larger β is.
  public func swish(beta: Double = 1) -> Tensor { beta == 1 ? silu() : self * (self * beta).sigmoid() }

  /// x · σ(βx) with a β that may be learned, broadcast over the tensor.
  public func swish(beta: Tensor) -> Tensor { self * (self * beta).sigmoid() }

  /// x · σ(1.702x), the sigmoid approximation of `gelu` (Hendrycks & Gimpel 2016).
  public func quickGELU() -> Tensor { swish(beta: 1.702) }

  /// x · tanh(log(1 + eˣ)) (Misra 2019).
  public func mish() -> Tensor { self * softplus().tanh() }

  /// x / (1 + |x|).
  public func softsign() -> Tensor { self / (abs() + 1) }

  /// x − tanh x.
  public func tanhshrink() -> Tensor { self - tanh() }

  /// x moved towards 0 by λ, and 0 within λ of it: the proximal step of the L1 norm.
  public func softshrink(_ lambda: Double = 0.5) -> Tensor {
    guard lambda >= 0 else { return Mistakes.report(OpError("softshrink: lambda \(lambda), expected 0 or more")) }
    return select(self .> lambda, self - lambda, select(self .< -lambda, self + lambda, self * 0))
  }

  /// x, and 0 within λ of 0.
  public func hardshrink(_ lambda: Double = 0.5) -> Tensor {
    select((self .>= -lambda) & (self .<= lambda), Tensor.zeros(like: self), self)
  }

  /// The softmax of −x: the smallest gets the most.
  public func softmin(axis: Int = -1) -> Tensor { (-self).softmax(axis: axis) }

  /// Nearly one-hot choices by the softmax of logits along an axis, which gradients flow through: the softmax of
  /// (logits + Gumbel noise) / temperature (Jang et al. 2017; Maddison et al. 2017).
  ///
  /// - Parameters:
  ///   - temperature: The lower, the nearer to one-hot, and the larger the gradients.
  ///   - isHard: Whether the values are one-hot, and the gradient is that of the soft ones.
  public func gumbelSoftmax(
    temperature: Double = 1, isHard: Bool = false, axis: Int = -1, key: inout RandomKey
  ) -> Tensor {
    guard temperature > 0 else {
      return Mistakes.report(OpError("gumbelSoftmax: temperature \(temperature), expected a number above 0"))
    }
    let soft = ((self + Tensor.gumbel(shape, key: &key, dtype: dtype)) / temperature).softmax(axis: axis)
    guard isHard, !Mistakes.hasFailed else { return soft }
    let place = self.axis(axis, "gumbelSoftmax")
    let hard = soft.argMax(axis: place).oneHot(shape[place], dtype: dtype).movingAxis(-1, to: place)
    return soft + (hard - soft).stoppingGradient()
  }
}
