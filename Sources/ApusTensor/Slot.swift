import ApusCore

/// A place where an object keeps a tensor that may change: a parameter, a running statistic, a moment of an optimizer.
///
/// Transforms work on slots: `compile` turns them into memory that is updated in place.
open class Slot {
  public init() {}

  /// What the slot holds; nil when it is empty by declaration (a layer without a bias).
  open var tensor: Tensor? {
    get { nil }
    set {}
  }
}

/// A slot by itself.
public final class TensorSlot: Slot {
  public var value: Tensor

  public init(_ value: Tensor) { self.value = value }

  public override var tensor: Tensor? {
    get { value }
    set { if let newValue { value = newValue } }
  }
}

/// An object whose slots a compiled function may change.
public protocol Stateful: AnyObject {
  /// The slots, in an order that does not change.
  var stateSlots: [Slot] { get }
}

/// A stream of random keys that is part of a compiled function's state.
public final class RandomState: Stateful {
  private let slot: TensorSlot

  public init(seed: UInt64) { slot = TensorSlot(RandomKey(seed).words) }

  /// The key that the next draw moves on.
  public var key: RandomKey {
    get { RandomKey(words: slot.value) }
    set { slot.value = newValue.words }
  }

  public var stateSlots: [Slot] { [slot] }
}

/// Whether a model is being trained: what dropout and batch normalisation depend on.
public enum Phase: Hashable, Sendable {
  case training, inference

  /// The phase of the current task; inference unless `with` says otherwise.
  @TaskLocal public static var current: Phase = .inference

  /// Runs `body` in this phase.
  public static func with<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
    try $current.withValue(phase, operation: body)
  }
}
