import ApusCore

extension Tensor {
  /// x · Φ(x), the Gaussian error linear unit (Hendrycks & Gimpel 2016), of the tensor's shape.
  ///
  /// - Parameter approximate: Whether the normal distribution's Φ is the paper's tanh approximation, as GPT-2 has it.
  public func gelu(approximate: Bool = false) -> Tensor {
    .apply(.block(AnyBlock(GELU(isApproximate: approximate))), self)
  }

  /// x · sigmoid(x), of the tensor's shape: the sigmoid linear unit (Hendrycks & Gimpel 2016), or swish.
  public func silu() -> Tensor { .apply(.block(AnyBlock(SiLU())), self) }

  /// log(1 + e^(βx)) / β, of the tensor's shape: a smooth `relu` (Dugas et al. 2001).
  ///
  /// - Parameter beta: How sharply the line bends.
  public func softplus(beta: Double = 1) -> Tensor { .apply(.block(AnyBlock(Softplus(beta: beta))), self) }
}
