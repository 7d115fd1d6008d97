import Apus

/// Generative models of points of the plane, as experiments and figures train them.
enum PlaneModels {
  /// Adversaries that are compared, and how they are called.
  static let adversaries: [(name: String, objective: AdversarialObjective, learningRate: Double)] = [
    ("GAN", AdversarialObjective(.minimax), 1e-3), ("GAN, −log D", AdversarialObjective(.nonSaturating), 1e-3),
    ("WGAN-GP", .wassersteinWithPenalty, 5e-4),
  ]

  /// Noise that becomes points, and how it is called.
  static let processes: [(name: String, process: NoiseProcess)] = [
    ("diffusion", .diffusion(.cosine(steps: 200))), ("rectified flow", .rectifiedFlow),
  ]

  /// Trains adversaries on eight Gaussians.
  ///
  /// - Parameters:
  ///   - steps: Of the generator.
  ///   - watch: Called with points that are generated, always from the same noise, before the first step and after each
  ///     tenth of them.
  static func trainAdversaries(
    _ objective: AdversarialObjective, learningRate: Double, steps: Int, seed: UInt64,
    watch: @escaping (_ step: Int, _ points: Tensor) -> Void
  ) throws {
    var key = RandomKey(seed)
    let networks = AdversarialNetworks.perceptrons(features: 2, key: &key)
    func adam(_ model: Module) -> Adam {
      objective.loss == .wasserstein
        ? Adam(model, learningRate: learningRate, beta1: 0, beta2: 0.9)
        : Adam(model, learningRate: learningRate, beta1: 0.5)
    }
    let task = TrainingTask.adversarial(
      networks, objective, generator: adam(networks.generator), discriminator: adam(networks.discriminator), seed: seed)
    let noise = Tensor.normal([2000, networks.latentSize], key: &key)
    let parts = 10
    watch(0, networks.generated(from: noise).evaluated())
    let data = PlanePoints(
      .eightGaussians, batchSize: 256, batchCount: steps / parts * objective.criticSteps, seed: seed)
    let shown = Shown { epoch in watch(epoch * steps / parts, networks.generated(from: noise).evaluated()) }
    try Trainer(task, data: data, options: TrainerOptions(epochs: parts), callbacks: [shown]).run(
      shouldStop: { Interruption.wasRequested })
  }

  /// Trains a model to make points of noise; the averages of its parameters are what counts in the end.
  static func trainPredictor(
    _ distribution: PlaneDistribution, _ process: NoiseProcess, steps: Int, seed: UInt64
  ) throws -> PointPredictor {
    var key = RandomKey(seed)
    let model = PointPredictor(key: &key)
    let average = WeightAverage(model, .warming(decay: 0.995))
    let optimizer = Adam(model, learningRate: 2e-3)
    let task = TrainingTask.denoising(
      model, process, optimizer, scheduler: Scheduler(optimizer, .cosine(steps: steps)), average: average, seed: seed)
    let data = PlanePoints(distribution, batchSize: 256, batchCount: steps, seed: seed)
    try Trainer(task, data: data, options: TrainerOptions(epochs: 1)).run(
      shouldStop: { Interruption.wasRequested })
    average.apply()
    return model
  }

  private final class Shown: Callback {
    let name = "shown"
    private let show: (Int) -> Void
    init(_ show: @escaping (Int) -> Void) { self.show = show }
    func epochEnded(_ trainer: Trainer, _ report: EpochReport) { show(report.epoch) }
  }
}
