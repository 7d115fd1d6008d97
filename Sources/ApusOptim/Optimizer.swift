import ApusNN
import ApusTensor

/// Changes a model's parameters to lower a loss.
///
/// The moments that an optimizer keeps are slots, so that a compiled step updates them in place and checkpoints save
/// them.
open class Optimizer: Stateful {
  /// What is updated: the model's parameters when the optimizer was made, in their order.
  public let parameters: [Module.Entry]
  private let rate: TensorSlot
  private var state: [(path: String, slot: TensorSlot)] = []

  public init(_ model: Module, learningRate: Double) {
    parameters = model.parameters
    rate = TensorSlot(Tensor(learningRate, dtype: .float64))
    state.append(("learning_rate", rate))
  }

  /// The step size. A compiled training step sees the change.
  public var learningRate: Double {
    get { rate.value.item() }
    set { rate.value = Tensor(newValue, dtype: .float64) }
  }

  /// The step size as part of a graph, `float64`.
  public final var rateTensor: Tensor { rate.value }

  /// Everything that is kept from step to step, with the keys it is saved under.
  public final var stateEntries: [(path: String, slot: TensorSlot)] { state }

  public final var stateSlots: [Slot] { state.map(\.slot) }

  /// A scalar of the optimizer's own, `float64`.
  public final func addScalar(_ name: String, _ value: Double) -> TensorSlot {
    let slot = TensorSlot(Tensor(value, dtype: .float64))
    state.append((name, slot))
    return slot
  }

  /// One tensor for each parameter, zeros at first.
  public final func addMoments(_ name: String) -> [TensorSlot] {
    parameters.map { parameter in
      let slot = TensorSlot(.zeros(like: parameter.slot.tensor!))
      state.append(("\(name).\(parameter.path)", slot))
      return slot
    }
  }

  /// One step against the gradients, which come in the order of `parameters`.
  public final func update(_ gradients: [Tensor]) {
    guard gradients.count == parameters.count else {
      fatalError("update: \(gradients.count) gradients for \(parameters.count) parameters")
    }
    beginStep()
    for (number, gradient) in gradients.enumerated() {
      let slot = parameters[number].slot
      slot.tensor = updated(slot.tensor!, gradient, number: number)
    }
  }

  /// Called once in each step before the parameters are updated.
  open func beginStep() {}

  /// The new value of parameter `number`.
  open func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    fatalError("\(type(of: self)) must override updated(_:_:number:)")
  }
}

/// A number of an optimizer's own as part of a graph, in double precision.
func exactly(_ value: Double) -> Tensor { Tensor(value, dtype: .float64) }
