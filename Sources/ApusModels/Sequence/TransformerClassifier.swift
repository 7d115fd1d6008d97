import ApusNN
import ApusTensor

/// A transformer encoder that says what a text is about (Vaswani et al. 2017, the encoder alone): token numbers
/// `[batch, time]` to logits `[batch, classes]`. What is read of the encoder is the mean over the text.
public final class TransformerClassifier: Module, Layer {
  public let padding: Int
  /// The longest text.
  public let context: Int
  public let embedding: Embedding
  public let positions: Embedding
  public let dropout: Dropout
  public let encoder: TransformerEncoder
  public let fc: Linear

  /// - Parameters:
  ///   - width: Of each place.
  ///   - padding: The number of what texts are filled up with at the end.
  public init(
    vocabulary: Int, classes: Int, context: Int, width: Int, layers: Int, heads: Int, dropout: Double = 0.1,
    padding: Int = 0, key: inout RandomKey
  ) {
    (self.padding, self.context) = (padding, context)
    let initializer = Initializer.normal(standardDeviation: 0.02)
    embedding = Embedding(vocabulary, width, paddingIndex: padding, initializer: initializer, key: &key)
    positions = Embedding(context, width, initializer: initializer, key: &key)
    self.dropout = Dropout(dropout, key: &key)
    encoder = TransformerEncoder(
      (0..<layers).map { _ in
        TransformerEncoderLayer(
          width, heads: heads, hidden: 4 * width, dropout: dropout, activation: .gelu, normFirst: true, key: &key)
      }, norm: LayerNorm(width))
    fc = Linear(width, classes, key: &key)
  }

  public func callAsFunction(_ tokens: Tensor) -> Tensor {
    guard tokens.rank == 2, tokens.shape[1] <= context else {
      return .mistake(
        "TransformerClassifier: tokens \(tokens.shape), expected [batch, time] with a time up to \(context)")
    }
    let isPadding = tokens .== Double(padding)
    let x = dropout(embedding(tokens) + positions(Tensor.range(tokens.shape[1])))
    let h = encoder(x, mask: nil, keyPaddingMask: isPadding)
    let counts = sequenceLengths(tokens, padding: padding).cast(to: h.dtype).expandingAxis(1)
    let isText = (tokens .!= Double(padding)).cast(to: h.dtype).expandingAxis(2)
    return fc((h * isText).sum(axis: 1) / counts)
  }
}
