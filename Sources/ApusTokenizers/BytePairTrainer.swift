/// Learns byte-level byte-pair encoding from text (Sennrich et al. 2016; bytes as in Radford et al. 2019): the pair of
/// tokens that occurs most often becomes a token, until there are enough.
public struct BytePairTrainer: Sendable {
  /// How many tokens there will be, special ones and the 256 of bytes among them.
  public var vocabularySize: Int
  /// A pair that occurs less often is not merged.
  public var minimumFrequency: Int
  /// Tokens that stand for themselves wherever they occur; they get the first numbers.
  public var specialTokens: [String]

  public init(vocabularySize: Int, minimumFrequency: Int = 2, specialTokens: [String] = []) {
    self.vocabularySize = vocabularySize
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
  }

  private struct Pair: Hashable {
    let left, right: Int
  }

  /// A tokenizer learned from texts: cut by GPT-2's pattern, special tokens apart.
  ///
  /// Of pairs that occur equally often the one of the lower numbers is taken, so that the same texts give the same tokens.
  public func train(_ texts: some Sequence<String>) -> Tokenizer {
    var tokens = specialTokens + ByteLevel.characters.sorted().map { String(Character($0)) }
    let byteIDs = Dictionary(
      uniqueKeysWithValues: ByteLevel.characters.sorted().enumerated().map { ($1, $0 + specialTokens.count) })
    var words = countedWords(texts).map { word, count in (symbols: word.map { byteIDs[$0]! }, count: count) }
    var counts: [Pair: Int] = [:]
    var places: [Pair: Set<Int>] = [:]
    for (place, word) in words.enumerated() {
      for pair in pairs(word.symbols) {
        counts[pair, default: 0] += word.count
        places[pair, default: []].insert(place)
      }
    }
    var queue = Heap(counts.map { Candidate(count: $1, left: $0.left, right: $0.right) })
    var merges: [(left: String, right: String)] = []
    while tokens.count < vocabularySize, let entry = queue.pop() {
      let best = Pair(left: entry.left, right: entry.right)
      let current = counts[best] ?? 0
      if current != entry.count {
        // Merges have taken some of it away.
        if current > 0 { queue.push(Candidate(count: current, left: entry.left, right: entry.right)) }
        continue
      }
      if current < max(1, minimumFrequency) { break }
      let id = tokens.count
      tokens.append(tokens[best.left] + tokens[best.right])
      merges.append((tokens[best.left], tokens[best.right]))
      var grown: Set<Pair> = []
      for place in (places[best] ?? []).sorted() {
        let before = words[place].symbols
        let after = merged(before, best, id)
        for pair in pairs(before) { counts[pair, default: 0] -= words[place].count }
        for pair in pairs(after) {
          counts[pair, default: 0] += words[place].count
          places[pair, default: []].insert(place)
          if pair.left == id || pair.right == id { grown.insert(pair) }
        }
        words[place].symbols = after
      }
      counts[best] = nil
      places[best] = nil
      for pair in grown { queue.push(Candidate(count: counts[pair]!, left: pair.left, right: pair.right)) }
    }
    return tokenizer(tokens, merges)
  }

  private func tokenizer(_ tokens: [String], _ merges: [(left: String, right: String)]) -> Tokenizer {
    guard let model = try? BytePairModel(vocabulary: Vocabulary(tokens), merges: merges) else {
      fatalError("BytePairTrainer: a merge of tokens that there are not")
    }
    return Tokenizer(
      preTokenizer: .byteLevel(addsPrefixSpace: false, usesPattern: true), model: .bytePair(model),
      decoder: .byteLevel,
      addedTokens: specialTokens.enumerated().map { AddedToken(id: $0, content: $1, isSpecial: true) })
  }

  /// The pieces of the texts and how often each occurs, in an order that depends on the texts only.
  private func countedWords(_ texts: some Sequence<String>) -> [([Unicode.Scalar], Int)] {
    let cutter = PreTokenizer.byteLevel(addsPrefixSpace: false, usesPattern: true)
    let search = AddedTokenSearch(specialTokens.enumerated().map { AddedToken(id: $0, content: $1, isSpecial: true) }) {
      Array($0.content.unicodeScalars)
    }
    var order: [[Unicode.Scalar]] = []
    var counts: [ByteString: (place: Int, count: Int)] = [:]
    for text in texts {
      for part in search.parts(Array(text.unicodeScalars), isFirst: true) {
        guard case .text(let scalars, let isFirst) = part else { continue }
        for piece in cutter.pieces([TextPiece(scalars, isFirst: isFirst)]) {
          let key = ByteString(piece.scalars)
          if counts[key] == nil { order.append(piece.scalars) }
          counts[key, default: (order.count - 1, 0)].count += 1
        }
      }
    }
    return order.map { ($0, counts[ByteString($0)]!.count) }
  }

  private func pairs(_ symbols: [Int]) -> [Pair] { zip(symbols, symbols.dropFirst()).map { Pair(left: $0, right: $1) } }

  private func merged(_ symbols: [Int], _ pair: Pair, _ id: Int) -> [Int] {
    var result: [Int] = []
    var place = 0
    while place < symbols.count {
      if place + 1 < symbols.count, symbols[place] == pair.left, symbols[place + 1] == pair.right {
        result.append(id)
        place += 2
      } else {
        result.append(symbols[place])
        place += 1
      }
    }
    return result
  }
}

/// A pair to merge: the most frequent first, of equals the one of the lower numbers.
private struct Candidate: Prioritized {
  let count, left, right: Int

  func precedes(_ other: Candidate) -> Bool { (-count, left, right) < (-other.count, other.left, other.right) }
}
