import ApusNN
import ApusTensor

/// A recurrent encoder and decoder (Sutskever et al. 2014; Cho et al. 2014), without attention or with it (Bahdanau et al.
/// 2015; Luong et al. 2015): token numbers `[batch, sourceTime]` and `[batch, time]` to logits `[batch, time, vocabulary]`.
///
/// Both are gated recurrent units, the encoder in both directions. Without attention the decoder sees the same summary of
/// the source at each step; with it, a sum of the encoder's outputs that fits the step.
public final class RecurrentTranslator: Module, Translator {
  /// How the decoder looks back.
  public enum Attention: String, CaseIterable, Hashable, Sendable {
    case none
    /// By the state before the step, as an input of it.
    case bahdanau
    /// By the state after the step, beside it on the way to the logits (the general score).
    case luong
  }

  public let attention: Attention
  public let padding: Int
  public let vocabulary: Int
  public let sourceEmbedding: Embedding
  public let targetEmbedding: Embedding
  public let encoder: GRU
  public let bridge: Linear
  public let decoder: GRU
  public let dropout: Dropout
  public let bahdanau: BahdanauAttention?
  public let luong: LuongAttention?
  public let combination: Linear
  public let fc: Linear

  /// - Parameters:
  ///   - features: How wide embeddings are.
  ///   - hidden: Of the decoder, and of each direction of the encoder.
  ///   - padding: The number of what sequences are filled up with, in both vocabularies.
  public init(
    _ attention: Attention, sourceVocabulary: Int, targetVocabulary: Int, features: Int = 256, hidden: Int = 256,
    dropout: Double = 0.2, padding: Int = 0, key: inout RandomKey
  ) {
    (self.attention, self.padding, vocabulary) = (attention, padding, targetVocabulary)
    let initializer = Initializer.normal(standardDeviation: 1 / Double(features).squareRoot())
    sourceEmbedding = Embedding(sourceVocabulary, features, paddingIndex: padding, initializer: initializer, key: &key)
    targetEmbedding = Embedding(targetVocabulary, features, paddingIndex: padding, initializer: initializer, key: &key)
    encoder = GRU(features, hidden, isBidirectional: true, key: &key)
    bridge = Linear(2 * hidden, hidden, key: &key)
    decoder = GRU(features + (attention == .luong ? 0 : 2 * hidden), hidden, key: &key)
    self.dropout = Dropout(dropout, key: &key)
    bahdanau =
      attention == .bahdanau
      ? BahdanauAttention(queryFeatures: hidden, keyFeatures: 2 * hidden, hidden: hidden, key: &key) : nil
    luong =
      attention == .luong ? LuongAttention(queryFeatures: hidden, keyFeatures: 2 * hidden, key: &key) : nil
    combination = Linear(3 * hidden, hidden, key: &key)
    fc = Linear(hidden, targetVocabulary, key: &key)
  }

  public func callAsFunction(_ source: Tensor, _ target: Tensor) -> Tensor {
    let start = begin(source)
    let inputs = dropout(targetEmbedding(target))
    let (first, memory, isPadding) = (start[0], start[1], start[2])
    if let luong {
      let (h, _) = decoder(inputs, initial: [first])
      return logits(h, luong(h, memory, keyPaddingMask: isPadding).output)
    }
    if let bahdanau {
      let (h, context) = attending(bahdanau, inputs, start)
      return logits(h, context)
    }
    let summary = memory.expandingAxis(1).broadcast(to: [inputs.shape[0], inputs.shape[1], memory.shape[1]])
    let (h, _) = decoder(concatenate([inputs, summary], axis: -1), initial: [first])
    return logits(h, summary)
  }

  /// The decoder's states and what they look at, `[batch, time, …]`: each step's context is known only after the one
  /// before.
  private func attending(
    _ attention: BahdanauAttention, _ inputs: Tensor, _ start: [Tensor]
  ) -> (states: Tensor, contexts: Tensor) {
    let (_, outputs) = scan([start[0]], over: [inputs.swapping(0, 1)]) { carries, elements in
      let context = attention(carries[0].expandingAxis(1), start[1], keyPaddingMask: start[2]).output
      let input = concatenate([elements[0].expandingAxis(1), context], axis: -1)
      let (h, state) = decoder(input, initial: [carries[0]])
      return (state, [h.squeezed([1]), context.squeezed([1])])
    }
    return (outputs[0].swapping(0, 1), outputs[1].swapping(0, 1))
  }

  /// From states and contexts `[batch, time, …]`.
  private func logits(_ states: Tensor, _ contexts: Tensor) -> Tensor {
    fc(dropout(combination(concatenate([states, contexts], axis: -1)).tanh()))
  }

  /// The decoder's first state, what it may look at, and where that is padding; without attention the summary alone.
  public func begin(_ source: Tensor) -> [Tensor] {
    let lengths = sequenceLengths(source, padding: padding)
    let (outputs, states) = encoder(dropout(sourceEmbedding(source)), lengths: lengths)
    let summary = concatenate(states, axis: -1)
    let isPadding = source .== Double(padding)
    return [bridge(summary).tanh(), attention == .none ? summary : outputs, isPadding]
  }

  public func next(_ token: Tensor, _ state: [Tensor], position: Tensor) -> TranslationStep {
    let input = targetEmbedding(token).expandingAxis(1)
    let (first, memory, isPadding) = (state[0], state[1], state[2])
    if let luong {
      let (h, last) = decoder(input, initial: [first])
      let (context, weights) = luong(h, memory, keyPaddingMask: isPadding)
      return TranslationStep(
        logits: logits(h, context).squeezed([1]), state: [last[0], memory, isPadding], attention: weights.squeezed([1]))
    }
    var (context, weights) = (memory.expandingAxis(1), Tensor?.none)
    if let bahdanau {
      let looked = bahdanau(first.expandingAxis(1), memory, keyPaddingMask: isPadding)
      (context, weights) = (looked.output, looked.weights.squeezed([1]))
    }
    let (h, last) = decoder(concatenate([input, context], axis: -1), initial: [first])
    return TranslationStep(
      logits: logits(h, context).squeezed([1]), state: [last[0], memory, isPadding], attention: weights)
  }
}
