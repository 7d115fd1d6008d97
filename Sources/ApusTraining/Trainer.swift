import ApusData
import ApusFiles
import ApusNN
import ApusOptim
import ApusTensor

/// Trains a classifier of images, with checkpoints and metrics in a run directory.
///
/// The same configuration gives the same bits on any number of threads, and whether or not the run was interrupted.
public final class Trainer {
  /// What happens while training, for whoever shows it.
  public enum Event: Sendable {
    /// A step is done: its number in the epoch of so many, and the mean loss of the epoch so far.
    case step(epoch: Int, batch: Int, batchCount: Int, loss: Double, examplesPerSecond: Double)
    /// An epoch is done and judged.
    case epoch(epoch: Int, trainLoss: Double, trainAccuracy: Double, test: Evaluation, seconds: Double)
  }

  /// How a run ended.
  public enum Outcome: Hashable, Sendable {
    case finished
    /// Stopped on request after so many epochs and batches; `resume` goes on from there.
    case interrupted(epoch: Int, batch: Int)
  }

  /// A loss that is not a number: training cannot go on.
  public struct Divergence: Error, CustomStringConvertible {
    public let description: String
  }

  public let configuration: RunConfiguration
  private let directory: RunDirectory
  private let model: any Layer
  private let optimizer: Optimizer
  private let scheduler: Scheduler?
  private let data: ImageClassificationData
  private let classifier: Classifier
  private let step: ([Tensor]) -> [Tensor]
  private var progress: TrainingProgress

  /// How many steps lie between two lines of training loss in the metrics.
  private static let metricInterval = 50

  /// - Parameter scheduler: Of the optimizer's rates, which go on after each step; constant without one.
  public init(
    _ configuration: RunConfiguration, model: any Layer, optimizer: Optimizer, scheduler: Scheduler? = nil,
    data: ImageClassificationData, directory: RunDirectory
  ) {
    self.configuration = configuration
    self.directory = directory
    progress = TrainingProgress(examples: data.train.count)
    self.model = model
    self.optimizer = optimizer
    self.scheduler = scheduler
    self.data = data
    classifier = Classifier(model)
    step = compile(updating: [model, optimizer]) { batch in
      let (images, labels) = (batch[0], batch[1])
      var correct = Tensor(0)
      let (loss, gradients) = valueAndGrad(model) {
        let logits = model(images)
        correct = (logits.argMax() .== labels).cast(to: .int32).sum()
        return crossEntropy(logits, labels)
      }
      optimizer.update(gradients)
      return [loss, correct]
    }
    model.evaluate()
  }

  /// Goes on from the last checkpoint of the run directory.
  ///
  /// Throws, and changes nothing in the directory, when the checkpoint is not one of this configuration on these data.
  public func resume() throws {
    let saved = try directory.readCheckpoint(into: model, optimizer, scheduler)
    let path = directory.checkpointPath
    try saved.check(examples: data.train.count, batchSize: configuration.batchSize, path: path)
    guard saved.epoch < configuration.epochs || (saved.epoch == configuration.epochs && saved.batch == 0) else {
      let done = saved.epoch + (saved.batch > 0 ? 1 : 0)
      throw FileError.malformed(path, "training is in epoch \(done) already, past the last, \(configuration.epochs)")
    }
    progress = saved
    try directory.dropMetrics(after: progress.step)
    // A run that was killed between the two has a model older than its checkpoint.
    try directory.writeModel(model)
  }

  /// How many epochs are done.
  public var completedEpochs: Int { progress.epoch }

  /// Trains until all epochs are done or `shouldStop` says so.
  public func run(shouldStop: () -> Bool = { false }, report: (Event) throws -> Void) throws -> Outcome {
    let loader = ImageLoader(data.train, batchSize: configuration.batchSize, shuffleSeed: configuration.seed)
    let clock = ContinuousClock()
    while progress.epoch < configuration.epochs {
      let epoch = progress.epoch
      let start = clock.now
      let seenBefore = progress.seen
      for batch in loader.epoch(epoch, startingAt: progress.batch) {
        let loss = try trainStep(batch)
        let rate = Double(progress.seen - seenBefore) / (clock.now - start).inSeconds
        try report(
          .step(
            epoch: epoch + 1, batch: progress.batch, batchCount: loader.batchCount,
            loss: progress.lossSum / Double(progress.seen), examplesPerSecond: rate))
        if progress.step % Trainer.metricInterval == 0 { try note("train", "loss", loss) }
        if shouldStop(), progress.batch < loader.batchCount {
          try directory.writeCheckpoint(progress, model, optimizer, scheduler)
          return .interrupted(epoch: epoch, batch: progress.batch)
        }
      }
      try finishEpoch((clock.now - start).inSeconds, report)
      if shouldStop(), progress.epoch < configuration.epochs { return .interrupted(epoch: progress.epoch, batch: 0) }
    }
    return .finished
  }

  /// One step on one batch; returns its loss.
  private func trainStep(_ batch: ImageBatch) throws -> Double {
    let results = Phase.with(.training) { step([batch.images, batch.labels]) }
    let loss = results[0].item()
    scheduler?.step()
    progress.batch += 1
    progress.step += 1
    try requireFinite(loss, "loss")
    progress.lossSum += loss * Double(batch.count)
    progress.correct += Int(results[1].item())
    progress.seen += batch.count
    return loss
  }

  private func finishEpoch(_ seconds: Double, _ report: (Event) throws -> Void) throws {
    let test = classifier.evaluate(data.test, classes: data.classNames.count)
    // The last step can have spoilt the parameters after its loss was computed.
    try requireFinite(test.loss, "test loss")
    let count = Double(max(1, progress.seen))
    let (loss, accuracy) = (progress.lossSum / count, Double(progress.correct) / count)
    try directory.append([
      metric("train", "epoch_loss", loss), metric("train", "accuracy", accuracy), metric("test", "loss", test.loss),
      metric("test", "accuracy", test.accuracy),
    ])
    let epoch = progress.epoch + 1
    progress.beginEpoch(epoch)
    try directory.writeCheckpoint(progress, model, optimizer, scheduler)
    try report(.epoch(epoch: epoch, trainLoss: loss, trainAccuracy: accuracy, test: test, seconds: seconds))
  }

  private func requireFinite(_ value: Double, _ name: String) throws {
    if value.isFinite { return }
    let checkpoint = directory.hasCheckpoint ? "the last checkpoint is as it was" : "there is no checkpoint yet"
    throw Divergence(
      description:
        "the \(name) became \(value.isNaN ? "NaN" : "infinite") at step \(progress.step) (epoch "
        + "\(progress.epoch + 1)): lower the learning rate, now \(configuration.learningRate); \(checkpoint)")
  }

  private func metric(_ split: String, _ name: String, _ value: Double) -> Metric {
    Metric(step: progress.step, epoch: progress.epoch + 1, split: split, name: name, value: value)
  }

  private func note(_ split: String, _ name: String, _ value: Double) throws {
    try directory.append([metric(split, name, value)])
  }
}

extension Duration {
  /// The duration in seconds; at least a nanosecond, so that rates are finite.
  public var inSeconds: Double {
    max(1e-9, Double(components.seconds) + Double(components.attoseconds) * 1e-18)
  }
}
