import ApusTensor

/// Sets an optimizer's learning rates, and its momentum, as a schedule says. A compiled step sees the change without
/// being planned again.
///
/// ```swift
/// let scheduler = Scheduler(optimizer, .cosine(steps: 1000))
/// for batch in batches { …; scheduler.step() }
/// ```
public final class Scheduler: Stateful, SavedState {
  private let optimizer: Optimizer
  private let schedule: Schedule
  private let count = TensorSlot(exactly(0))
  private let bases: TensorSlot

  /// The optimizer's rates now are the schedule's base rates. Step 0 is set at once.
  public init(_ optimizer: Optimizer, _ schedule: Schedule) {
    guard !schedule.hasMomentum || optimizer.momentum != nil else {
      fatalError("Scheduler: the schedule sets a momentum, and this \(type(of: optimizer)) was made without one")
    }
    self.optimizer = optimizer
    self.schedule = schedule
    bases = TensorSlot(Tensor(optimizer.learningRates, dtype: .float64))
    apply()
  }

  /// The steps done.
  public var stepCount: Int { Int(count.value.item()) }

  /// Goes on to the next step's rates.
  public func step() {
    count.value = exactly(count.value.item() + 1)
    apply()
  }

  /// The steps done and the base rates. The rates themselves are the optimizer's state.
  public var stateEntries: [(path: String, slot: TensorSlot)] { [("step", count), ("base_rates", bases)] }

  public var stateSlots: [Slot] { [count, bases] }

  private func apply() {
    let step = stepCount
    optimizer.learningRates = bases.value.doubles().map { schedule.rate($0, step: step) }
    if let momentum = schedule.momentum(step: step) { optimizer.momentum = momentum }
  }
}
