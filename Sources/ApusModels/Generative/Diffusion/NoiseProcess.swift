import ApusNN
import ApusOptim
import ApusTensor
import ApusTraining

/// How examples become noise, and what a model learns to undo it.
public enum NoiseProcess: Hashable, Sendable {
  /// Step by step; the model predicts the noise (Ho, Jain & Abbeel 2020).
  case diffusion(NoiseSchedule)
  /// In straight lines, x_t = t x + (1 − t) ε; the model predicts the velocity x − ε (Liu, Gong & Liu 2022).
  case rectifiedFlow

  /// How large the times are that models are told: those of a flow, 0 to 1, are made as large as a diffusion's steps.
  static let timeScale = 1000.0

  /// Examples on their way to noise, at times drawn at random: what the model is given, `[batch, …]` and `[batch]`, and
  /// what it should say.
  public func corrupted(_ x: Tensor, key: inout RandomKey) -> (x: Tensor, time: Tensor, target: Tensor) {
    let count = x.shape[0]
    switch self {
    case .diffusion(let schedule):
      let steps = Tensor.randomIntegers([count], in: 0..<schedule.steps, key: &key)
      return corrupted(x, steps: steps, noise: .normal(x.shape, key: &key), schedule)
    case .rectifiedFlow:
      return straight(x, times: .uniform([count], key: &key), noise: .normal(x.shape, key: &key))
    }
  }

  /// The same at times spread evenly over the batch, with noise that is always the same.
  private func evenlyCorrupted(_ x: Tensor) -> (x: Tensor, time: Tensor, target: Tensor) {
    let count = x.shape[0]
    var key = RandomKey(0)
    let noise = Tensor.normal(x.shape, key: &key)
    let shares = (Tensor.range(count, dtype: .float32) + 0.5) / Double(max(1, count))
    switch self {
    case .diffusion(let schedule):
      return corrupted(x, steps: (shares * Double(schedule.steps)).floor().cast(to: .int32), noise: noise, schedule)
    case .rectifiedFlow: return straight(x, times: shares, noise: noise)
    }
  }

  private func corrupted(
    _ x: Tensor, steps: Tensor, noise: Tensor, _ schedule: NoiseSchedule
  ) -> (x: Tensor, time: Tensor, target: Tensor) {
    (schedule.noised(x, noise, at: steps), steps.cast(to: .float32), noise)
  }

  private func straight(_ x: Tensor, times: Tensor, noise: Tensor) -> (x: Tensor, time: Tensor, target: Tensor) {
    let column = times.reshaped(to: Shape([x.shape[0]] + [Int](repeating: 1, count: x.rank - 1)))
    let velocity = x - noise
    return (noise + column * velocity, times * NoiseProcess.timeScale, velocity)
  }
}

extension NoiseProcess {
  /// The mean squared error of what a model predicts of examples `[batch, …]` with noise, a scalar (Ho et al. 2020,
  /// equation 14; Liu et al. 2022, equation 1).
  ///
  /// - Parameters:
  ///   - labels: The class of each, integers `[batch]`; not looked at by a model without classes.
  ///   - labelDropout: How often a class is not told, so that the model learns both what
  ///     ``NoisePredictor/guided(_:time:labels:guidance:)`` needs (Ho & Salimans 2022).
  public func loss(
    _ model: any NoisePredictor, _ x: Tensor, labels: Tensor?, labelDropout: Double = 0.1, key: inout RandomKey
  ) -> Tensor {
    let example = corrupted(x, key: &key)
    var told: Tensor?
    if let labels, model.classes > 0 {
      let isUntold = Tensor.bernoulli(labels.shape, probability: labelDropout, key: &key)
      told = select(isUntold, model.classes, labels)
    }
    let said = model(example.x.cast(to: x.dtype), time: example.time, labels: told)
    return meanSquaredError(said.cast(to: example.target.dtype), example.target)
  }

  /// The squared errors at times spread evenly over the examples, with noise that is always the same, of the examples'
  /// shape: to judge by.
  func evenErrors(_ model: any NoisePredictor, _ x: Tensor, labels: Tensor?) -> Tensor {
    let example = evenlyCorrupted(x)
    return (model(example.x, time: example.time, labels: model.classes > 0 ? labels : nil) - example.target).squared()
  }
}

extension TrainingTask {
  /// Learning to undo noise: batches whose first tensor has examples and, for a model that is told classes, whose second
  /// has their labels. ``NoiseProcess/loss(_:_:labels:labelDropout:key:)`` is lowered.
  ///
  /// - Parameter seed: Of noise and times.
  public static func denoising(
    _ model: any NoisePredictor, _ process: NoiseProcess, _ optimizer: Optimizer, scheduler: Scheduler? = nil,
    average: WeightAverage? = nil, clipping: GradientClipping? = nil, precision: Precision = .full,
    labelDropout: Double = 0.1, seed: UInt64 = 0
  ) -> TrainingTask {
    let noise = RandomState(seed: seed)
    let objective = Objective(
      model, optimizer, scheduler: scheduler, average: average, clipping: clipping, precision: precision
    ) { batch in
      BatchLoss(
        process.loss(
          model, batch[0], labels: batch.count > 1 ? batch[1] : nil, labelDropout: labelDropout, key: &noise.key))
    }
    return TrainingTask(objective, state: [("noise", noise)]) { batch in
      let errors = process.evenErrors(model, batch[0], labels: batch.count > 1 ? batch[1] : nil)
      return Judgement(
        lossSum: errors.sum(), lossCount: Tensor(Double(errors.count)), predictions: errors, targets: errors)
    }
  }
}
