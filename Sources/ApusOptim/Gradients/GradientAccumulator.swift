import ApusNN
import ApusTensor

/// The sum of gradients over several batches, for steps on more examples than memory holds.
///
/// ```swift
/// accumulator.add(gradients)
/// if isLastOfStep { optimizer.update(accumulator.takeMean()) }
/// ```
public final class GradientAccumulator: Stateful, SavedState {
  private let sums: [TensorSlot]
  private let count = TensorSlot(exactly(0))
  public let stateEntries: [(path: String, slot: TensorSlot)]

  public init(_ model: Module) {
    let parameters = model.parameters
    sums = parameters.map { parameter in
      let tensor = parameter.slot.tensor!
      return TensorSlot(.zeros(tensor.shape, dtype: tensor.dtype.ofMoments))
    }
    var entries: [(path: String, slot: TensorSlot)] = [("count", count)]
    for (parameter, sum) in zip(parameters, sums) { entries.append(("sum.\(parameter.path)", sum)) }
    stateEntries = entries
  }

  public var stateSlots: [Slot] { stateEntries.map(\.slot) }

  /// How many gradients there are.
  public var batchCount: Int { Int(count.value.item()) }

  /// Adds one batch's gradients, in the order of the model's parameters.
  public func add(_ gradients: [Tensor]) {
    guard gradients.count == sums.count else {
      fatalError("GradientAccumulator: \(gradients.count) gradients for \(sums.count) parameters")
    }
    for (slot, gradient) in zip(sums, gradients) { slot.value = slot.value + gradient.cast(to: slot.value.dtype) }
    count.value = count.value + 1
  }

  /// The mean of what was added, after which there is nothing.
  public func takeMean() -> [Tensor] { take(divisor: maximum(count.value, 1)) }

  /// The sum of what was added, after which there is nothing.
  public func takeSum() -> [Tensor] { take(divisor: exactly(1)) }

  private func take(divisor: Tensor) -> [Tensor] {
    let results = sums.map { $0.value / divisor.cast(to: $0.value.dtype) }
    for slot in sums { slot.value = .zeros(like: slot.value) }
    count.value = exactly(0)
    return results
  }
}
