import ApusData
import ApusFiles
import ApusNN
import ApusOptim
import ApusTensor

/// Trains what a task describes, with checkpoints and metrics if it is given a run directory.
///
/// The same task on the same data gives the same bits on any number of threads, and whether or not the run was
/// interrupted.
///
/// ```swift
/// let trainer = Trainer(task, data: loader, validation: held, options: TrainerOptions(epochs: 10))
/// try trainer.run()
/// ```
public final class Trainer {
  /// How a run ended.
  public enum Outcome: Hashable, Sendable {
    /// All epochs or steps are done.
    case finished
    /// A callback saw no use in going on.
    case stoppedEarly(reason: String)
    /// Stopped on request after so many epochs and batches; `resume` goes on from there.
    case interrupted(epoch: Int, batch: Int)
    /// Stopped because the time was over; `resume` goes on from there.
    case outOfTime(epoch: Int, batch: Int)
  }

  public let task: TrainingTask
  public let data: any BatchLoader
  public let validation: (any BatchLoader)?
  public let options: TrainerOptions
  public let directory: RunDirectory?
  public let callbacks: [any Callback]
  public internal(set) var progress: TrainingProgress
  /// What was measured last by the examples that are not trained on.
  public private(set) var lastValidation: ValidationResult?
  let stepper: Stepper
  private let validator: Validator
  private let tracer: DivergenceTracer?
  private var stopReason: String?
  private var clock = EpochClock()

  /// - Parameters:
  ///   - validation: What to judge by after each epoch.
  ///   - directory: Where checkpoints, metrics and the model are written.
  public init(
    _ task: TrainingTask, data: any BatchLoader, validation: (any BatchLoader)? = nil,
    options: TrainerOptions, callbacks: [any Callback] = [], directory: RunDirectory? = nil
  ) {
    let names = callbacks.map(\.name)
    guard Set(names).count == names.count else { fatalError("Trainer: callbacks \(names), expected different names") }
    guard options.batchesPerStep > 0 else { fatalError("Trainer: a step of \(options.batchesPerStep) batches") }
    self.task = task
    self.data = data
    self.validation = validation
    self.options = options
    self.callbacks = callbacks
    self.directory = directory
    progress = TrainingProgress(examples: data.exampleCount, batches: data.batchCount)
    stepper = Stepper(task, accumulates: options.batchesPerStep > 1)
    validator = Validator(task)
    tracer = options.tracesDivergence ? DivergenceTracer(task, stepper) : nil
    for model in task.models { model.evaluate() }
  }

  /// How many epochs are done.
  public var completedEpochs: Int { progress.epoch }

  /// Whether all epochs or steps are done.
  public var isFinished: Bool {
    if let epochs = options.epochs, progress.epoch >= epochs { return true }
    if let steps = options.steps, progress.step >= steps { return true }
    return false
  }

  /// Called by a callback: training ends with the epoch.
  public func stop(_ reason: String) { stopReason = stopReason ?? reason }

  /// Judges the models, with the averages of their parameters where there are such.
  public func validate(_ loader: any BatchLoader) -> ValidationResult { task.withAverages { validator(loader) } }

  /// Judges anew, after a callback has changed the models.
  func updateLastValidation() { lastValidation = validation.map { validate($0) } }

  /// What the models make of a batch, as metrics are given it: for a classifier the logits.
  public func predictions(for batch: [Tensor]) -> Tensor { task.withAverages { validator.predictions(batch) } }

  /// Trains until all epochs or steps are done, a callback stops it, or `shouldStop` says so.
  @discardableResult
  public func run(shouldStop: () -> Bool = { false }) throws -> Outcome {
    let timer = ContinuousClock()
    let deadline = options.time.map { timer.now + $0 }
    for callback in callbacks { try callback.runBegan(self) }
    func pause() -> Outcome? {
      if shouldStop() { return .interrupted(epoch: progress.epoch, batch: progress.batch) }
      if let deadline, timer.now >= deadline { return .outOfTime(epoch: progress.epoch, batch: progress.batch) }
      return nil
    }
    let outcome = try runEpochs(pause)
    for callback in callbacks { try callback.runEnded(self, outcome) }
    if outcome.isFinal { try directory?.writeModel(task) }
    return outcome
  }

  private func runEpochs(_ pause: () -> Outcome?) throws -> Outcome {
    while true {
      if let stopReason { return .stoppedEarly(reason: stopReason) }
      if isFinished { return .finished }
      for callback in callbacks { try callback.epochBegan(self, epoch: progress.epoch + 1) }
      if let outcome = try runBatches(pause) { return outcome }
      try finishEpoch()
      if isFinished { return .finished }
      if stopReason == nil, let outcome = pause() { return outcome }
    }
  }

  /// Nil when the epoch's batches are done.
  private func runBatches(_ pause: () -> Outcome?) throws -> Outcome? {
    clock.begin(seen: progress.seen)
    let batches = data.epoch(progress.epoch, startingAt: progress.batch)
    while let batch = batches.next() {
      clock.waited = batches.waitSeconds
      try train(batch)
      if progress.batch == data.batchCount { continue }
      if let steps = options.steps, progress.step >= steps {
        try finishBetweenEpochs()
        return .finished
      }
      if let outcome = pause() {
        try writeCheckpoint()
        return outcome
      }
      if let interval = options.checkpointInterval, isStepEnd, progress.step % interval == 0 { try writeCheckpoint() }
    }
    return nil
  }

