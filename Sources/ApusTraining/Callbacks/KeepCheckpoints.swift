import ApusTensor

/// Keeps checkpoints beside the last: those of the last epochs, `checkpoints/epoch-0003.safetensors`, and that of the best
/// epoch, `checkpoints/best.safetensors`.
public final class KeepCheckpoints: Callback {
  public let monitor: Monitor
  public let count: Int
  private let best: TensorSlot
  private var isBest = false

  /// - Parameter count: How many epochs' checkpoints are kept.
  public init(_ monitor: Monitor = .loss, keeping count: Int) {
    (self.monitor, self.count) = (monitor, count)
    best = TensorSlot(Tensor(monitor.worst, dtype: .float64))
  }

  public var stateEntries: [(path: String, slot: TensorSlot)] { [("best", best)] }

  public func epochEnded(_ trainer: Trainer, _ report: EpochReport) {
    guard let value = monitor.value(report.validation) else { return }
    isBest = monitor.isBetter(value, than: best.value.item())
    if isBest { best.value = Tensor(value, dtype: .float64) }
  }

  public func checkpointWritten(_ trainer: Trainer, endsEpoch: Bool) throws {
    guard endsEpoch, let directory = trainer.directory else { return }
    let epoch = trainer.completedEpochs
    try trainer.writeCheckpoint(to: directory.checkpointPath(epoch: epoch))
    if epoch > count { try directory.removeCheckpoint(epoch: epoch - count) }
    if isBest { try trainer.writeCheckpoint(to: directory.bestCheckpointPath) }
    isBest = false
  }
}
