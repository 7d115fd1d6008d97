import ApusNN
import ApusTensor

/// A decoder-only transformer as Llama has it (Touvron et al. 2023, Grattafiori et al. 2024): token numbers `[batch, time]`
/// to logits `[batch, time, vocabulary]` of the next tokens.
///
/// Norms are root-mean-square and come before each part, places are rotary, neighbouring heads share keys and values, and
/// the perceptron is gated (SwiGLU). Keys of checkpoints are Hugging Face's.
public final class Llama: Module, Layer {
  /// The sizes of a model.
  public struct Configuration: Hashable, Sendable {
    public var vocabulary: Int
    /// The longest sequence.
    public var context: Int
    public var width: Int
    /// How wide the perceptron is inside.
    public var hidden: Int
    public var layers: Int
    public var heads: Int
    /// How many heads keys and values have; must divide `heads`.
    public var keyHeads: Int
    public var headDim: Int
    /// The base of the rotary angles, `rope_theta`.
    public var ropeBase: Double
    public var ropeScaling: RotaryScaling?
    /// Added to the mean square in norms.
    public var epsilon: Double
    /// Whether the projections of attention have biases.
    public var attentionBias: Bool
    /// Whether the linear layers of the perceptron have biases.
    public var perceptronBias: Bool
    /// Whether the head's weight is the table of tokens.
    public var tiesHead: Bool

    /// - Parameters:
    ///   - keyHeads: As many as `heads` unless given.
    ///   - headDim: `width / heads` unless given.
    public init(
      vocabulary: Int = 32_000, context: Int = 2048, width: Int = 4096, hidden: Int = 11_008, layers: Int = 32,
      heads: Int = 32, keyHeads: Int? = nil, headDim: Int? = nil, ropeBase: Double = 10_000,
      ropeScaling: RotaryScaling? = nil, epsilon: Double = 1e-6, attentionBias: Bool = false,
      perceptronBias: Bool = false, tiesHead: Bool = false
    ) {
      let keyHeads = keyHeads ?? heads
      guard heads > 0, keyHeads > 0, heads % keyHeads == 0, headDim != nil || width % heads == 0 else {
        fatalError("Llama: width \(width), \(heads) heads and \(keyHeads) heads of keys do not divide")
      }
      (self.vocabulary, self.context, self.width, self.hidden) = (vocabulary, context, width, hidden)
      (self.layers, self.heads, self.keyHeads, self.headDim) = (layers, heads, keyHeads, headDim ?? width / heads)
      (self.ropeBase, self.ropeScaling, self.epsilon) = (ropeBase, ropeScaling, epsilon)
      (self.attentionBias, self.perceptronBias, self.tiesHead) = (attentionBias, perceptronBias, tiesHead)
    }
  }

  public let configuration: Configuration
  public let tokens: Embedding
  public let layers: [LlamaLayer]
  public let finalNorm: RMSNorm
  public let head: Linear?
  private let rotary: RotaryPositionalEncoding

  public override var stateKeys: [String: StateKey] {
    [
      "tokens": .named("model.embed_tokens"), "layers": .named("model.layers"), "finalNorm": .named("model.norm"),
      "head": .named("lm_head"),
    ]
  }

  public init(_ configuration: Configuration, key: inout RandomKey) {
    self.configuration = configuration
    tokens = Embedding(
      configuration.vocabulary, configuration.width, initializer: .normal(standardDeviation: 0.02), key: &key)
    let rotary = RotaryPositionalEncoding(
      configuration.headDim, base: configuration.ropeBase, isInterleaved: false, scaling: configuration.ropeScaling)
    self.rotary = rotary
    layers = (0..<configuration.layers).map { _ in LlamaLayer(configuration, rotary: rotary, key: &key) }
    finalNorm = RMSNorm(configuration.width, epsilon: configuration.epsilon)
    head =
      configuration.tiesHead ? nil : linear(configuration.width, configuration.vocabulary, bias: false, key: &key)
  }

  public func callAsFunction(_ tokens: Tensor) -> Tensor { callAsFunction(tokens, cache: nil) }

  /// The logits; with a cache the tokens follow those that it holds, and are added to it.
  public func callAsFunction(_ tokens: Tensor, cache: KeyValueCache?) -> Tensor {
    logits(features(tokens, cache: cache))
  }

  /// What the head sees, `[batch, time, width]`.
  private func features(_ tokens: Tensor, cache: KeyValueCache?) -> Tensor {
    guard tokens.rank == 2, tokens.shape[1] <= configuration.context else {
      return .mistake(
        "Llama: tokens \(tokens.shape), expected [batch, time] with a time up to \(configuration.context)")
    }
    let time = tokens.shape[1]
    // All layers turn by the same angles.
    let turns = rotary.turns(at: cache?.positions(time) ?? Tensor.range(time))
    let mask = cache?.mask(time)
    var h = self.tokens(tokens)
    for (number, layer) in layers.enumerated() {
      h = layer(h, turns: turns, cache: cache?.layer(number, mask: mask))
    }
    cache?.advance(time)
    return finalNorm(h)
  }

