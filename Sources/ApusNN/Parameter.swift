import ApusTensor

/// A slot that belongs to a module: a parameter or a buffer.
open class ModuleSlot: Slot {
  /// Whether optimizers update it.
  public internal(set) var isTrainable: Bool
  /// Whether ``valueAndSparseGrad(_:_:)`` gives its gradient as the rows that were looked up.
  public var hasSparseGradient = false

  init(isTrainable: Bool) { self.isTrainable = isTrainable }
}

/// What a slot may declare: a tensor, or an optional one (a layer with or without a bias).
public protocol SlotValue {
  var storedTensor: Tensor? { get }
  init(storedTensor: Tensor)
}

extension Tensor: SlotValue {
  public var storedTensor: Tensor? { self }
  public init(storedTensor: Tensor) { self = storedTensor }
}

extension Optional: SlotValue where Wrapped == Tensor {
  public var storedTensor: Tensor? { self }
  public init(storedTensor: Tensor) { self = storedTensor }
}

/// A tensor that training changes.
///
/// ```swift
/// @Parameter public var weight: Tensor
/// ```
@propertyWrapper
public final class Parameter<Value: SlotValue>: ModuleSlot {
  public var wrappedValue: Value

  public init(wrappedValue: Value) {
    self.wrappedValue = wrappedValue
    super.init(isTrainable: true)
  }

  public override var tensor: Tensor? {
    get { wrappedValue.storedTensor }
    set { if let newValue { wrappedValue = Value(storedTensor: newValue) } }
  }
}

/// A tensor that is saved with the model and not trained: running statistics.
@propertyWrapper
public final class Buffer<Value: SlotValue>: ModuleSlot {
  public var wrappedValue: Value

  public init(wrappedValue: Value) {
    self.wrappedValue = wrappedValue
    super.init(isTrainable: false)
  }

  public override var tensor: Tensor? {
    get { wrappedValue.storedTensor }
    set { if let newValue { wrappedValue = Value(storedTensor: newValue) } }
  }
}
