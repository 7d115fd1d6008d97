import ApusNN
import ApusTensor

/// What a recipe for translating is made of. Sentences are cut into byte pairs, each language into its own.
public struct TranslationWork: Sendable {
  /// How many tokens each language has.
  public let vocabulary: Int
  /// The most tokens of a sentence, its marks among them; longer ones are not trained on.
  public let context: Int
  public let makeModel:
    @Sendable (_ sourceVocabulary: Int, _ targetVocabulary: Int, _ context: Int, _ key: inout RandomKey) ->
      any Translator

  /// What sentences are filled up with, begun with and ended with, in both languages, and their numbers.
  public static let marks = (padding: "<pad>", begin: "<s>", end: "</s>")
  public static let padding = 0
  public static let begin = 1
  public static let end = 2
}

/// What a recipe for tagging words is made of.
public struct TaggingWork: Sendable {
  /// How many words are known.
  public let vocabulary: Int
  /// How many words a stretch of text has.
  public let time: Int
  public let makeModel: @Sendable (_ vocabulary: Int, _ tags: Int, _ key: inout RandomKey) -> SequenceTagger
}

/// What a recipe for classifying texts is made of.
public struct TextClassificationWork: Sendable {
  /// How many words are known.
  public let vocabulary: Int
  /// The most words that are read of a text.
  public let context: Int
  public let makeModel:
    @Sendable (_ vocabulary: Int, _ classes: Int, _ context: Int, _ key: inout RandomKey) -> any Layer
}

/// What a recipe for continuing series is made of.
public struct ForecastWork: Sendable {
  /// How many values are seen.
  public let window: Int
  /// `features` values at each time to one value.
  public let makeModel: @Sendable (_ features: Int, _ key: inout RandomKey) -> any Layer
}
