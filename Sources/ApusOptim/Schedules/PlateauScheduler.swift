import ApusTensor

/// Lowers the learning rates when a measured quality gets no better for a while (PyTorch's `ReduceLROnPlateau`): with
/// `factor` ½ and `patience` 0, halves them whenever validation worsens.
public final class PlateauScheduler: Stateful, SavedState {
  /// What counts as better.
  public enum Mode: Hashable, Sendable {
    /// Lower, as a loss; higher, as an accuracy.
    case min, max
  }

  /// By how much a measurement must be better.
  public enum Threshold: Hashable, Sendable {
    /// A share of the best so far.
    case relative(Double)
    case absolute(Double)
  }

  private let optimizer: Optimizer
  private let mode: Mode
  private let factor: Double
  private let patience: Int
  private let threshold: Threshold
  private let cooldown: Int
  private let minimumRate: Double
  private let leastChange: Double
  private let best: TensorSlot
  private let badCount = TensorSlot(exactly(0))
  private let cooldownCount = TensorSlot(exactly(0))

  /// - Parameters:
  ///   - factor: What the rates are taken times, below 1.
  ///   - patience: How many measurements without a better one are let go by.
  ///   - cooldown: How many measurements after a reduction do not count.
  ///   - minimumRate: No rate gets lower.
  ///   - leastChange: A smaller reduction is not made.
  public init(
    _ optimizer: Optimizer, mode: Mode = .min, factor: Double = 0.1, patience: Int = 10,
    threshold: Threshold = .relative(1e-4), cooldown: Int = 0, minimumRate: Double = 0, leastChange: Double = 1e-8
  ) {
    guard factor > 0, factor < 1 else { fatalError("PlateauScheduler: factor \(factor), expected 0 to 1") }
    self.optimizer = optimizer
    (self.mode, self.factor, self.patience, self.threshold) = (mode, factor, patience, threshold)
    (self.cooldown, self.minimumRate, self.leastChange) = (cooldown, minimumRate, leastChange)
    best = TensorSlot(exactly(mode == .min ? .infinity : -.infinity))
  }

  public var stateEntries: [(path: String, slot: TensorSlot)] {
    [("best", best), ("bad_count", badCount), ("cooldown_count", cooldownCount)]
  }

  public var stateSlots: [Slot] { stateEntries.map(\.slot) }

  /// Whether the last measurement was the best so far: the moment to keep a copy of the model.
  public private(set) var isBest = false

  /// Takes a measurement, of an epoch say.
  public func step(_ measured: Double) {
    isBest = isBetter(measured)
    if isBest { best.value = exactly(measured) }
    var bad = isBest ? 0 : badCount.value.item() + 1
    let left = cooldownCount.value.item()
    if left > 0 {
      cooldownCount.value = exactly(left - 1)
      bad = 0
    }
    if bad > Double(patience) {
      optimizer.learningRates = optimizer.learningRates.map { rate in
        let lower = Swift.max(rate * factor, minimumRate)
        return rate - lower > leastChange ? lower : rate
      }
      cooldownCount.value = exactly(Double(cooldown))
      bad = 0
    }
    badCount.value = exactly(bad)
  }

  private func isBetter(_ measured: Double) -> Bool {
    let best = best.value.item()
    switch (mode, threshold) {
    case (.min, .relative(let share)): return measured < best * (1 - share)
    case (.min, .absolute(let margin)): return measured < best - margin
    case (.max, .relative(let share)): return measured > best * (1 + share)
    case (.max, .absolute(let margin)): return measured > best + margin
    }
  }
}
