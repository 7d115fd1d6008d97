import ApusTensor

/// What a generator and a discriminator lower against each other. The discriminator's outputs are logits, one for each
/// example; those of a Wasserstein critic are scores.
public enum AdversarialLoss: String, Hashable, Sendable, CaseIterable {
  /// The generator lowers log(1 − D(G(z))) (Goodfellow et al. 2014, equation 1): its gradient vanishes where the
  /// discriminator is sure.
  case minimax
  /// The generator lowers −log D(G(z)) instead (section 3 of the same paper).
  case nonSaturating = "non-saturating"
  /// max(0, 1 − D(x)) + max(0, 1 + D(G(z))) (Lim & Ye 2017).
  case hinge
  /// ½ (D(x) − 1)² + ½ D(G(z))² (Mao et al. 2017).
  case leastSquares = "least-squares"
  /// D(G(z)) − D(x), for a critic that is kept 1-Lipschitz (Arjovsky et al. 2017); see ``gradientPenalty(of:real:generated:shares:)``.
  case wasserstein

  /// The discriminator's loss, a scalar: the mean over the real examples and that over the generated ones, added.
  public func discriminator(real: Tensor, generated: Tensor) -> Tensor {
    discriminator(real: real).mean() + discriminator(generated: generated).mean()
  }

  /// What each real example adds to the discriminator's loss.
  func discriminator(real: Tensor) -> Tensor {
    switch self {
    // −log σ(x) = softplus(−x) and −log(1 − σ(x)) = softplus(x), without overflow.
    case .minimax, .nonSaturating: (-real).softplus()
    case .hinge: (1 - real).relu()
    case .leastSquares: (real - 1).squared() * 0.5
    case .wasserstein: -real
    }
  }

  /// What each generated example adds to the discriminator's loss.
  func discriminator(generated: Tensor) -> Tensor {
    switch self {
    case .minimax, .nonSaturating: generated.softplus()
    case .hinge: (1 + generated).relu()
    case .leastSquares: generated.squared() * 0.5
    case .wasserstein: generated
    }
  }

  /// The generator's loss, a scalar.
  public func generator(generated: Tensor) -> Tensor {
    switch self {
    case .minimax: -generated.softplus().mean()
    case .nonSaturating: (-generated).softplus().mean()
    case .leastSquares: ((generated - 1).squared() * 0.5).mean()
    case .hinge, .wasserstein: -generated.mean()
    }
  }
}

/// (‖∇D(x̂)‖₂ − 1)² at points between real and generated examples, the mean over the batch, a scalar (Gulrajani et al.
/// 2017, equation 3). It is a function of the critic's parameters through the gradient, so that lowering it takes
/// gradients of gradients.
///
/// - Parameters:
///   - critic: Examples to one score each. It must treat each example by itself: no batch normalisation.
///   - real: `[batch, …]`.
///   - generated: Of the same shape.
///   - shares: How much of the real example each point is, in 0…1, `[batch]`.
public func gradientPenalty(
  of critic: (Tensor) -> Tensor, real: Tensor, generated: Tensor, shares: Tensor
) -> Tensor {
  guard real.shape == generated.shape, real.rank >= 2, shares.shape == [real.shape[0]] else {
    return .mistake(
      "gradientPenalty: real \(real.shape), generated \(generated.shape) and shares \(shares.shape), expected two of one "
        + "shape [batch, …] and [batch]")
  }
  let column = shares.reshaped(to: Shape([real.shape[0]] + [Int](repeating: 1, count: real.rank - 1)))
  let points = (generated + column * (real - generated)).stoppingGradient()
  // The sum's gradient at each point is that of its own score.
  let gradient = valueAndGradient(at: [points]) { critic($0[0]).sum() }.gradients[0]
  return (gradient.flattened(from: 1).norm(axis: 1) - 1).squared().mean()
}
