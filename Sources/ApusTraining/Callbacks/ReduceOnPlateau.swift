import ApusOptim
import ApusTensor

/// Lowers the learning rates when what is watched gets no better for a while.
public final class ReduceOnPlateau: Callback {
  public let monitor: Monitor
  private let scheduler: PlateauScheduler

  /// - Parameter scheduler: Whose mode must be the monitor's.
  public init(_ scheduler: PlateauScheduler, _ monitor: Monitor = .loss) {
    (self.scheduler, self.monitor) = (scheduler, monitor)
  }

  public var stateEntries: [(path: String, slot: TensorSlot)] { scheduler.stateEntries }

  public func epochEnded(_ trainer: Trainer, _ report: EpochReport) {
    if let value = monitor.value(report.validation) { scheduler.step(value) }
  }
}
