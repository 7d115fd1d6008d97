extension Tokenizer {
  /// A tokenizer of which each token is one character (a Unicode scalar) of the text; decoding gives the text back.
  ///
  /// Tokens are numbered by code point, after special ones and the unknown one.
  ///
  /// - Parameters:
  ///   - specialTokens: Tokens that stand for themselves wherever they occur.
  ///   - unknown: What stands for a character that the text has not: one character, so that no text is taken for it.
  public static func characters(
    of text: String, specialTokens: [String] = [], unknown: Unicode.Scalar = "\u{FFFD}"
  ) -> Tokenizer {
    let known = Set(text.unicodeScalars).subtracting([unknown]).sorted()
    let tokens = specialTokens + ([unknown] + known).map { String(Character($0)) }
    return Tokenizer(
      preTokenizer: .split(.anyCharacter, .isolated, isInverted: false),
      model: .wordLevel(
        WordLevelModel(vocabulary: Vocabulary(tokens), unknown: String(Character(unknown)))),
      decoder: .fuse,
      addedTokens: specialTokens.enumerated().map { AddedToken(id: $0, content: $1, isSpecial: true) })
  }

  /// A tokenizer of the words and the runs of other marks in a text, the most frequent first.
  ///
  /// - Parameters:
  ///   - limit: How many tokens there are at most, special ones among them.
  ///   - minimumCount: A word that occurs less often is unknown.
  ///   - lowercases: Whether case is taken away first.
  ///   - specialTokens: Tokens that get the first numbers; `[UNK]`, which stands for unknown words, comes before them
  ///     unless it is among them.
  public static func words(
    of text: String, limit: Int? = nil, minimumCount: Int = 1, lowercases: Bool = false, specialTokens: [String] = []
  ) -> Tokenizer {
    WordLevelTrainer(
      vocabularySize: limit, minimumFrequency: minimumCount, specialTokens: specialTokens,
      normalizer: lowercases ? .lowercase : nil
    ).train([text])
  }

  /// A tokenizer of byte pairs learned from a text (``BytePairTrainer``); decoding gives any text back.
  public static func bytePairs(
    of text: String, vocabularySize: Int, specialTokens: [String] = []
  ) -> Tokenizer {
    BytePairTrainer(vocabularySize: vocabularySize, specialTokens: specialTokens).train([text])
  }
}
