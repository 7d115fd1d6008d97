import ApusNN
import ApusOptim
import ApusTensor

/// What is learned: the losses that optimizers lower on each batch, and how a batch is judged.
///
/// ```swift
/// let task = TrainingTask(
///   Objective(model, optimizer) { batch in BatchLoss(squaredError(model(batch[0]), batch[1])) },
///   metrics: [MeanSquaredError()]
/// ) { batch in Judgement(predictions: model(batch[0]), targets: batch[1]) }
/// ```
public struct TrainingTask {
  /// In the order in which they take their steps on a batch: one for most tasks, two for adversaries.
  public var objectives: [Objective]
  /// What is measured on the batches that are not trained on, from what `judge` gives.
  public var metrics: [any Metric]
  /// What the model makes of a batch; called in the phase of inference.
  public let judge: ([Tensor]) -> Judgement
  /// What else changes from step to step and belongs into checkpoints: streams of random keys.
  public var state: [(name: String, state: any Stateful)]
  /// What the models of all objectives are parts of: it is saved as one, under its own names. Nil where each objective's
  /// model is saved under the objective's name.
  public var model: Module?

  public init(
    _ objectives: Objective..., metrics: [any Metric] = [], state: [(name: String, state: any Stateful)] = [],
    judge: @escaping ([Tensor]) -> Judgement
  ) {
    self.init(objectives, model: nil, metrics: metrics, state: state, judge: judge)
  }

  /// - Parameter model: What the models of the objectives are parts of, if it is to be saved as one.
  public init(
    _ objectives: [Objective], model: Module?, metrics: [any Metric] = [],
    state: [(name: String, state: any Stateful)] = [], judge: @escaping ([Tensor]) -> Judgement
  ) {
    self.objectives = objectives
    self.model = model
    self.metrics = metrics
    self.state = state
    self.judge = judge
    let names = objectives.map(\.name)
    guard !names.isEmpty, Set(names).count == names.count, names.count == 1 || !names.contains("") else {
      fatalError("TrainingTask: objectives \(names), expected at least one, and different names if there are several")
    }
  }
}

/// A loss, and the optimizer that lowers it by changing a model.
public struct Objective {
  /// What its measurements and its part of a checkpoint are called by; empty where it is the only one.
  public let name: String
  /// Whose parameters are changed.
  public let model: Module
  public let optimizer: Optimizer
  /// Of the optimizer's rates: goes on after each step.
  public var scheduler: Scheduler?
  /// Of the parameters over the steps: it is what is judged and saved in their place.
  public var average: WeightAverage?
  public var clipping: GradientClipping?
  public var precision: Precision
  /// A step is taken on each batch of so many: the last of them.
  public var interval: Int
  /// In which epochs, from 0, steps are taken: what is trained layer by layer has an objective for each layer.
  public var epochs: Range<Int>
  /// The loss of a batch; called in the phase of training.
  public let loss: ([Tensor]) -> BatchLoss

  public init(
    name: String = "", _ model: Module, _ optimizer: Optimizer, scheduler: Scheduler? = nil,
    average: WeightAverage? = nil, clipping: GradientClipping? = nil, precision: Precision = .full, interval: Int = 1,
    epochs: Range<Int> = 0..<Int.max, loss: @escaping ([Tensor]) -> BatchLoss
  ) {
    guard interval > 0 else { fatalError("Objective: a step in each \(interval) batches, expected at least 1") }
    self.epochs = epochs
    self.name = name
    self.model = model
    self.optimizer = optimizer
    self.scheduler = scheduler
    self.average = average
    self.clipping = clipping
    self.precision = precision
    self.interval = interval
    self.loss = loss
  }

  /// Whether a step is taken after so many steps in an epoch.
  func isActive(step: Int, epoch: Int) -> Bool { epochs.contains(epoch) && (step + 1) % interval == 0 }

  /// Its names begin with this.
  var prefix: String { name.isEmpty ? "" : name + "." }
  var lossName: String { name.isEmpty ? "loss" : name + "_loss" }
}

/// The loss of a batch, and what else is worth knowing about it.
public struct BatchLoss {
  /// A scalar: the mean over the examples.
  public let loss: Tensor
  /// Scalars by name that are added up over the batches of an epoch and divided by its examples: how many are right.
  public let sums: [(name: String, value: Tensor)]

  public init(_ loss: Tensor, sums: [(name: String, value: Tensor)] = []) {
    self.loss = loss
    self.sums = sums
  }
}

/// What a model makes of a batch.
public struct Judgement {
  /// The sum of the losses, a scalar; nil where only metrics count.
  public let lossSum: Tensor?
  /// How many losses that is the sum of, a scalar: of a language model the tokens. Nil for the examples.
  public let lossCount: Tensor?
  /// What metrics take: for a classifier the logits and the labels.
  public let predictions: Tensor
  public let targets: Tensor

  public init(lossSum: Tensor? = nil, lossCount: Tensor? = nil, predictions: Tensor, targets: Tensor) {
    self.lossSum = lossSum
    self.lossCount = lossCount
    self.predictions = predictions
    self.targets = targets
  }
}

/// How gradients are kept from being too large.
public enum GradientClipping: Hashable, Sendable {
  /// All of them scaled down together to at most this norm (Pascanu et al. 2013).
  case norm(Double)
  /// Each element at most so far from zero.
  case value(Double)
}
