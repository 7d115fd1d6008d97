import ApusTensor

/// What is added to a loss so that parameters stay small: Ω(θ) in L + Ω(θ) (Goodfellow et al. 2016, chapter 7).
///
/// ```swift
/// let loss = crossEntropy(model(x), y) + Penalty.l2(1e-4)(model)
/// ```
public enum Penalty: Hashable, Sendable {
  /// α Σ|w| (Tibshirani 1996): many weights become 0.
  case l1(Double)
  /// α/2 Σw² (Hoerl & Kennard 1970), whose gradient is αw: with gradient descent, weight decay.
  case l2(Double)
  /// α Σ|w|^p for p ≥ 1.
  case lp(Double, power: Double)
  /// α (ρ Σ|w| + (1 − ρ)/2 Σw²) (Zou & Hastie 2005).
  case elasticNet(Double, l1Ratio: Double = 0.5)

  /// The penalty on one tensor, a scalar.
  public func callAsFunction(_ weights: Tensor) -> Tensor {
    switch self {
    case .l1(let alpha): return weights.abs().sum() * alpha
    case .l2(let alpha): return weights.squaredNorm() * (alpha / 2)
    case .lp(let alpha, let power):
      guard power >= 1 else { return .mistake("Penalty: power \(power), expected 1 or more") }
      return weights.abs().power(power).sum() * alpha
    case .elasticNet(let alpha, let ratio):
      guard 0...1 ~= ratio else { return .mistake("Penalty: l1Ratio \(ratio), expected 0 to 1") }
      return Penalty.l1(alpha * ratio)(weights) + Penalty.l2(alpha * (1 - ratio))(weights)
    }
  }

  /// The penalty on a model's parameters, a scalar.
  ///
  /// - Parameter isIncluded: Which parameters count: those of two axes or more unless given, not biases and scales.
  public func callAsFunction(
    _ model: Module, where isIncluded: (Module.Entry) -> Bool = { $0.slot.tensor!.rank >= 2 }
  ) -> Tensor {
    model.parameters.filter(isIncluded).reduce(Tensor(0)) { $0 + self($1.slot.tensor!) }
  }
}

/// Σ_j KL(ρ ‖ ρ̂_j), where ρ̂_j is the mean activation of unit j: hidden units that are mostly off (Ng 2011, "Sparse
/// autoencoder", section 3). A scalar.
///
/// - Parameters:
///   - activations: `[…, units]`, in (0, 1) as a sigmoid gives them; the means are over all other axes.
///   - sparsity: ρ, the mean that is wanted.
public func sparsityPenalty(_ activations: Tensor, sparsity: Double = 0.05) -> Tensor {
  guard activations.rank >= 1, 0 < sparsity, sparsity < 1 else {
    return .mistake(
      "sparsityPenalty: sparsity \(sparsity) of activations \(activations.shape), expected one between 0 and 1 of "
        + "[..., units]")
  }
  // Means of 0 and 1, too, have finite logarithms.
  let tiny = 1e-7
  let mean = activations.mean(axes: Array(0..<activations.rank - 1)).clamped(tiny, 1 - tiny)
  let rest = 1 - sparsity
  let on = sparsity * (sparsity / mean).log()
  let off = rest * (rest / (1 - mean)).log()
  return (on + off).sum()
}
