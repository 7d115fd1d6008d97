import ApusNN
import ApusTensor

/// A model of sequences that says how likely each token is after those before it: P(w₁ … wₙ) = ∏ P(wₜ | w₁ … wₜ₋₁).
///
/// What it remembers of the tokens before is a ``DecodingState``, so that each further token costs one step:
///
/// ```swift
/// let state = model.makeDecodingState(batch: 1, capacity: 64)
/// let first = model.nextLogits(prompt, state: state)  // [1, time] to [1, vocabulary]
/// ```
public protocol AutoregressiveModel: Module {
  associatedtype State: DecodingState

  /// How many tokens there are to choose from.
  var vocabularySize: Int { get }
  /// The longest sequence, prompt and all; nil without a limit.
  var contextLength: Int? { get }

  /// What is remembered before the first token.
  ///
  /// - Parameters:
  ///   - batch: How many sequences there are.
  ///   - capacity: How many tokens each of them may come to have.
  func makeDecodingState(batch: Int, capacity: Int) -> State

  /// The logits `[batch, vocabulary]` of what follows the last of `tokens` `[batch, time]`, which in turn follow those that
  /// `state` has seen.
  func nextLogits(_ tokens: Tensor, state: State) -> Tensor
}

/// What a model remembers of the tokens that it has seen: keys and values, or hidden states.
public protocol DecodingState: Stateful {
  /// Forgets the tokens, but not what went before them, such as a source to translate. Of the first tokens that come, row
  /// i's first `padding[i]` fill up and are to be overlooked: what follows them is as if they were not there.
  func reset(padding: [Int])
  /// Goes on with other rows: row i is what row `rows[i]` was. There may be more of them or fewer.
  func select(rows: [Int])
}

/// How many tokens fill up each row from the left.
///
/// Without any there is nothing to overlook, and the program that is planned does without masks for it.
final class RowPadding {
  /// `int32[batch]`; nil where no row is filled up.
  private(set) var slot: TensorSlot?

  func reset(_ padding: [Int]) {
    slot = padding.allSatisfy { $0 == 0 } ? nil : TensorSlot(Tensor(padding.map { Int32($0) }))
  }

  func select(_ rows: Tensor) {
    if let slot { slot.value = slot.value.take(rows, axis: 0) }
  }
}
