import ApusNN
import ApusTensor
import ApusTraining

/// What adversaries lower: a loss, and how the discriminator is kept smooth.
public struct AdversarialObjective: Hashable, Sendable {
  public var loss: AdversarialLoss
  /// λ of ``gradientPenalty(of:real:generated:shares:)``; 0 for none.
  public var penalty: Double
  /// How many steps the discriminator takes for one of the generator's.
  public var criticSteps: Int

  public init(_ loss: AdversarialLoss = .nonSaturating, penalty: Double = 0, criticSteps: Int = 1) {
    guard penalty >= 0, criticSteps > 0 else {
      fatalError("AdversarialObjective: penalty \(penalty) and \(criticSteps) steps, expected at least 0 and 1")
    }
    (self.loss, self.penalty, self.criticSteps) = (loss, penalty, criticSteps)
  }

  /// Algorithm 1 of Gulrajani et al. 2017: λ = 10 and five steps of the critic for one of the generator's.
  public static let wassersteinWithPenalty = AdversarialObjective(.wasserstein, penalty: 10, criticSteps: 5)
}

extension AdversarialNetworks {
  /// The discriminator's loss of real examples `[batch, …]` and as many generated ones, and how well it tells them: the
  /// share that it takes for what they are, or the difference of a Wasserstein critic's mean scores, which estimates the
  /// distance.
  func discriminatorLoss(_ real: Tensor, _ objective: AdversarialObjective, key: inout RandomKey) -> BatchLoss {
    let count = real.shape[0]
    let generated = generated(from: .normal([count, latentSize], key: &key)).stoppingGradient()
    let scores = (real: discriminator(real), generated: discriminator(generated))
    var total = objective.loss.discriminator(real: scores.real, generated: scores.generated)
    if objective.penalty > 0 {
      let shares = Tensor.uniform([count], key: &key)
      let penalty = gradientPenalty(
        of: { discriminator($0) }, real: real, generated: generated, shares: shares)
      total = total + penalty * objective.penalty
    }
    return BatchLoss(total, sums: [discrimination(scores.real, scores.generated, objective.loss)])
  }

  /// The generator's loss of so many examples.
  func generatorLoss(_ count: Int, _ objective: AdversarialObjective, key: inout RandomKey) -> BatchLoss {
    let generated = generated(from: .normal([count, latentSize], key: &key))
    return BatchLoss(objective.loss.generator(generated: discriminator(generated)))
  }

  /// What each of real examples and as many generated ones, always of the same noise, add to the discriminator's loss:
  /// `[batch]`.
  func judgedLosses(_ real: Tensor, _ objective: AdversarialObjective) -> Tensor {
    var key = RandomKey(0)
    let generated = generated(from: .normal([real.shape[0], latentSize], key: &key))
    let losses =
      objective.loss.discriminator(real: discriminator(real))
      + objective.loss.discriminator(generated: discriminator(generated))
    return losses.flattened(from: 1).mean(axis: 1)
  }

  /// Added up over the batch.
  private func discrimination(
    _ real: Tensor, _ generated: Tensor, _ loss: AdversarialLoss
  ) -> (name: String, value: Tensor) {
    let count = Double(real.shape[0])
    if loss == .wasserstein { return ("wasserstein_distance", (real.mean() - generated.mean()) * count) }
    let border = loss == .leastSquares ? 0.5 : 0
    let right = (real .> border).cast(to: .float32).mean() + (generated .< border).cast(to: .float32).mean()
    return ("discriminator_accuracy", right * (count / 2))
  }
}
