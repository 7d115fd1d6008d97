import ApusOptim
import ApusTensor

/// Takes part in training: every method is called at its moment and does nothing by default.
///
/// What a callback remembers from epoch to epoch goes into ``stateEntries``, so that a resumed run ends as an
/// uninterrupted one does.
public protocol Callback: AnyObject {
  /// What its part of a checkpoint is called; different for each callback of a run.
  var name: String { get }
  /// What it remembers, with the keys it is saved under.
  var stateEntries: [(path: String, slot: TensorSlot)] { get }

  /// Training begins, or goes on from a checkpoint.
  func runBegan(_ trainer: Trainer) throws
  func epochBegan(_ trainer: Trainer, epoch: Int) throws
  /// A batch was trained on.
  func batchEnded(_ trainer: Trainer, _ report: BatchReport) throws
  /// The models were judged, at the end of an epoch or within it.
  func validated(_ trainer: Trainer, _ result: ValidationResult) throws
  /// An epoch is done and judged; its checkpoint is not yet written.
  func epochEnded(_ trainer: Trainer, _ report: EpochReport) throws
  /// A checkpoint was written as the run's last.
  func checkpointWritten(_ trainer: Trainer, endsEpoch: Bool) throws
  /// Training is over, or stopped for now.
  func runEnded(_ trainer: Trainer, _ outcome: Trainer.Outcome) throws
}

extension Callback {
  public var name: String { "\(type(of: self))" }
  public var stateEntries: [(path: String, slot: TensorSlot)] { [] }
  public func runBegan(_ trainer: Trainer) throws {}
  public func epochBegan(_ trainer: Trainer, epoch: Int) throws {}
  public func batchEnded(_ trainer: Trainer, _ report: BatchReport) throws {}
  public func validated(_ trainer: Trainer, _ result: ValidationResult) throws {}
  public func epochEnded(_ trainer: Trainer, _ report: EpochReport) throws {}
  public func checkpointWritten(_ trainer: Trainer, endsEpoch: Bool) throws {}
  public func runEnded(_ trainer: Trainer, _ outcome: Trainer.Outcome) throws {}
}

/// What is known when a batch is done.
public struct BatchReport: Sendable {
  /// From 1.
  public let epoch: Int
  /// Batches of the epoch that are done.
  public let batch: Int
  public let batchCount: Int
  /// Steps taken in all.
  public let step: Int
  /// Of this batch.
  public let values: Measures
  /// Over the epoch so far.
  public let means: Measures
  /// Since the epoch, or this process, began.
  public let examplesPerSecond: Double
  /// The share of that time in which training waited for data.
  public let waitingShare: Double
}

/// What is known when an epoch is done.
public struct EpochReport: Sendable {
  /// From 1.
  public let epoch: Int
  public let step: Int
  /// The means over the epoch's examples, as they were trained on.
  public let train: Measures
  /// Nil without examples to judge by.
  public let validation: ValidationResult?
  /// Since the epoch, or this process, began; judging not counted.
  public let seconds: Double
  /// The share of that time in which training waited for data.
  public let waitingShare: Double
}
