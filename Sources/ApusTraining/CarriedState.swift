import ApusTensor

/// The state that a recurrent net ended a batch with, for the next batch to begin with: truncated back-propagation
/// through time. It is part of a task's ``TrainingTask/state``, so that checkpoints have it.
public final class CarriedState: Stateful {
  private let slots: [TensorSlot]

  /// - Parameter initial: What to begin with, zeros of the right shapes.
  public init(_ initial: [Tensor]) { slots = initial.map { TensorSlot($0) } }

  public var stateSlots: [Slot] { slots }

  /// What the batch before ended with, times `goesOn`: 1 or, where a text begins anew, 0.
  public func state(goesOn: Tensor) -> [Tensor] { slots.map { $0.value * goesOn.cast(to: $0.value.dtype) } }

  /// Keeps what a batch ended with; no gradient goes back through it.
  public func keep(_ state: [Tensor]) {
    guard state.count == slots.count else {
      fatalError("CarriedState: \(state.count) tensors, expected \(slots.count)")
    }
    for (slot, value) in zip(slots, state) { slot.value = value.stoppingGradient() }
  }
}
