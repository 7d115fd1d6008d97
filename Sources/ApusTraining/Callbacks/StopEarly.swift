import ApusNN
import ApusOptim
import ApusTensor

/// Stops when what is watched gets no better for a while, and leaves the models as they were at their best (Prechelt 1998).
public final class StopEarly: Callback {
  public let monitor: Monitor
  /// How many epochs without a better measurement are waited for.
  public let patience: Int
  public let restoresBest: Bool
  private let best: TensorSlot
  private let waited = TensorSlot(Tensor(0, dtype: .float64))
  private let bestEpochSlot = TensorSlot(Tensor(0, dtype: .float64))
  private let models: [Module]
  private let copies: [TensorSlot]

  /// - Parameter task: Whose models are kept at their best.
  public init(_ task: TrainingTask, _ monitor: Monitor = .loss, patience: Int, restoresBest: Bool = true) {
    guard patience > 0 else { fatalError("StopEarly: patience \(patience), expected at least 1") }
    (self.monitor, self.patience, self.restoresBest) = (monitor, patience, restoresBest)
    best = TensorSlot(Tensor(monitor.worst, dtype: .float64))
    models = task.objectives.map(\.model)
    copies = restoresBest ? models.flatMap { $0.entries.map { TensorSlot($0.slot.tensor!) } } : []
  }

  public var stateEntries: [(path: String, slot: TensorSlot)] {
    var entries = [("best", best), ("waited", waited), ("best_epoch", bestEpochSlot)]
    for (number, copy) in copies.enumerated() { entries.append(("weights.\(number)", copy)) }
    return entries.map { (path: $0.0, slot: $0.1) }
  }

  /// The best measurement so far.
  public var bestValue: Double { best.value.item() }
  /// The epoch of the best measurement, from 1; 0 before the first.
  public var bestEpoch: Int { Int(bestEpochSlot.value.item()) }

  public func runBegan(_ trainer: Trainer) { stopIfWaitedEnough(trainer) }

  public func epochEnded(_ trainer: Trainer, _ report: EpochReport) {
    guard let value = monitor.value(report.validation) else { return }
    if monitor.isBetter(value, than: bestValue) {
      best.value = Tensor(value, dtype: .float64)
      bestEpochSlot.value = Tensor(Double(report.epoch), dtype: .float64)
      waited.value = Tensor(0, dtype: .float64)
      // As they were judged: averages where there are such.
      if restoresBest { trainer.task.withAverages { keep() } }
    } else {
      waited.value = Tensor(waited.value.item() + 1, dtype: .float64)
    }
    stopIfWaitedEnough(trainer)
  }

  private func stopIfWaitedEnough(_ trainer: Trainer) {
    guard Int(waited.value.item()) >= patience else { return }
    trainer.stop("the \(monitor.measure) got no better in \(patience) epochs after epoch \(bestEpoch)")
  }

  private func keep() {
    let slots = models.flatMap { $0.entries.map(\.slot) }
    for (copy, slot) in zip(copies, slots) { copy.value = slot.tensor! }
  }

  public func runEnded(_ trainer: Trainer, _ outcome: Trainer.Outcome) {
    guard restoresBest, outcome.isFinal, bestEpoch > 0 else { return }
    var kept = copies[...]
    for objective in trainer.task.objectives {
      var byPath: [String: Tensor] = [:]
      for entry in objective.model.entries {
        let copy = kept.removeFirst().value
        entry.slot.tensor = copy
        byPath["average." + entry.path] = copy
      }
      // What is judged and saved from now on is the average, if there is one.
      for entry in objective.average?.stateEntries ?? [] {
        if let copy = byPath[entry.path] { entry.slot.value = copy.cast(to: entry.slot.value.dtype) }
      }
    }
    trainer.updateLastValidation()
  }
}
