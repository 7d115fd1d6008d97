import ApusNN
import ApusTensor

/// The keys and values of the tokens that a transformer has seen, so that the next one costs a single step.
///
/// Hand it to `compile(updating:)`: its memory is then updated in place. A step costs what the tokens that are there take
/// to read, however many would fit.
public final class KeyValueCache: DecodingState {
  /// What one layer keeps, and what is seen of it in the step that is being made.
  struct Layer {
    let keys: TensorSlot
    let values: TensorSlot
    let position: Tensor
    let mask: Tensor

    /// Writes keys and values `[batch, time, keyHeads, headDim]`, and gives what queries `[batch, time, heads, headDim]`
    /// take of all that are there.
    func attend(_ query: Tensor, _ key: Tensor, _ value: Tensor) -> Tensor {
      let zero = Tensor(0, dtype: .int32)
      keys.value = keys.value.updating(with: key, at: [zero, position, zero, zero])
      values.value = values.value.updating(with: value, at: [zero, position, zero, zero])
      return scaledDotProductAttention(query, keys.value, values.value, mask: mask)
    }
  }

  private let keys: [TensorSlot]
  private let values: [TensorSlot]
  private let count = TensorSlot(Tensor(0, dtype: .int32))
  private let padding = RowPadding()
  /// How many tokens fit.
  public let capacity: Int

  /// Room for `capacity` tokens in so many layers, each of which has keys and values `[batch, capacity, heads, headDim]`.
  public init(layers: Int, batch: Int, capacity: Int, heads: Int, headDim: Int, dtype: DType = .float32) {
    self.capacity = capacity
    func slots() -> [TensorSlot] {
      (0..<layers).map { _ in TensorSlot(.zeros([batch, capacity, heads, headDim], dtype: dtype)) }
    }
    (keys, values) = (slots(), slots())
  }

  /// Room for `capacity` tokens of a GPT, the model's whole context unless given.
  public convenience init(_ model: GPT, batch: Int, capacity: Int? = nil) {
    let sizes = model.configuration
    self.init(
      layers: sizes.layers, batch: batch, capacity: capacity ?? sizes.context, heads: sizes.heads,
      headDim: sizes.width / sizes.heads, dtype: model.tokens.weight.dtype)
  }

  /// How many tokens it holds, `int32`, those that fill up among them.
  public var position: Tensor { count.value }

  /// At which places of their texts the next tokens are: `[time]`, or `[batch, time]` where rows are filled up.
  func positions(_ time: Int) -> Tensor {
    let places = position + Tensor.range(time)
    guard let padding = padding.slot?.value else { return places }
    return maximum(places - padding.expandingAxis(1), 0)
  }

  /// What the next tokens see, themselves among it: `[1, 1, time, capacity]`, or `[batch, 1, time, capacity]` where rows
  /// are filled up.
  func mask(_ time: Int) -> Tensor {
    let columns = Tensor.range(capacity)
    let isPast = columns .<= (position + Tensor.range(time)).reshaped(to: [1, 1, time, 1])
    guard let padding = padding.slot?.value else { return isPast }
    return isPast & (columns .>= padding.reshaped(to: [padding.count, 1, 1, 1]))
  }

  /// - Parameter mask: What ``mask(_:)`` gave.
  func layer(_ number: Int, mask: Tensor?) -> Layer {
    Layer(keys: keys[number], values: values[number], position: position, mask: mask ?? self.mask(1))
  }

  func advance(_ time: Int) { count.value = count.value + Tensor(time, dtype: .int32) }

  /// Forgets everything.
  public func reset() { reset(padding: []) }

  public func reset(padding: [Int]) {
    count.value = Tensor(0, dtype: .int32)
    self.padding.reset(padding)
  }

  public func select(rows: [Int]) {
    let rows = Tensor(rows.map { Int32($0) })
    for slot in keys + values { slot.value = slot.value.take(rows, axis: 0) }
    padding.select(rows)
    Tensor.evaluate(stateSlots.compactMap(\.tensor))
  }

  public var stateSlots: [Slot] {
    zip(keys, values).flatMap { [$0, $1] } + [count] + (padding.slot.map { [$0] } ?? [])
  }
}
