import ApusNN
import ApusTensor

/// The hidden states that a recurrent model has come to.
public final class RecurrentState: DecodingState {
  private let slots: [TensorSlot]
  private let rows = RowPadding()

  /// Zeros of the shapes of these, each `[batch, …]`.
  public init(zerosLike states: [Tensor]) {
    slots = states.map { TensorSlot(.zeros(like: $0)) }
  }

  /// The states of each layer, each `[batch, …]`.
  public var states: [Tensor] {
    get { slots.map(\.value) }
    set { for (slot, value) in zip(slots, newValue) { slot.value = value } }
  }

  /// How many tokens fill up each row from the left, `int32[batch]`; nil where none do.
  public var padding: Tensor? { rows.slot?.value }

  public func reset(padding: [Int]) {
    states = slots.map { .zeros(like: $0.value) }
    rows.reset(padding)
  }

  public func select(rows: [Int]) {
    let places = Tensor(rows.map { Int32($0) })
    states = slots.map { $0.value.take(places, axis: 0) }
    self.rows.select(places)
    Tensor.evaluate(stateSlots.compactMap(\.tensor))
  }

  public var stateSlots: [Slot] { slots + (rows.slot.map { [$0] } ?? []) }
}

extension RecurrentLanguageModel: AutoregressiveModel {
  public var vocabularySize: Int { embedding.weight.shape[0] }
  public var contextLength: Int? { nil }

  public func makeDecodingState(batch: Int, capacity: Int) -> RecurrentState {
    RecurrentState(zerosLike: initialState(batch: batch))
  }

  public func nextLogits(_ tokens: Tensor, state: RecurrentState) -> Tensor {
    let time = tokens.shape[1]
    guard time > 1, let padding = state.padding else {
      return step(tokens, state, lengths: nil)
    }
    if cell == .jordan {
      // It takes no lengths: states stay zero while a row is filled up.
      let before = tokens[TensorIndex.all, ..<(time - 1)].swapping(0, 1)
      let isToken = Tensor.range(time - 1).expandingAxis(1) .>= padding
      state.states =
        scan(state.states, over: [before, isToken]) { carries, elements in
          let next = rnn(embedding(elements[0].expandingAxis(1)), state: carries).state
          let isToken = elements[1].expandingAxis(1)
          return (zip(next, carries).map { select(isToken.broadcast(to: $0.shape), $0, $1) }, [])
        }.carries
      return step(tokens[TensorIndex.all, (time - 1)...], state, lengths: nil)
    }
    // Texts begin at the left, and end where they end.
    let places = minimum(Tensor.range(time) + padding.expandingAxis(1), time - 1)
    return step(tokens.takeAlong(places, axis: 1), state, lengths: Tensor(time, dtype: .int32) - padding)
  }

  /// The logits after the last token of each row.
  private func step(_ tokens: Tensor, _ state: RecurrentState, lengths: Tensor?) -> Tensor {
    let (outputs, states) = rnn(embedding(tokens), state: state.states, lengths: lengths)
    state.states = states
    let last =
      lengths.map { outputs.takeAlong(($0 - 1).reshaped(to: [tokens.shape[0], 1, 1]), axis: 1).squeezed([1]) }
      ?? outputs[TensorIndex.all, -1]
    if cell == .jordan { return last }
    return fc.map { $0(last) } ?? last.matmul(embedding.weight.transposed())
  }
}
