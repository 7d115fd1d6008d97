import ApusTensor

/// A slot that belongs to a module: a parameter or a buffer.
open class ModuleSlot: Slot {
  /// Whether optimizers update it.
  public internal(set) var isTrainable: Bool
  /// Whether it was declared as one that is trained, frozen or not.
  public let isParameter: Bool
  /// Whether ``valueAndSparseGrad(_:_:)`` gives its gradient as the rows that were looked up.
  public var hasSparseGradient = false

  init(isTrainable: Bool) { (self.isTrainable, isParameter) = (isTrainable, isTrainable) }

  /// The slot that holds the tensor: another one when this one is tied to it.
  var source: ModuleSlot { self }
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
  private var value: Value
  private var tied: ModuleSlot?

  public var wrappedValue: Value {
    get { tied?.tensor.map(Value.init(storedTensor:)) ?? value }
    set {
      if let tied, let tensor = newValue.storedTensor { tied.tensor = tensor } else { value = newValue }
    }
  }

  /// The parameter itself, `$weight`: what ``tie(to:)`` takes.
  public var projectedValue: Parameter { self }

  public init(wrappedValue: Value) {
    value = wrappedValue
    super.init(isTrainable: true)
  }

  public override var tensor: Tensor? {
    get { wrappedValue.storedTensor }
    set { if let newValue { wrappedValue = Value(storedTensor: newValue) } }
  }

  override var source: ModuleSlot { tied?.source ?? self }

  /// Makes this parameter another name of `other`: both are one, which is trained once and saved once.
  ///
  /// ```swift
  /// head.$weight.tie(to: tokens.$weight)  // Press & Wolf 2017
  /// ```
  ///
  /// - Parameter other: A parameter of the same shape. Anything else is a mistake.
  public func tie<Other: SlotValue>(to other: Parameter<Other>) {
    guard let mine = tensor, let its = other.tensor, mine.shape == its.shape, mine.dtype == its.dtype else {
      func type(_ tensor: Tensor?) -> String { tensor.map { "\($0.dtype)\($0.shape)" } ?? "an empty one" }
      _ = Tensor.mistake("tie: a parameter \(type(tensor)) to \(type(other.tensor)), expected the same type and shape")
      return
    }
    guard other.source !== source else { return }
    tied = other
    Module.structure.add(1, ordering: .relaxed)
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
