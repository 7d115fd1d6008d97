import ApusTensor

/// What stands between the two linear layers of a transformer's perceptron.
public enum TransformerActivation: Hashable, Sendable {
  case relu, gelu

  func callAsFunction(_ x: Tensor) -> Tensor { self == .relu ? x.relu() : x.gelu() }
}

/// Self-attention and a perceptron, each with a way around it and a norm (Vaswani et al. 2017): `[batch, time, features]`
/// to the same shape, PyTorch's weights and keys.
public final class TransformerEncoderLayer: Module, Layer {
  public let selfAttention: MultiHeadAttention
  public let linear1: Linear
  public let linear2: Linear
  public let norm1: LayerNorm
  public let norm2: LayerNorm
  public let activation: TransformerActivation
  public let normFirst: Bool
  private let dropout: Dropout?

  public override var stateKeys: [String: StateKey] { ["selfAttention": .named("self_attn")] }

  /// - Parameters:
  ///   - heads: Must divide `features`.
  ///   - hidden: How wide the perceptron is inside.
  ///   - dropout: The probability with which attention weights, hidden units and each part's outputs are dropped.
  ///   - normFirst: Whether the norms come before attention and perceptron (Xiong et al. 2020), or after the sums.
  ///   - bias: Whether linear layers and norms have biases.
  public init(
    _ features: Int, heads: Int, hidden: Int = 2048, dropout: Double = 0.1, activation: TransformerActivation = .relu,
    layerNormEpsilon: Double = 1e-5, normFirst: Bool = false, bias: Bool = true, key: inout RandomKey
  ) {
    (self.activation, self.normFirst) = (activation, normFirst)
    selfAttention = MultiHeadAttention(features, heads: heads, bias: bias, dropout: dropout, key: &key)
    linear1 = Linear(features, hidden, bias: bias, key: &key)
    linear2 = Linear(hidden, features, bias: bias, key: &key)
    norm1 = LayerNorm(features, epsilon: layerNormEpsilon, bias: bias)
    norm2 = LayerNorm(features, epsilon: layerNormEpsilon, bias: bias)
    self.dropout = dropout > 0 ? Dropout(dropout, key: &key) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, mask: nil) }

  /// - Parameters:
  ///   - mask: Which places do not see which, as `attentionMask` of `MultiHeadAttention`.
  ///   - keyPaddingMask: `[batch, time]`: `bool`, true where a place is padding, or floating point, added to the scores.
  ///   - isCausal: Whether place i sees places 0 … i alone.
  public func callAsFunction(
    _ x: Tensor, mask: Tensor?, keyPaddingMask: Tensor? = nil, isCausal: Bool = false
  ) -> Tensor {
    func attend(_ x: Tensor) -> Tensor {
      dropped(selfAttention(x, nil, keyPaddingMask: keyPaddingMask, attentionMask: mask, isCausal: isCausal), dropout)
    }
    let h = around(x, norm1, normFirst, attend)
    return traced(around(h, norm2, normFirst) { perceptron($0, linear1, linear2, activation, dropout) })
  }
}

/// Self-attention, attention to an encoder's outputs and a perceptron, each with a way around it and a norm (Vaswani et al.
/// 2017): `[batch, time, features]` to the same shape, PyTorch's weights and keys.
public final class TransformerDecoderLayer: Module {
  public let selfAttention: MultiHeadAttention
  public let crossAttention: MultiHeadAttention
  public let linear1: Linear
  public let linear2: Linear
  public let norm1: LayerNorm
  public let norm2: LayerNorm
  public let norm3: LayerNorm
  public let activation: TransformerActivation
  public let normFirst: Bool
  private let dropout: Dropout?

  public override var stateKeys: [String: StateKey] {
    ["selfAttention": .named("self_attn"), "crossAttention": .named("multihead_attn")]
  }

  /// - Parameters:
  ///   - heads: Must divide `features`.
  ///   - hidden: How wide the perceptron is inside.
  ///   - dropout: The probability with which attention weights, hidden units and each part's outputs are dropped.
  ///   - normFirst: Whether the norms come before attention and perceptron (Xiong et al. 2020), or after the sums.
  ///   - bias: Whether linear layers and norms have biases.
  public init(
    _ features: Int, heads: Int, hidden: Int = 2048, dropout: Double = 0.1, activation: TransformerActivation = .relu,
    layerNormEpsilon: Double = 1e-5, normFirst: Bool = false, bias: Bool = true, key: inout RandomKey
  ) {
    (self.activation, self.normFirst) = (activation, normFirst)
    selfAttention = MultiHeadAttention(features, heads: heads, bias: bias, dropout: dropout, key: &key)
    crossAttention = MultiHeadAttention(features, heads: heads, bias: bias, dropout: dropout, key: &key)
    linear1 = Linear(features, hidden, bias: bias, key: &key)
    linear2 = Linear(hidden, features, bias: bias, key: &key)
    norm1 = LayerNorm(features, epsilon: layerNormEpsilon, bias: bias)
    norm2 = LayerNorm(features, epsilon: layerNormEpsilon, bias: bias)
    norm3 = LayerNorm(features, epsilon: layerNormEpsilon, bias: bias)
    self.dropout = dropout > 0 ? Dropout(dropout, key: &key) : nil
  }

