import ApusNN
import ApusTensor
import ApusTraining

/// Adversaries that learn to make images.
public final class AdversarialImageModel: Module, ImageSampler {
  /// For images in −1…1.
  public let networks: AdversarialNetworks
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor
  public let objective: AdversarialObjective
  /// β₁ and β₂ of Adam.
  public let betas: (Double, Double)

  public override var stateKeys: [String: StateKey] { ["networks": .merged] }

  /// - Parameter betas: Of Adam: 0.5 and 0.999 as Radford et al. 2015 have them.
  public init(
    _ networks: AdversarialNetworks, _ objective: AdversarialObjective = .init(),
    betas: (Double, Double) = (0.5, 0.999),
    key: inout RandomKey
  ) {
    (self.networks, self.objective, self.betas) = (networks, objective, betas)
    self.key = key.next().words
  }

  public var objectives: [ObjectiveDraft] {
    let judging = ObjectiveDraft(
      name: "discriminator", networks.discriminator, momentum: betas.0, beta2: betas.1
    ) { batch in
      self.drawing { self.networks.discriminatorLoss(batch[0] * 2 - 1, self.objective, key: &$0) }
    }
    let making = ObjectiveDraft(
      name: "generator", networks.generator, interval: objective.criticSteps, momentum: betas.0, beta2: betas.1
    ) { batch in self.drawing { self.networks.generatorLoss(batch[0].shape[0], self.objective, key: &$0) } }
    return [judging, making]
  }

  /// What is drawn with the model's key, which moves on.
  private func drawing<R>(_ draw: (inout RandomKey) -> R) -> R {
    var stream = RandomKey(words: key)
    defer { key = stream.words }
    return draw(&stream)
  }

  /// `loss`: the discriminator's, of the images and as many generated ones.
  public var measureNames: [String] { ["loss"] }

  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] {
    [networks.judgedLosses(images * 2 - 1, objective)]
  }

  /// What the discriminator makes of what the generator makes, `[batch, 1]`.
  public func callAsFunction(_ images: Tensor) -> Tensor {
    networks(.zeros([images.shape[0], networks.latentSize]))
  }

  public func samples(_ request: SampleRequest) -> Tensor {
    var stream = RandomKey(request.seed)
    let images = networks.generated(from: .normal([request.count, networks.latentSize], key: &stream))
    return (images + 1) / 2
  }
}
