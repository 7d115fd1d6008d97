/// Learns a vocabulary of whole words: the most frequent first, those equally frequent by their bytes.
public struct WordLevelTrainer: Sendable {
  /// How many tokens there will be at most, special ones among them; nil for as many as there are words.
  public var vocabularySize: Int?
  /// A word that occurs less often is unknown.
  public var minimumFrequency: Int
  /// Tokens that stand for themselves wherever they occur; they get the first numbers.
  public var specialTokens: [String]
  /// What stands for other words; the very first token unless it is a special one.
  public var unknown: String
  public var normalizer: Normalizer?
  public var preTokenizer: PreTokenizer

  public init(
    vocabularySize: Int? = nil, minimumFrequency: Int = 1, specialTokens: [String] = [], unknown: String = "[UNK]",
    normalizer: Normalizer? = nil, preTokenizer: PreTokenizer = .whitespace
  ) {
    self.vocabularySize = vocabularySize
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
    self.unknown = unknown
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
  }

  /// A tokenizer of the words of texts.
  public func train(_ texts: some Sequence<String>) -> Tokenizer {
    let special = specialTokens.contains(unknown) ? specialTokens : [unknown] + specialTokens
    var counts: [ByteString: Int] = [:]
    for text in texts {
      let scalars = Array(text.unicodeScalars)
      let whole = TextPiece(normalizer?.normalized(scalars) ?? scalars, isFirst: true)
      for piece in preTokenizer.pieces([whole]) where !piece.scalars.isEmpty {
        counts[ByteString(piece.scalars), default: 0] += 1
      }
    }
    for token in special { counts[ByteString(token)] = nil }
    let words = counts.filter { $0.value >= minimumFrequency }.sorted { one, other in
      one.value != other.value
        ? one.value > other.value : one.key.bytes.lexicographicallyPrecedes(other.key.bytes)
    }
    let room = vocabularySize.map { max(0, $0 - special.count) } ?? words.count
    let tokens = special + words.prefix(room).map(\.key.description)
    return Tokenizer(
      normalizer: normalizer, preTokenizer: preTokenizer,
      model: .wordLevel(WordLevelModel(vocabulary: Vocabulary(tokens), unknown: unknown)),
      addedTokens: special.enumerated().map { AddedToken(id: $0, content: $1, isSpecial: true) })
  }
}