  /// - Parameters:
  ///   - target: `[batch, time, features]`.
  ///   - memory: What the encoder gave, `[batch, memoryTime, features]`.
  ///   - masks: What keeps places from others.
  public func callAsFunction(_ target: Tensor, _ memory: Tensor, masks: DecoderMasks = DecoderMasks()) -> Tensor {
    var h = around(target, norm1, normFirst) { x in
      dropped(
        selfAttention(
          x, nil, keyPaddingMask: masks.targetKeyPadding, attentionMask: masks.target, isCausal: masks.isCausal),
        dropout)
    }
    h = around(h, norm2, normFirst) { x in
      dropped(
        crossAttention(x, memory, keyPaddingMask: masks.memoryKeyPadding, attentionMask: masks.memory), dropout)
    }
    return traced(around(h, norm3, normFirst) { perceptron($0, linear1, linear2, activation, dropout) })
  }

  /// What there is to keep before the first target.
  ///
  /// - Parameters:
  ///   - memory: What the encoder gave, `[batch, memoryTime, features]`.
  ///   - capacity: How many targets there may come to be.
  func makeCache(_ memory: Tensor, capacity: Int) -> DecoderCache.Layer {
    let (keys, values) = crossAttention.keysAndValues(of: memory)
    let shape: Shape = [memory.shape[0], capacity, keys.shape[2], keys.shape[3]]
    let empty = Tensor.zeros(shape, dtype: memory.dtype)
    return DecoderCache.Layer(memoryKeys: keys, memoryValues: values, keys: empty, values: empty)
  }

  /// The outputs of the targets that come next, `[batch, time, features]`, and how much each takes of the encoder's
  /// outputs, `[batch, heads, time, memoryTime]`.
  ///
  /// - Parameters:
  ///   - position: How many targets came before, `int32`, a scalar.
  ///   - memoryMask: `bool`, true where an output of the encoder is seen, `[batch, 1, 1, memoryTime]`.
  func callAsFunction(
    _ target: Tensor, cache: inout DecoderCache.Layer, position: Tensor, memoryMask: Tensor?
  ) -> (output: Tensor, weights: Tensor) {
    var weights: Tensor?
    var h = around(target, norm1, normFirst) { x in
      let (keys, values) = selfAttention.keysAndValues(of: x)
      cache.append(keys, values, at: position)
      let places = position + Tensor.range(x.shape[1]).reshaped(to: [1, 1, x.shape[1], 1])
      let isPast = Tensor.range(cache.keys.shape[1]) .<= places
      return dropped(selfAttention.attend(x, cache.keys, cache.values, mask: isPast).output, dropout)
    }
    h = around(h, norm2, normFirst) { x in
      let attended = crossAttention.attend(x, cache.memoryKeys, cache.memoryValues, mask: memoryMask)
      weights = attended.weights
      return dropped(attended.output, dropout)
    }
    h = around(h, norm3, normFirst) { perceptron($0, linear1, linear2, activation, dropout) }
    return (h, weights!)
  }
}

/// What keeps a decoder's places from others. `bool` masks are true where a place is *not* seen, others are added to the
/// scores.
public struct DecoderMasks {
  /// Among the targets, `[time, time]`: `tgt_mask` of PyTorch.
  public var target: Tensor?
  /// From targets to the encoder's outputs, `[time, memoryTime]`: `memory_mask` of PyTorch.
  public var memory: Tensor?
  /// `[batch, time]`, true where a target is padding: `tgt_key_padding_mask` of PyTorch.
  public var targetKeyPadding: Tensor?
  /// `[batch, memoryTime]`, true where an output of the encoder is padding: `memory_key_padding_mask` of PyTorch.
  public var memoryKeyPadding: Tensor?
  /// Whether target i sees targets 0 … i alone.
  public var isCausal: Bool

  public init(
    target: Tensor? = nil, memory: Tensor? = nil, targetKeyPadding: Tensor? = nil, memoryKeyPadding: Tensor? = nil,
    isCausal: Bool = false
  ) {
    (self.target, self.memory, self.isCausal) = (target, memory, isCausal)
    (self.targetKeyPadding, self.memoryKeyPadding) = (targetKeyPadding, memoryKeyPadding)
  }
}

/// A part of a layer, the way around it, and its norm before the part or after the sum.
private func around(_ x: Tensor, _ norm: LayerNorm, _ normFirst: Bool, _ part: (Tensor) -> Tensor) -> Tensor {
  normFirst ? x + part(norm(x)) : norm(x + part(x))
}

private func perceptron(
  _ x: Tensor, _ linear1: Linear, _ linear2: Linear, _ activation: TransformerActivation, _ dropout: Dropout?
) -> Tensor {
  dropped(linear2(dropped(activation(linear1(x)), dropout)), dropout)
}

private func dropped(_ x: Tensor, _ dropout: Dropout?) -> Tensor { dropout.map { $0(x) } ?? x }
