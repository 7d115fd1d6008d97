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
  /// - Parameters:
  ///   - beta: How sharply the line bends.
  ///   - threshold: Where βx is above it the result is x itself.
  public func softplus(beta: Double = 1, threshold: Double = 20) -> Tensor {
    let smooth = Tensor.apply(.block(AnyBlock(Softplus(beta: beta))), self)
    // From 20 on, e^(−20) is less than half a step of single precision.
    return threshold >= 20 && dtype != .float64 ? smooth : select(self * beta .> threshold, self, smooth)
  }
}
