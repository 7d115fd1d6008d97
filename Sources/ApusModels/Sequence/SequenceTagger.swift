import ApusNN
import ApusTensor

/// A bidirectional recurrent net that gives each word a tag (Schuster & Paliwal 1997; Huang et al. 2015): word numbers
/// `[batch, time]` to logits `[batch, time, tags]`.
public final class SequenceTagger: Module, Layer {
  /// The number of what sequences are filled up with at the end.
  public let padding: Int
  public let embedding: Embedding
  public let dropout: Dropout
  public let rnn: any RecurrentLayer
  public let fc: Linear

  /// - Parameters:
  ///   - features: How wide embeddings are.
  ///   - hidden: Of each direction.
  public init(
    _ kind: RecurrentKind = .lstm, vocabulary: Int, tags: Int, features: Int, hidden: Int, layers: Int = 1,
    dropout: Double = 0, isBidirectional: Bool = true, padding: Int = 0, key: inout RandomKey
  ) {
    self.padding = padding
    embedding = Embedding(vocabulary, features, paddingIndex: padding, key: &key)
    self.dropout = Dropout(dropout, key: &key)
    rnn = kind.layer(
      features, hidden, layers: layers, dropout: dropout, isBidirectional: isBidirectional, key: &key)
    fc = Linear(isBidirectional ? 2 * hidden : hidden, tags, key: &key)
  }

  public func callAsFunction(_ words: Tensor) -> Tensor {
    let lengths = sequenceLengths(words, padding: padding)
    let state = rnn.initialState(batch: words.shape[0], dtype: embedding.weight.dtype)
    let (outputs, _) = rnn(dropout(embedding(words)), state: state, lengths: lengths)
    return fc(dropout(outputs))
  }
}

/// How many tokens of each row `[batch, time]` come before what it is filled up with, `int32 [batch]`, at least 1.
public func sequenceLengths(_ tokens: Tensor, padding: Int) -> Tensor {
  maximum((tokens .!= Double(padding)).cast(to: .int32).sum(axis: 1), 1)
}
