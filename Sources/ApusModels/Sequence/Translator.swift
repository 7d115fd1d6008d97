import ApusNN
import ApusTensor

/// A model that reads a sequence and then writes another: token numbers `[batch, sourceTime]` and `[batch, time]` to
/// logits `[batch, time, vocabulary]` of the targets' next tokens.
///
/// Sources are filled up at the end with `padding`. It is trained on whole targets, begun by a mark of their own; it writes
/// token by token from what it has noted of the source.
public protocol Translator: Module {
  /// The number of what sequences are filled up with at the end.
  var padding: Int { get }
  /// Of the targets.
  var vocabulary: Int { get }

  /// The logits of what follows each of the targets.
  func callAsFunction(_ source: Tensor, _ target: Tensor) -> Tensor
  /// What there is to know of the source before the first token: tensors whose first axis is the batch.
  func begin(_ source: Tensor) -> [Tensor]
  /// The logits `[batch, vocabulary]` of what follows `token`, `[batch]`; what to go on with; and, where there is
  /// attention, how much of it each of the sources gets, `[batch, sourceTime]`.
  ///
  /// - Parameter position: How many tokens came before this one, `int32`, a scalar.
  func next(_ token: Tensor, _ state: [Tensor], position: Tensor) -> TranslationStep
}

/// One token's share of a translation.
public struct TranslationStep {
  /// `[batch, vocabulary]`
  public let logits: Tensor
  public let state: [Tensor]
  /// `[batch, sourceTime]`
  public let attention: Tensor?

  public init(logits: Tensor, state: [Tensor], attention: Tensor? = nil) {
    (self.logits, self.state, self.attention) = (logits, state, attention)
  }
}
