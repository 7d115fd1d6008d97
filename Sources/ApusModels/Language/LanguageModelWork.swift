import ApusNN
import ApusTensor

/// What a recipe for learning which token comes next is made of.
public struct LanguageModelWork: Sendable {
  /// What a text is cut into.
  public enum Unit: Hashable, Sendable {
    case characters
    /// The most frequent words, and a token for the others.
    case words(vocabulary: Int)
    /// Byte-level byte pairs (Sennrich et al. 2016).
    case bytePairs(vocabulary: Int)
    /// Notes of tunes: pitch and length together.
    case notes
  }

  /// The model, and how it is fed.
  public enum Model: Sendable {
    /// It goes on where the batch before ended, and gradients go back to the beginning of the batch.
    case recurrent(@Sendable (_ vocabulary: Int, _ key: inout RandomKey) -> RecurrentLanguageModel)
    /// It sees stretches of the text in random order.
    case transformer(@Sendable (_ vocabulary: Int, _ context: Int, _ key: inout RandomKey) -> GPT)
  }

  public let unit: Unit
  /// How many tokens a batch goes back.
  public let time: Int
  public let model: Model
  /// What share of the text, its end, is not trained on.
  public let testShare: Double

  public init(_ unit: Unit, time: Int, _ model: Model, testShare: Double = 0.1) {
    (self.unit, self.time, self.model, self.testShare) = (unit, time, model, testShare)
  }
}