  /// Whether the last batch was the last of its step.
  private var isStepEnd: Bool { isStepEnd(progress.batch) }

  /// Whether a step is taken on batch `batch` of the epoch, from 1: the last ones make a step however few they are.
  func isStepEnd(_ batch: Int) -> Bool { batch % options.batchesPerStep == 0 || batch == data.batchCount }

  private func train(_ batch: Batch) throws {
    let isStepEnd = isStepEnd(progress.batch + 1)
    tracer?.note(progress)
    let values = stepper(batch.tensors, step: progress.step, epoch: progress.epoch, updates: isStepEnd)
    progress.batch += 1
    progress.step += isStepEnd ? 1 : 0
    progress.seen += batch.count
    var measures = Measures()
    for value in values {
      switch value.kind {
      case .mean:
        try requireFinite(value.value, value.name)
        progress.add(value.name, value.value * Double(batch.count), count: batch.count)
        measures[value.name] = value.value
      case .sum:
        progress.add(value.name, value.value, count: batch.count)
        measures[value.name] = value.value / Double(max(1, batch.count))
      case .plain: measures[value.name] = value.value
      }
    }
    try report(measures)
    guard isStepEnd else { return }
    if progress.step % options.metricInterval == 0 {
      try note("train", task.objectives.compactMap { objective in (objective.lossName, measures[objective.lossName]) })
    }
    if let interval = options.validationInterval, progress.step % interval == 0, progress.batch < data.batchCount {
      _ = try judge()
    }
  }

  private func report(_ measures: Measures) throws {
    guard !callbacks.isEmpty else { return }
    let report = BatchReport(
      epoch: progress.epoch + 1, batch: progress.batch, batchCount: data.batchCount, step: progress.step,
      values: measures, means: progress.means, examplesPerSecond: clock.rate(seen: progress.seen),
      waitingShare: clock.waitingShare)
    for callback in callbacks { try callback.batchEnded(self, report) }
  }

  private func finishEpoch() throws {
    let (seconds, waitingShare) = (clock.seconds, clock.waitingShare)
    let means = progress.means
    let losses = Set(task.objectives.map(\.lossName))
    try note("train", means.map { (losses.contains($0.name) ? "epoch_\($0.name)" : $0.name, $0.value) })
    let result = try judge()
    let epoch = progress.epoch + 1
    progress.beginEpoch(epoch)
    let report = EpochReport(
      epoch: epoch, step: progress.step, train: means, validation: result, seconds: seconds, waitingShare: waitingShare)
    for callback in callbacks { try callback.epochEnded(self, report) }
    try writeCheckpoint(endsEpoch: true)
  }

  /// The steps are done in the midst of an epoch.
  private func finishBetweenEpochs() throws {
    _ = try judge()
    try writeCheckpoint()
  }

  /// Judges by the examples that are not trained on, if there are such.
  private func judge() throws -> ValidationResult? {
    guard let validation else { return nil }
    let result = validate(validation)
    // The last step can have spoilt the parameters after its loss was computed.
    if let loss = result.measures["loss"] { try requireFinite(loss, "\(options.validationName) loss") }
    try note(options.validationName, result.measures.map { ($0.name, $0.value) })
    lastValidation = result
    for callback in callbacks { try callback.validated(self, result) }
    return result
  }

  /// Adds what a callback has measured to the run's metrics, at the step that training is at.
  public func record(_ values: [(name: String, value: Double)], split: String) throws {
    guard let directory else { return }
    let epoch = progress.batch > 0 ? progress.epoch + 1 : progress.epoch
    try directory.append(
      values.filter(\.value.isFinite).map {
        RunMeasurement(step: progress.step, epoch: epoch, split: split, name: $0.name, value: $0.value)
      })
  }

  private func note(_ split: String, _ values: [(String, Double?)]) throws {
    guard let directory else { return }
    try directory.append(
      values.compactMap { name, value in
        guard let value else { return nil }
        return RunMeasurement(step: progress.step, epoch: progress.epoch + 1, split: split, name: name, value: value)
      })
  }

  private func requireFinite(_ value: Double, _ name: String) throws {
    if value.isFinite { return }
    let origin = try tracer?.origin(before: progress, batchesPerStep: options.batchesPerStep, self)
    throw Divergence(name: name, isNaN: value.isNaN, progress: progress, origin: origin, trainer: self)
  }
}

extension Trainer.Outcome {
  /// Whether nothing is left to be gone on with.
  public var isFinal: Bool {
    switch self {
    case .finished, .stoppedEarly: true
    case .interrupted, .outOfTime: false
    }
  }
}

/// How long an epoch takes in this process, and how long of it training waits for data.
private struct EpochClock {
  private let clock = ContinuousClock()
  private var start = ContinuousClock().now
  /// In seconds.
  var waited = 0.0
  private var seenBefore = 0

  mutating func begin(seen: Int) { (start, waited, seenBefore) = (clock.now, 0, seen) }

  var seconds: Double { (clock.now - start).inSeconds }
  var waitingShare: Double { min(1, waited / seconds) }
  func rate(seen: Int) -> Double { Double(seen - seenBefore) / seconds }
}

extension Duration {
  /// The duration in seconds; at least a nanosecond, so that rates are finite.
  public var inSeconds: Double {
    max(1e-9, Double(components.seconds) + Double(components.attoseconds) * 1e-18)
  }
}
