import ApusNN
import ApusTensor

/// A recurrent language model: token numbers `[batch, time]` to logits `[batch, time, vocabulary]` of the next tokens.
public final class LSTMLanguageModel: Module, Layer {
  public let embedding: Embedding
  public let lstm: LSTM
  public let fc: Linear

  public init(
    vocabulary: Int, features: Int, hidden: Int, layers: Int = 1, dropout: Double = 0, key: inout RandomKey
  ) {
    embedding = Embedding(vocabulary, features, key: &key)
    lstm = LSTM(features, hidden, layers: layers, dropout: dropout, key: &key)
    fc = Linear(hidden, vocabulary, key: &key)
  }

  public func callAsFunction(_ tokens: Tensor) -> Tensor { fc(lstm(embedding(tokens))) }
}
