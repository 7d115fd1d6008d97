import ApusNN
import ApusTensor

/// The keys and values of the tokens that a transformer has seen, so that the next one costs a single step.
///
/// Hand it to `compile(updating:)` together with the model: its memory is then updated in place.
public final class GPTCache: Stateful {
  /// What one layer keeps.
  public final class LayerCache {
    let keys: TensorSlot
    let values: TensorSlot

    init(_ shape: Shape, dtype: DType) {
      keys = TensorSlot(.zeros(shape, dtype: dtype))
      values = TensorSlot(.zeros(shape, dtype: dtype))
    }

    /// Writes at `position`, and returns everything with a mask `[1, 1, time, capacity]` of what each token sees.
    func append(_ key: Tensor, _ value: Tensor, at position: Tensor) -> (keys: Tensor, values: Tensor, mask: Tensor) {
      let (time, capacity) = (key.shape[1], keys.value.shape[1])
      let zero = Tensor(0, dtype: .int32)
      keys.value = keys.value.updating(with: key, at: [zero, position, zero, zero])
      values.value = values.value.updating(with: value, at: [zero, position, zero, zero])
      let rows = (position + Tensor.range(time)).reshaped(to: [time, 1])
      let mask = Tensor.range(capacity).reshaped(to: [1, capacity]) .<= rows
      return (keys.value, values.value, mask.reshaped(to: [1, 1, time, capacity]))
    }
  }

  let layers: [LayerCache]
  private let count: TensorSlot
  /// How many tokens fit.
  public let capacity: Int

  /// Room for `capacity` tokens, the model's whole context unless given.
  public init(_ model: GPT, batch: Int, capacity: Int? = nil) {
    let sizes = model.configuration
    let room = capacity ?? sizes.context
    self.capacity = room
    layers = (0..<sizes.layers).map { _ in
      LayerCache([batch, room, sizes.heads, sizes.width / sizes.heads], dtype: model.tokens.weight.dtype)
    }
    count = TensorSlot(Tensor(0, dtype: .int32))
  }

  /// How many tokens it holds, `int32`.
  public var position: Tensor { count.value }

  func advance(_ time: Int) { count.value = count.value + Tensor(time, dtype: .int32) }

  /// Forgets everything.
  public func reset() { count.value = Tensor(0, dtype: .int32) }

  public var stateSlots: [Slot] { layers.flatMap { [$0.keys, $0.values] } + [count] }
}
