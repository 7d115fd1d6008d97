import ApusNN
import ApusOptim
import ApusTensor
import ApusTraining

extension TrainingTask {
  /// A generator and a discriminator that work against each other: batches whose first tensor has real examples. The
  /// discriminator takes a step on each batch, then the generator on each of so many (Goodfellow et al. 2014, algorithm 1;
  /// Gulrajani et al. 2017, algorithm 1). Noise is standard normal.
  ///
  /// On what is not trained on the discriminator's loss is measured, always with the same noise.
  ///
  /// - Parameters:
  ///   - schedulers: Of the two optimizers' rates.
  ///   - average: Of the generator's parameters: it is what is judged and saved.
  ///   - seed: Of the noise.
  public static func adversarial(
    _ networks: AdversarialNetworks, _ objective: AdversarialObjective = .init(), generator: Optimizer,
    discriminator: Optimizer, schedulers: (generator: Scheduler?, discriminator: Scheduler?) = (nil, nil),
    average: WeightAverage? = nil, clipping: GradientClipping? = nil, seed: UInt64 = 0
  ) -> TrainingTask {
    let noise = RandomState(seed: seed)
    let judging = Objective(
      name: "discriminator", networks.discriminator, discriminator, scheduler: schedulers.discriminator,
      clipping: clipping
    ) { batch in networks.discriminatorLoss(batch[0], objective, key: &noise.key) }
    let making = Objective(
      name: "generator", networks.generator, generator, scheduler: schedulers.generator, average: average,
      clipping: clipping, interval: objective.criticSteps
    ) { batch in networks.generatorLoss(batch[0].shape[0], objective, key: &noise.key) }
    return TrainingTask(judging, making, state: [("noise", noise)]) { batch in
      let losses = networks.judgedLosses(batch[0], objective)
      return Judgement(lossSum: losses.sum(), predictions: losses, targets: losses)
    }
  }
}
