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
  ///   - epochs: In which epochs steps are taken, from 0.
  ///   - interval: A step is taken on each batch of so many.
  ///   - beta2: Of Adam, where that is not its own.
  ///   - path: Where the configuration is from.
  init(
    _ model: Module, _ configuration: RunConfiguration, batchCount: Int, within epochs: Range<Int> = 0..<Int.max,
    interval: Int = 1, beta2: Double? = nil, _ path: String
  ) throws {
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
    let all = min(extras.steps ?? .max, actual.epochs.multipliedReportingOverflow(by: stepsPerEpoch).partialValue)
    // Of a part of the epochs, or of each so many steps, there are fewer.
    let before = min(all, epochs.lowerBound.multipliedReportingOverflow(by: stepsPerEpoch).partialValue)
    let last = epochs.upperBound < actual.epochs ? min(all, epochs.upperBound * stepsPerEpoch) : all
    let steps = max(1, (last - before) / interval)
    let rate = configuration.learningRate
    let optimizer = kind.make(model, learningRate: rate, weightDecay: extras.weightDecay, beta2: beta2 ?? 0.999)
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
