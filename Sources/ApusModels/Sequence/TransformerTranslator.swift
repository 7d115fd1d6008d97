import ApusNN
import ApusTensor

/// The transformer for translation (Vaswani et al. 2017): token numbers `[batch, sourceTime]` and `[batch, time]` to logits
/// `[batch, time, vocabulary]`. Embeddings are scaled by √width; the targets' are also the head (section 3.4).
public final class TransformerTranslator: Module, Translator {
  public let padding: Int
  public let vocabulary: Int
  /// The longest sequence.
  public let context: Int
  public let width: Int
  public let sourceEmbedding: Embedding
  public let targetEmbedding: Embedding
  public let positions: SinusoidalPositionalEncoding
  public let dropout: Dropout
  public let transformer: Transformer

  /// - Parameters:
  ///   - layers: Of the encoder and of the decoder each.
  ///   - normFirst: Whether the norms come before each part (Xiong et al. 2020), not after the sums as in the paper.
  public init(
    sourceVocabulary: Int, targetVocabulary: Int, context: Int = 64, width: Int = 256, layers: Int = 3, heads: Int = 4,
    hidden: Int? = nil, dropout: Double = 0.1, normFirst: Bool = true, padding: Int = 0, key: inout RandomKey
  ) {
    (self.padding, vocabulary, self.context, self.width) = (padding, targetVocabulary, context, width)
    let initializer = Initializer.normal(standardDeviation: 1 / Double(width).squareRoot())
    sourceEmbedding = Embedding(sourceVocabulary, width, paddingIndex: padding, initializer: initializer, key: &key)
    targetEmbedding = Embedding(targetVocabulary, width, paddingIndex: padding, initializer: initializer, key: &key)
    positions = SinusoidalPositionalEncoding(width, length: context)
    self.dropout = Dropout(dropout, key: &key)
    transformer = Transformer(
      width, heads: heads, encoderLayers: layers, decoderLayers: layers, hidden: hidden ?? 4 * width, dropout: dropout,
      normFirst: normFirst, key: &key)
  }

  private func embedded(_ tokens: Tensor, _ table: Embedding) -> Tensor {
    guard tokens.rank == 2, tokens.shape[1] <= context else {
      return .mistake(
        "TransformerTranslator: tokens \(tokens.shape), expected [batch, time] with a time up to \(context)")
    }
    return dropout(positions(table(tokens) * Double(width).squareRoot()))
  }

  public func callAsFunction(_ source: Tensor, _ target: Tensor) -> Tensor {
    let isPadding = source .== Double(padding)
    let memory = transformer.encoder(embedded(source, sourceEmbedding), mask: nil, keyPaddingMask: isPadding)
    let h = transformer.decoder(
      embedded(target, targetEmbedding), memory, masks: DecoderMasks(memoryKeyPadding: isPadding, isCausal: true))
    return h.matmul(targetEmbedding.weight.transposed())
  }

  /// The decoder's cache.
  public func begin(_ source: Tensor) -> [Tensor] {
    let isPadding = source .== Double(padding)
    let memory = transformer.encoder(embedded(source, sourceEmbedding), mask: nil, keyPaddingMask: isPadding)
    return transformer.decoder.makeCache(memory, capacity: context, memoryKeyPadding: isPadding).tensors
  }

  /// One step of the decoder; the attention is that of its last layer, the mean over the heads.
  public func next(_ token: Tensor, _ state: [Tensor], position: Tensor) -> TranslationStep {
    var cache = DecoderCache(tensors: state)
    let x = positions(targetEmbedding(token.expandingAxis(1)) * Double(width).squareRoot(), position: position)
    let (h, weights) = transformer.decoder(dropout(x), cache: &cache, position: position)
    return TranslationStep(
      logits: h.squeezed([1]).matmul(targetEmbedding.weight.transposed()), state: cache.tensors,
      attention: weights.squeezed([1]))
  }
}
