import ApusNN
import ApusTensor

/// A loss and its gradient where the parameters are: what optimizers ask for that evaluate more than once in a step.
/// `valueAndGrad(model) { … }` is one.
public typealias LossAndGradients = (value: Tensor, gradients: [Tensor])

/// All parameters of an optimizer as one vector.
struct FlatParameters {
  let slots: [ModuleSlot]

  init(_ optimizer: Optimizer) {
    slots = optimizer.parameters.map(\.slot)
    let dtypes = Set(slots.map { $0.tensor!.dtype })
    guard dtypes.count <= 1 else {
      fatalError("\(type(of: optimizer)): parameters of \(dtypes.map(\.description).sorted()), expected one type")
    }
  }

  var count: Int { slots.reduce(0) { $0 + $1.tensor!.count } }
  var dtype: DType { slots.first?.tensor!.dtype ?? .float32 }

  func flat(_ tensors: [Tensor]) -> Tensor { concatenate(tensors.map { $0.reshaped(to: [$0.count]) }) }

  var values: [Tensor] {
    get { slots.map { $0.tensor! } }
    nonmutating set { for (slot, value) in zip(slots, newValue) { slot.tensor = value } }
  }

  /// Goes from a place so far along a direction.
  func move(from start: [Tensor], _ length: Double, along direction: Tensor) {
    let step = direction * length
    var first = 0
    values = start.map { value in
      let part = step[first..<first + value.count]
      first += value.count
      return value + part.reshaped(to: value.shape)
    }
    Tensor.evaluate(values)
  }
}
