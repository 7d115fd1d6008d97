import ApusNN
import ApusTensor

/// An average of a model's parameters over the steps, which often generalises better than the last ones.
public final class WeightAverage: Stateful, SavedState {
  public enum Rule: Hashable, Sendable {
    /// old · decay + new · (1 − decay) (Polyak & Juditsky 1992, with forgetting).
    case exponential(decay: Double = 0.999)
    /// The same with decay (1 + n) / (10 + n) after n steps as long as that is less, so that the first parameters, which
    /// know nothing, are soon forgotten (TensorFlow's `ExponentialMovingAverage` with `num_updates`).
    case warming(decay: Double = 0.999)
    /// The mean of all (stochastic weight averaging, Izmailov et al. 2018).
    case equal
  }

  private let rule: Rule
  private let parameters: [Module.Entry]
  private let averages: [TensorSlot]
  private let count = TensorSlot(exactly(0))
  public let stateEntries: [(path: String, slot: TensorSlot)]

  public init(_ model: Module, _ rule: Rule = .exponential()) {
    self.rule = rule
    parameters = model.parameters
    averages = parameters.map { parameter in
      let tensor = parameter.slot.tensor!
      return TensorSlot(tensor.cast(to: tensor.dtype.ofMoments))
    }
    var entries: [(path: String, slot: TensorSlot)] = [("count", count)]
    for (parameter, average) in zip(parameters, averages) { entries.append(("average.\(parameter.path)", average)) }
    stateEntries = entries
  }

  public var stateSlots: [Slot] { stateEntries.map(\.slot) }

  /// How many times the parameters went into the average.
  public var updateCount: Int { Int(count.value.item()) }

  /// The averages, in the order of the model's parameters.
  public var values: [Tensor] { averages.map(\.value) }

  /// Takes the parameters as they are into the average; the first time they are the average.
  public func update() {
    let share: Tensor
    switch rule {
    case .exponential(let decay): share = select(count.value .== 0, exactly(1), exactly(1 - decay))
    case .warming(let decay): share = 1 - minimum((count.value + 1) / (count.value + 10), decay)
    case .equal: share = 1 / (count.value + 1)
    }
    for (parameter, average) in zip(parameters, averages) {
      let now = parameter.slot.tensor!.cast(to: average.value.dtype)
      average.value = averaged(average.value, now, 1 - share)
    }
    count.value = count.value + 1
  }

  /// Runs `body` with the averages in the model's place: to evaluate or to save it.
  public func with<R>(_ body: () throws -> R) rethrows -> R {
    let saved = parameters.map { $0.slot.tensor! }
    defer { for (parameter, tensor) in zip(parameters, saved) { parameter.slot.tensor = tensor } }
    apply()
    return try body()
  }

  /// Makes the averages the model's parameters.
  public func apply() {
    for (parameter, average) in zip(parameters, averages) {
      parameter.slot.tensor = average.value.cast(to: parameter.slot.tensor!.dtype)
    }
  }
}
