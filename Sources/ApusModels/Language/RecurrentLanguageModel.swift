import ApusNN
import ApusTensor

/// A recurrent net that says which token comes next (Mikolov et al. 2010): token numbers `[batch, time]` to logits
/// `[batch, time, vocabulary]`.
public final class RecurrentLanguageModel: Module, Layer {
  /// Which net.
  public enum Cell: String, CaseIterable, Hashable, Sendable {
    /// A simple net whose hidden state is fed back (Elman 1990).
    case elman
    /// A simple net whose answer, the shares of the next tokens, is fed back (Jordan 1986).
    case jordan
    case lstm
    case gru

    /// What it is made of, where the hidden state is fed back.
    var kind: RecurrentKind? { RecurrentKind(rawValue: rawValue) }
  }

  public let cell: Cell
  public let embedding: Embedding
  public let rnn: any RecurrentLayer
  public let dropout: Dropout
  /// From hidden states to logits; nil for a Jordan net, whose outputs are the logits.
  public let fc: Linear?

  public override var stateKeys: [String: StateKey] { ["rnn": .named(cell == .elman ? "rnn" : cell.rawValue)] }

  /// - Parameters:
  ///   - features: How wide embeddings are.
  ///   - layers: How many are stacked; one for a Jordan net.
  ///   - dropout: Of embeddings, and of what each layer gives (Zaremba et al. 2014).
  ///   - tiesHead: Whether logits are products with the embeddings (Press & Wolf 2017): `features` is then `hidden`.
  public init(
    _ cell: Cell, vocabulary: Int, features: Int, hidden: Int, layers: Int = 1, dropout: Double = 0,
    tiesHead: Bool = false, key: inout RandomKey
  ) {
    guard cell != .jordan || (layers == 1 && !tiesHead) else {
      fatalError("RecurrentLanguageModel: a Jordan net has one layer and a head of its own, not \(layers) layers")
    }
    guard !tiesHead || features == hidden else {
      fatalError("RecurrentLanguageModel: a tied head needs features \(features) equal to hidden \(hidden)")
    }
    self.cell = cell
    embedding = Embedding(vocabulary, features, key: &key)
    rnn =
      cell.kind?.layer(features, hidden, layers: layers, dropout: dropout, key: &key)
      ?? Jordan(features, hidden, vocabulary, feedbackActivation: { $0.softmax() }, key: &key)
    self.dropout = Dropout(dropout, key: &key)
    fc = cell == .jordan || tiesHead ? nil : Linear(hidden, vocabulary, key: &key)
  }

  public func callAsFunction(_ tokens: Tensor) -> Tensor {
    self(tokens, state: initialState(batch: tokens.shape.first ?? 1)).logits
  }

  /// The state before the first token.
  public func initialState(batch: Int) -> [Tensor] {
    rnn.initialState(batch: batch, dtype: embedding.weight.dtype)
  }

  /// The logits, and the state after the last token.
  public func callAsFunction(_ tokens: Tensor, state: [Tensor]) -> (logits: Tensor, state: [Tensor]) {
    let (outputs, last) = rnn(dropout(embedding(tokens)), state: state)
    if cell == .jordan { return (outputs, last) }
    let h = dropout(outputs)
    return (fc.map { $0(h) } ?? h.matmul(embedding.weight.transposed()), last)
  }
}
