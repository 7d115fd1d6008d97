import ApusNN
import ApusTensor

/// A decoder-only transformer as GPT-2 has it (Radford et al. 2019): token numbers `[batch, time]` to logits
/// `[batch, time, vocabulary]` of the next tokens. Normalisation comes before each part; positions are learned.
public final class GPT: Module, Layer {
  /// The sizes of a model.
  public struct Configuration: Hashable, Sendable {
    public var vocabulary: Int
    /// The longest sequence.
    public var context: Int
    public var width: Int
    public var layers: Int
    public var heads: Int
    public var dropout: Double
    /// Added to the variance in norms.
    public var epsilon: Double
    /// Whether linear layers and norms have biases; the head has none.
    public var bias: Bool
    /// Whether the head's weight is the table of tokens.
    public var tiesHead: Bool

    public init(
      vocabulary: Int = 50_257, context: Int = 1024, width: Int = 768, layers: Int = 12, heads: Int = 12,
      dropout: Double = 0, epsilon: Double = 1e-5, bias: Bool = true, tiesHead: Bool = true
    ) {
      guard heads > 0, width % heads == 0 else {
        fatalError("GPT: width \(width) does not divide into \(heads) heads")
      }
      (self.vocabulary, self.context, self.width, self.layers) = (vocabulary, context, width, layers)
      (self.heads, self.dropout, self.epsilon) = (heads, dropout, epsilon)
      (self.bias, self.tiesHead) = (bias, tiesHead)
    }
  }

  public let configuration: Configuration
  public let tokens: Embedding
  public let positions: Embedding
  public let dropout: Dropout
  public let blocks: [GPTBlock]
  public let finalNorm: LayerNorm
  public let head: Linear?

  public override var stateKeys: [String: StateKey] {
    [
      "tokens": .named("transformer.wte"), "positions": .named("transformer.wpe"),
      "dropout": .named("transformer.drop"), "blocks": .named("transformer.h"),
      "finalNorm": .named("transformer.ln_f"), "head": .named("lm_head"),
    ]
  }

  public init(_ configuration: Configuration, key: inout RandomKey) {
    self.configuration = configuration
    let initializer = Initializer.normal(standardDeviation: 0.02)
    tokens = Embedding(configuration.vocabulary, configuration.width, initializer: initializer, key: &key)
    positions = Embedding(configuration.context, configuration.width, initializer: initializer, key: &key)
    dropout = Dropout(configuration.dropout, key: &key)
    blocks = (0..<configuration.layers).map { _ in GPTBlock(configuration, key: &key) }
    finalNorm = LayerNorm(configuration.width, epsilon: configuration.epsilon, bias: configuration.bias)
    head =
      configuration.tiesHead
      ? nil
      : Linear(configuration.width, configuration.vocabulary, bias: false, initializer: initializer, key: &key)
  }

  public func callAsFunction(_ tokens: Tensor) -> Tensor { callAsFunction(tokens, cache: nil) }

  /// The logits; with a cache the tokens follow those that it holds, and are added to it.
  public func callAsFunction(_ tokens: Tensor, cache: KeyValueCache?) -> Tensor {
    logits(features(tokens, cache: cache))
  }

  /// What the head sees, `[batch, time, width]`.
  private func features(_ tokens: Tensor, cache: KeyValueCache?) -> Tensor {
    guard tokens.rank == 2, tokens.shape[1] <= configuration.context else {
      return .mistake("GPT: tokens \(tokens.shape), expected [batch, time] with a time up to \(configuration.context)")
    }
    let time = tokens.shape[1]
    var h = dropout(self.tokens(tokens) + positions(cache?.positions(time) ?? Tensor.range(time)))
    let mask = cache?.mask(time)
    for (number, block) in blocks.enumerated() { h = block(h, cache: cache?.layer(number, mask: mask)) }
    cache?.advance(time)
    return finalNorm(h)
  }

  private func logits(_ features: Tensor) -> Tensor {
    head.map { $0(features) } ?? features.matmul(tokens.weight.transposed())
  }
}

