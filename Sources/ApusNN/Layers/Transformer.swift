import ApusTensor

/// Encoder layers one after another, and a norm at the end where there is one: `[batch, time, features]` to the same
/// shape, PyTorch's keys.
public final class TransformerEncoder: Module, Layer {
  public let layers: [TransformerEncoderLayer]
  public let norm: LayerNorm?

  public init(_ layers: [TransformerEncoderLayer], norm: LayerNorm? = nil) {
    (self.layers, self.norm) = (layers, norm)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, mask: nil) }

  /// - Parameters:
  ///   - mask: Which places do not see which, as `attentionMask` of `MultiHeadAttention`.
  ///   - keyPaddingMask: `[batch, time]`: `bool`, true where a place is padding, or floating point, added to the scores.
  ///   - isCausal: Whether place i sees places 0 … i alone.
  public func callAsFunction(
    _ x: Tensor, mask: Tensor?, keyPaddingMask: Tensor? = nil, isCausal: Bool = false
  ) -> Tensor {
    let h = layers.reduce(x) { $1($0, mask: mask, keyPaddingMask: keyPaddingMask, isCausal: isCausal) }
    return norm.map { $0(h) } ?? h
  }
}

/// Decoder layers one after another, and a norm at the end where there is one: `[batch, time, features]` to the same
/// shape, PyTorch's keys.
public final class TransformerDecoder: Module {
  public let layers: [TransformerDecoderLayer]
  public let norm: LayerNorm?

  public init(_ layers: [TransformerDecoderLayer], norm: LayerNorm? = nil) {
    (self.layers, self.norm) = (layers, norm)
  }

  /// - Parameters:
  ///   - target: `[batch, time, features]`.
  ///   - memory: What the encoder gave, `[batch, memoryTime, features]`.
  ///   - masks: What keeps places from others.
  public func callAsFunction(_ target: Tensor, _ memory: Tensor, masks: DecoderMasks = DecoderMasks()) -> Tensor {
    let h = layers.reduce(target) { $1($0, memory, masks: masks) }
    return norm.map { $0(h) } ?? h
  }
}

/// An encoder and a decoder that attends to it (Vaswani et al. 2017): sources `[batch, sourceTime, features]` and targets
/// `[batch, time, features]` to `[batch, time, features]`, PyTorch's weights and keys. Embeddings and places are the
/// model's around it.
public final class Transformer: Module {
  public let encoder: TransformerEncoder
  public let decoder: TransformerDecoder

  /// - Parameters:
  ///   - features: Of each place.
  ///   - heads: Must divide `features`.
  ///   - hidden: How wide the perceptrons are inside.
  ///   - dropout: The probability with which attention weights, hidden units and each part's outputs are dropped.
  ///   - normFirst: Whether the norms come before each part (Xiong et al. 2020), or after the sums.
  ///   - bias: Whether linear layers and norms have biases.
  public init(
    _ features: Int = 512, heads: Int = 8, encoderLayers: Int = 6, decoderLayers: Int = 6, hidden: Int = 2048,
    dropout: Double = 0.1, activation: TransformerActivation = .relu, layerNormEpsilon: Double = 1e-5,
    normFirst: Bool = false, bias: Bool = true, key: inout RandomKey
  ) {
    func norm() -> LayerNorm { LayerNorm(features, epsilon: layerNormEpsilon, bias: bias) }
    encoder = TransformerEncoder(
      (0..<encoderLayers).map { _ in
        TransformerEncoderLayer(
          features, heads: heads, hidden: hidden, dropout: dropout, activation: activation,
          layerNormEpsilon: layerNormEpsilon, normFirst: normFirst, bias: bias, key: &key)
      }, norm: norm())
    decoder = TransformerDecoder(
      (0..<decoderLayers).map { _ in
        TransformerDecoderLayer(
          features, heads: heads, hidden: hidden, dropout: dropout, activation: activation,
          layerNormEpsilon: layerNormEpsilon, normFirst: normFirst, bias: bias, key: &key)
      }, norm: norm())
    super.init()
    for entry in parameters where entry.slot.tensor!.rank > 1 {
      let shape = entry.slot.tensor!.shape
      entry.slot.tensor = Initializer.xavierUniform()(shape, fanIn: shape[1], fanOut: shape[0], key: &key)
    }
  }

  /// - Parameters:
  ///   - sourceMask: Among the sources, `[sourceTime, sourceTime]`: `bool`, true where a place is not seen, or floating
  ///     point, added to the scores.
  ///   - sourceKeyPadding: `[batch, sourceTime]`, true where a source is padding. What the decoder may see of the encoder
  ///     is said by `masks.memoryKeyPadding`, as in PyTorch.
  ///   - masks: The decoder's.
  public func callAsFunction(
    _ source: Tensor, _ target: Tensor, sourceMask: Tensor? = nil, sourceKeyPadding: Tensor? = nil,
    masks: DecoderMasks = DecoderMasks()
  ) -> Tensor {
    decoder(target, encoder(source, mask: sourceMask, keyPaddingMask: sourceKeyPadding), masks: masks)
  }
}
