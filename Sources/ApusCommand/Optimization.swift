import Apus

/// How a model is optimized, as a configuration says: what the runs of all kinds of recipes have in common.
struct Optimization {
  /// The configuration, with no more epochs than its steps make.
  let configuration: RunConfiguration
  let optimizer: Optimizer
  let scheduler: Scheduler?
  let average: WeightAverage?
  let clipping: GradientClipping?
  let precision: Precision

  /// - Parameters:
  ///   - batchCount: Of an epoch.
  ///   - path: Where the configuration is from.
  init(_ model: Module, _ configuration: RunConfiguration, batchCount: Int, _ path: String) throws {
    guard let kind = OptimizerKind(rawValue: configuration.optimizer) else {
      throw Failure("\(path): the optimizer \"\(configuration.optimizer)\" is unknown")
    }
    guard let schedule = ScheduleKind(rawValue: configuration.schedule) else {
      throw Failure("\(path): the schedule \"\(configuration.schedule)\" is unknown")
    }
    let extras = configuration.extras
    var actual = configuration
    let stepsPerEpoch = (batchCount + (extras.accumulate ?? 1) - 1) / (extras.accumulate ?? 1)
    if let steps = extras.steps { actual.epochs = min(actual.epochs, (steps + stepsPerEpoch - 1) / stepsPerEpoch) }
    let steps = min(extras.steps ?? .max, actual.epochs.multipliedReportingOverflow(by: stepsPerEpoch).partialValue)
    let rate = configuration.learningRate
    let optimizer = kind.make(model, learningRate: rate, weightDecay: extras.weightDecay)
    scheduler =
      schedule == .constant
      ? nil
      : Scheduler(
        optimizer, schedule.make(learningRate: rate, steps: steps, withMomentum: optimizer.momentum != nil))
    average = extras.averageDecay.map { WeightAverage(model, .warming(decay: $0)) }
    clipping = extras.clipNorm.map { .norm($0) }
    precision =
      switch extras.precision {
      case "bfloat16": .bfloat16
      case "float16": .float16(LossScaler())
      default: .full
      }
    self.optimizer = optimizer
    self.configuration = actual
  }
}