  private func logits(_ features: Tensor) -> Tensor {
    head.map { $0(features) } ?? features.matmul(tokens.weight.transposed())
  }
}

extension Llama: AutoregressiveModel {
  public var vocabularySize: Int { configuration.vocabulary }
  public var contextLength: Int? { configuration.context }

  public func makeDecodingState(batch: Int, capacity: Int) -> KeyValueCache {
    KeyValueCache(
      layers: configuration.layers, batch: batch, capacity: capacity, heads: configuration.keyHeads,
      headDim: configuration.headDim, dtype: tokens.weight.dtype)
  }

  public func nextLogits(_ tokens: Tensor, state: KeyValueCache) -> Tensor {
    let h = features(tokens, cache: state)
    return h.rank == 3 ? logits(h[TensorIndex.all, -1]) : h
  }
}

/// Attention and a gated perceptron, each after a norm and with a way around it: `[batch, time, width]`.
public final class LlamaLayer: Module {
  let norm1: RMSNorm
  let attention: LlamaAttention
  let norm2: RMSNorm
  let perceptron: LlamaPerceptron

  public override var stateKeys: [String: StateKey] {
    [
      "norm1": .named("input_layernorm"), "attention": .named("self_attn"),
      "norm2": .named("post_attention_layernorm"), "perceptron": .named("mlp"),
    ]
  }

  init(_ configuration: Llama.Configuration, rotary: RotaryPositionalEncoding, key: inout RandomKey) {
    norm1 = RMSNorm(configuration.width, epsilon: configuration.epsilon)
    attention = LlamaAttention(configuration, rotary: rotary, key: &key)
    norm2 = RMSNorm(configuration.width, epsilon: configuration.epsilon)
    perceptron = LlamaPerceptron(configuration, key: &key)
  }

  func callAsFunction(_ x: Tensor, turns: RotaryTurns, cache: KeyValueCache.Layer?) -> Tensor {
    let h = x + attention(norm1(x), turns: turns, cache: cache)
    return traced(h + perceptron(norm2(h)))
  }
}

/// Causal self-attention in several heads, of which neighbours share keys and values (Ainslie et al. 2023), with rotary
/// places (Su et al. 2021): `[batch, time, width]`.
public final class LlamaAttention: Module {
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  private let headDim: Int
  private let rotary: RotaryPositionalEncoding

  public override var stateKeys: [String: StateKey] {
    ["query": .named("q_proj"), "key": .named("k_proj"), "value": .named("v_proj"), "output": .named("o_proj")]
  }

  init(_ configuration: Llama.Configuration, rotary: RotaryPositionalEncoding, key: inout RandomKey) {
    let (width, size) = (configuration.width, configuration.headDim)
    (headDim, self.rotary) = (size, rotary)
    let bias = configuration.attentionBias
    query = linear(width, configuration.heads * size, bias: bias, key: &key)
    self.key = linear(width, configuration.keyHeads * size, bias: bias, key: &key)
    value = linear(width, configuration.keyHeads * size, bias: bias, key: &key)
    output = linear(configuration.heads * size, width, bias: bias, key: &key)
  }

  func callAsFunction(_ x: Tensor, turns: RotaryTurns, cache: KeyValueCache.Layer?) -> Tensor {
    let (batch, time) = (x.shape[0], x.shape[1])
    func divided(_ x: Tensor) -> Tensor { x.reshaped(to: [batch, time, x.shape[2] / headDim, headDim]) }
    let queries = rotary(divided(query(x)), turns: turns)
    let keys = rotary(divided(key(x)), turns: turns)
    let values = divided(value(x))
    let attended =
      cache?.attend(queries, keys, values) ?? scaledDotProductAttention(queries, keys, values, isCausal: true)
    return output(attended.reshaped(to: [batch, time, attended.shape[2] * headDim]))
  }
}

/// Three linear layers, of which one gates another (SwiGLU, Shazeer 2020): `[batch, time, width]`.
public final class LlamaPerceptron: Module {
  let gate: Linear
  let up: Linear
  let down: Linear

  public override var stateKeys: [String: StateKey] {
    ["gate": .named("gate_proj"), "up": .named("up_proj"), "down": .named("down_proj")]
  }

  init(_ configuration: Llama.Configuration, key: inout RandomKey) {
    let (width, hidden, bias) = (configuration.width, configuration.hidden, configuration.perceptronBias)
    gate = linear(width, hidden, bias: bias, key: &key)
    up = linear(width, hidden, bias: bias, key: &key)
    down = linear(hidden, width, bias: bias, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { down(gate(x).silu() * up(x)) }
}

private func linear(_ inputs: Int, _ outputs: Int, bias: Bool, key: inout RandomKey) -> Linear {
  Linear(inputs, outputs, bias: bias, initializer: .normal(standardDeviation: 0.02), key: &key)
}