extension GPT: AutoregressiveModel {
  public var vocabularySize: Int { configuration.vocabulary }
  public var contextLength: Int? { configuration.context }

  public func makeDecodingState(batch: Int, capacity: Int) -> KeyValueCache {
    KeyValueCache(self, batch: batch, capacity: capacity)
  }

  public func nextLogits(_ tokens: Tensor, state: KeyValueCache) -> Tensor {
    let h = features(tokens, cache: state)
    return h.rank == 3 ? logits(h[TensorIndex.all, -1]) : h
  }
}

/// Attention and a perceptron, each after a norm and with a way around it: `[batch, time, width]`.
public final class GPTBlock: Module {
  let norm1: LayerNorm
  let attention: GPTAttention
  let norm2: LayerNorm
  let perceptron: GPTPerceptron

  public override var stateKeys: [String: StateKey] {
    ["norm1": .named("ln_1"), "attention": .named("attn"), "norm2": .named("ln_2"), "perceptron": .named("mlp")]
  }

  init(_ configuration: GPT.Configuration, key: inout RandomKey) {
    norm1 = LayerNorm(configuration.width, epsilon: configuration.epsilon, bias: configuration.bias)
    attention = GPTAttention(configuration, key: &key)
    norm2 = LayerNorm(configuration.width, epsilon: configuration.epsilon, bias: configuration.bias)
    perceptron = GPTPerceptron(configuration, key: &key)
  }

  func callAsFunction(_ x: Tensor, cache: KeyValueCache.Layer?) -> Tensor {
    let h = x + attention(norm1(x), cache: cache)
    return traced(h + perceptron(norm2(h)))
  }
}

/// Causal self-attention in several heads (Vaswani et al. 2017): `[batch, time, width]`.
public final class GPTAttention: Module {
  let heads: Int
  let projection: Linear
  let output: Linear
  let dropout: Dropout

  public override var stateKeys: [String: StateKey] {
    ["projection": .named("c_attn"), "output": .named("c_proj"), "dropout": .named("resid_dropout")]
  }

  init(_ configuration: GPT.Configuration, key: inout RandomKey) {
    let width = configuration.width
    let deviation = 0.02 / (2 * Double(configuration.layers)).squareRoot()
    heads = configuration.heads
    projection = Linear(
      width, 3 * width, bias: configuration.bias, initializer: .normal(standardDeviation: 0.02), key: &key)
    output = Linear(
      width, width, bias: configuration.bias, initializer: .normal(standardDeviation: deviation), key: &key)
    dropout = Dropout(configuration.dropout, key: &key)
  }

  func callAsFunction(_ x: Tensor, cache: KeyValueCache.Layer?) -> Tensor {
    let (batch, time, width) = (x.shape[0], x.shape[1], x.shape[2])
    let all = projection(x).reshaped(to: [batch, time, 3, heads, width / heads])
    let parts = all.unstacked(axis: 2)
    let (query, key, value) = (parts[0], parts[1], parts[2])
    let attended = cache?.attend(query, key, value) ?? scaledDotProductAttention(query, key, value, isCausal: true)
    return dropout(output(attended.reshaped(to: [batch, time, width])))
  }
}

/// Two linear layers with GELU between them, four times as wide inside: `[batch, time, width]`.
public final class GPTPerceptron: Module {
  let expansion: Linear
  let output: Linear
  let dropout: Dropout

  public override var stateKeys: [String: StateKey] { ["expansion": .named("c_fc"), "output": .named("c_proj")] }

  init(_ configuration: GPT.Configuration, key: inout RandomKey) {
    let width = configuration.width
    let deviation = 0.02 / (2 * Double(configuration.layers)).squareRoot()
    expansion = Linear(
      width, 4 * width, bias: configuration.bias, initializer: .normal(standardDeviation: 0.02), key: &key)
    output = Linear(
      4 * width, width, bias: configuration.bias, initializer: .normal(standardDeviation: deviation), key: &key)
    dropout = Dropout(configuration.dropout, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { dropout(output(expansion(x).gelu(approximate: true))) }
}
