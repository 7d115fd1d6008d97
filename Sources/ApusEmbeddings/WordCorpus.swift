/// Sentences as numbers of words, for models that learn from the company words keep.
public struct WordCorpus: Sendable {
  /// The words by number, the most frequent first, of equals the one that came first.
  public let words: [String]
  /// How often each occurs.
  public let counts: [Int]
  /// How many words the text had, rare ones among them.
  public let textLength: Int
  let tokens: [Int32]
  /// Where sentences begin; one more than there are.
  let starts: [Int]

  /// Longer sentences are cut, as in `word2vec`.
  static let longestSentence = 10_000

  /// The words of a text, each line of it a sentence: letters and digits of any script, and apostrophes inside.
  ///
  /// - Parameters:
  ///   - minimumCount: Rarer words are left out, as if they were not in the text.
  ///   - limit: How many words there are at most.
  ///   - lowercases: Whether case is taken away first.
  public init(_ text: String, minimumCount: Int = 5, limit: Int? = nil, lowercases: Bool = true) {
    var builder = Builder()
    var word = String.UnicodeScalarView()
    var hasUpper = false
    var hasApostrophe = false
    func finishWord() {
      if word.isEmpty { return }
      let text = String(word)
      builder.add(hasUpper && lowercases ? text.lowercased() : text)
      word.removeAll(keepingCapacity: true)
      hasUpper = false
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "0"..."9": break
      case "A"..."Z": hasUpper = true
      case "'", "\u{2019}":
        // It belongs to the word if a letter follows.
        if hasApostrophe { finishWord() }
        hasApostrophe = !word.isEmpty
        continue
      default:
        let isWord = !scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
        if !isWord {
          finishWord()
          hasApostrophe = false
          if scalar == "\n" { builder.finishSentence() }
          continue
        }
        hasUpper = true
      }
      if hasApostrophe { word.append("'") }
      hasApostrophe = false
      word.append(scalar)
    }
    finishWord()
    builder.finishSentence()
    self.init(builder, minimumCount: minimumCount, limit: limit)
  }

  /// Sentences that are words already.
  public init(sentences: some Sequence<[String]>, minimumCount: Int = 5, limit: Int? = nil) {
    var builder = Builder()
    for sentence in sentences {
      for word in sentence { builder.add(word) }
      builder.finishSentence()
    }
    self.init(builder, minimumCount: minimumCount, limit: limit)
  }

  private init(_ builder: Builder, minimumCount: Int, limit: Int?) {
    let order = builder.counts.indices.filter { builder.counts[$0] >= minimumCount }
      .sorted { (-builder.counts[$0], $0) < (-builder.counts[$1], $1) }.prefix(limit ?? .max)
    var numbers = [Int32](repeating: -1, count: builder.counts.count)
    for (number, old) in order.enumerated() { numbers[old] = Int32(number) }
    var tokens: [Int32] = []
    var starts = [0]
    for (start, end) in zip(builder.starts, builder.starts.dropFirst()) {
      for token in builder.tokens[start..<end] where numbers[Int(token)] >= 0 {
        if tokens.count - starts.last! == Self.longestSentence { starts.append(tokens.count) }
        tokens.append(numbers[Int(token)])
      }
      if tokens.count > starts.last! { starts.append(tokens.count) }
    }
    words = order.map { builder.words[$0] }
    counts = order.map { builder.counts[$0] }
    textLength = builder.tokens.count
    self.tokens = tokens
    self.starts = starts
  }

  /// How many words are learned from.
  public var tokenCount: Int { tokens.count }

  private struct Builder {
    var numbers: [String: Int32] = [:]
    var words: [String] = []
    var counts: [Int] = []
    var tokens: [Int32] = []
    var starts = [0]

    mutating func add(_ word: String) {
      if let number = numbers[word] {
        counts[Int(number)] += 1
        tokens.append(number)
      } else {
        let number = Int32(words.count)
        numbers[word] = number
        words.append(word)
        counts.append(1)
        tokens.append(number)
      }
    }

    mutating func finishSentence() {
      if tokens.count > starts.last! { starts.append(tokens.count) }
    }
  }
}
