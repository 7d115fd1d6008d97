import ApusNN
import ApusTensor

/// An encoder of text as BERT has it (Devlin et al. 2019): token numbers `[batch, time]` to features `[batch, time, width]`.
///
/// Norms come after each part; places and the two parts of a pair of texts have learned vectors.
public final class BERT: Module, Layer {
  /// The sizes of a model.
  public struct Configuration: Hashable, Sendable {
    public var vocabulary: Int
    /// The longest sequence.
    public var context: Int
    /// How many kinds of tokens there are: of the first text and of the second.
    public var types: Int
    public var width: Int
    /// How wide the perceptrons are inside.
    public var hidden: Int
    public var layers: Int
    public var heads: Int
    public var dropout: Double
    /// Added to the variance in norms.
    public var epsilon: Double
    public var activation: TransformerActivation
    /// Whether there is a layer over the first token's features.
    public var hasPooler: Bool
    /// Whether there is a head that fills in masked tokens.
    public var hasMaskedHead: Bool

    public init(
      vocabulary: Int = 30_522, context: Int = 512, types: Int = 2, width: Int = 768, hidden: Int = 3072,
      layers: Int = 12, heads: Int = 12, dropout: Double = 0, epsilon: Double = 1e-12,
      activation: TransformerActivation = .gelu, hasPooler: Bool = true, hasMaskedHead: Bool = false
    ) {
      (self.vocabulary, self.context, self.types, self.width) = (vocabulary, context, types, width)
      (self.hidden, self.layers, self.heads, self.dropout) = (hidden, layers, heads, dropout)
      (self.epsilon, self.activation) = (epsilon, activation)
      (self.hasPooler, self.hasMaskedHead) = (hasPooler, hasMaskedHead)
    }
  }

  public let configuration: Configuration
  public let tokens: Embedding
  public let positions: Embedding
  public let types: Embedding
  public let norm: LayerNorm
  public let encoder: TransformerEncoder
  public let pooler: Linear?
  public let maskedHead: BERTMaskedHead?
  private let dropout: Dropout

  public override var stateKeys: [String: StateKey] {
    [
      "tokens": .named("embeddings.word_embeddings"), "positions": .named("embeddings.position_embeddings"),
      "types": .named("embeddings.token_type_embeddings"), "norm": .named("embeddings.LayerNorm"),
      "pooler": .named("pooler.dense"), "maskedHead": .named("cls.predictions"),
    ]
  }

  public init(_ configuration: Configuration, key: inout RandomKey) {
    self.configuration = configuration
    let width = configuration.width
    func table(_ rows: Int, _ key: inout RandomKey) -> Embedding {
      Embedding(rows, width, initializer: .normal(standardDeviation: 0.02), key: &key)
    }
    tokens = table(configuration.vocabulary, &key)
    positions = table(configuration.context, &key)
    types = table(configuration.types, &key)
    norm = LayerNorm(width, epsilon: configuration.epsilon)
    dropout = Dropout(configuration.dropout, key: &key)
    encoder = TransformerEncoder(
      (0..<configuration.layers).map { _ in
        TransformerEncoderLayer(
          width, heads: configuration.heads, hidden: configuration.hidden, dropout: configuration.dropout,
          activation: configuration.activation, layerNormEpsilon: configuration.epsilon, key: &key)
      })
    pooler = configuration.hasPooler ? Linear(width, width, key: &key) : nil
    maskedHead = configuration.hasMaskedHead ? BERTMaskedHead(configuration, key: &key) : nil
  }

  public func callAsFunction(_ tokens: Tensor) -> Tensor { callAsFunction(tokens, types: nil) }

  /// The features of each token, `[batch, time, width]`.
  ///
  /// - Parameters:
  ///   - tokens: Integers `[batch, time]`.
  ///   - types: Which text each token is of, integers `[batch, time]`; the first unless given.
  ///   - padding: `bool[batch, time]`, true where a token only fills up. What it gives there means nothing.
  public func callAsFunction(_ tokens: Tensor, types: Tensor?, padding: Tensor? = nil) -> Tensor {
    guard tokens.rank == 2, tokens.shape[1] <= configuration.context else {
      return .mistake(
        "BERT: tokens \(tokens.shape), expected [batch, time] with a time up to \(configuration.context)")
    }
    if let types, types.shape != tokens.shape {
      return .mistake("BERT: types \(types.shape) for tokens \(tokens.shape), expected the same shape")
    }
    let kinds = self.types(types ?? .zeros([1, tokens.shape[1]], dtype: .int32))
    let sum = self.tokens(tokens) + kinds + positions(Tensor.range(tokens.shape[1]))
    return encoder(dropout(norm(sum)), mask: nil, keyPaddingMask: padding)
  }

  /// What stands for the whole text, `[batch, width]`: a layer with tanh over the first token's features.
  public func pooled(_ features: Tensor) -> Tensor {
    guard let pooler else { return .mistake("BERT: pooled features of a model without a pooler") }
    return pooler(features[TensorIndex.all, 0]).tanh()
  }

  /// Logits `[batch, time, vocabulary]` of what stands at each place, masked or not.
  public func maskedLogits(_ features: Tensor) -> Tensor {
    guard let maskedHead else { return .mistake("BERT: logits of a model without a head for masked tokens") }
    return maskedHead(features).matmul(tokens.weight.transposed()) + maskedHead.bias
  }
}

/// What comes before the product with the table of tokens when masked ones are filled in: `[…, width]` to the same shape.
public final class BERTMaskedHead: Module, Layer {
  let dense: Linear
  let norm: LayerNorm
  /// `[vocabulary]`
  @Parameter var bias: Tensor
  private let activation: TransformerActivation

  public override var stateKeys: [String: StateKey] {
    ["dense": .named("transform.dense"), "norm": .named("transform.LayerNorm")]
  }

  init(_ configuration: BERT.Configuration, key: inout RandomKey) {
    dense = Linear(configuration.width, configuration.width, key: &key)
    norm = LayerNorm(configuration.width, epsilon: configuration.epsilon)
    bias = .zeros([configuration.vocabulary])
    activation = configuration.activation
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { norm(activation == .relu ? dense(x).relu() : dense(x).gelu()) }
}
