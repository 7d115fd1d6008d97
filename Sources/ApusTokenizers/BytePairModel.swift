import Synchronization

/// Byte-pair encoding (Sennrich et al. 2016): characters of a piece are merged pair by pair, the pair that was learned first
/// before all others.
public struct BytePairModel: Sendable {
  /// What is special about one.
  public struct Options: Hashable, Sendable {
    /// What stands for characters that are no tokens; without one they are left out.
    public var unknown: String?
    /// Whether unknown characters in a row become one token.
    public var fusesUnknown = false
    /// What begins tokens inside of words.
    public var continuationPrefix = ""
    /// What ends the last token of a word.
    public var endOfWordSuffix = ""
    /// Whether unknown characters become the tokens of their bytes, `<0x0A>`.
    public var fallsBackToBytes = false
    /// Whether a piece that is a token needs no merges.
    public var ignoresMerges = false

    public init() {}
  }

  public let vocabulary: Vocabulary
  /// The pairs in the order in which they were learned.
  public let merges: [(left: String, right: String)]
  public let options: Options
  private let ranks: [Pair: (rank: Int, id: Int)]
  private let unknownID: Int?
  private let cache = Cache()

  private struct Pair: Hashable { let left, right: Int }

  /// A model of merges. Throws a ``TokenizerError`` where a merge needs a token that the vocabulary lacks.
  public init(
    vocabulary: Vocabulary, merges: [(left: String, right: String)], options: Options = Options()
  ) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.options = options
    unknownID = options.unknown.flatMap { vocabulary.id($0) }
    let prefix = Array(options.continuationPrefix.utf8)
    var ranks: [Pair: (rank: Int, id: Int)] = [:]
    ranks.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      var rest = Array(merge.right.utf8)
      if !prefix.isEmpty, rest.starts(with: prefix) { rest.removeFirst(prefix.count) }
      guard !merge.left.isEmpty, !rest.isEmpty else {
        throw TokenizerError("merge \(rank) (\"\(merge.left)\" and \"\(merge.right)\") makes a token of itself")
      }
      let merged = ByteString(Array(merge.left.utf8) + rest)
      guard let left = vocabulary.id(merge.left), let right = vocabulary.id(merge.right), let id = vocabulary.id(merged)
      else {
        throw TokenizerError(
          "merge \(rank) (\"\(merge.left)\" and \"\(merge.right)\") needs tokens that the vocabulary lacks")
      }
      ranks[Pair(left: left, right: right)] = (rank, id)
    }
    self.ranks = ranks
  }

  func ids(of piece: [Unicode.Scalar]) -> [Int] {
    let key = ByteString(piece)
    if options.ignoresMerges, let id = vocabulary.id(key) { return [id] }
    if let known = cache[key] { return known }
    let ids = merged(symbols(of: piece))
    cache[key] = ids
    return ids
  }

  /// The tokens of the characters.
  private func symbols(of piece: [Unicode.Scalar]) -> [Int] {
    var symbols: [Int] = []
    var isUnknownBefore = false
    for (place, scalar) in piece.enumerated() {
      var text = ByteString(CollectionOfOne(scalar))
      let plain = text.bytes
      if place > 0 { text.bytes = Array(options.continuationPrefix.utf8) + text.bytes }
      if place == piece.count - 1 { text.bytes += Array(options.endOfWordSuffix.utf8) }
      if let id = vocabulary.id(text) {
        symbols.append(id)
        isUnknownBefore = false
        continue
      }
      if options.fallsBackToBytes, let bytes = vocabulary.ids(ofBytes: plain) {
        symbols += bytes
        isUnknownBefore = false
      } else if let unknownID {
        if !(options.fusesUnknown && isUnknownBefore) { symbols.append(unknownID) }
        isUnknownBefore = true
      }
    }
    return symbols
  }

  /// Merges the pair of the least rank, the leftmost of equals, until there is none.
  private func merged(_ symbols: [Int]) -> [Int] {
    if symbols.count < 2 { return symbols }
    var symbols = symbols
    var next = Array(1...symbols.count)
    var previous = Array(-1..<(symbols.count - 1))
    var heap = Heap<Merge>()
    func push(_ place: Int) {
      guard place >= 0, next[place] < symbols.count else { return }
      let pair = Pair(left: symbols[place], right: symbols[next[place]])
      if let merge = ranks[pair] { heap.push(Merge(rank: merge.rank, place: place, id: merge.id)) }
    }
    for place in symbols.indices.dropLast() { push(place) }
    // Places that were merged into the one before are marked.
    let gone = -1
    while let merge = heap.pop() {
      let place = merge.place
      guard symbols[place] != gone, next[place] < symbols.count else { continue }
      let right = next[place]
      // What was pushed before a neighbour changed is out of date.
      guard let current = ranks[Pair(left: symbols[place], right: symbols[right])], current.rank == merge.rank else {
        continue
      }
      symbols[place] = merge.id
      symbols[right] = gone
      next[place] = next[right]
      if next[place] < symbols.count { previous[next[place]] = place }
      push(previous[place])
      push(place)
    }
    return symbols.filter { $0 != gone }
  }
}

/// Pieces that were encoded before.
private final class Cache: Sendable {
  private let known = Mutex<[ByteString: [Int]]>([:])
  private static let limit = 10_000
  private static let longest = 64

  subscript(piece: ByteString) -> [Int]? {
    get { known.withLock { $0[piece] } }
    set {
      known.withLock { known in
        if known.count < Cache.limit, piece.bytes.count <= Cache.longest { known[piece] = newValue }
      }
    }
  }
}

/// A merge to be done: the least rank first, of equals the leftmost.
private struct Merge: Prioritized {
  let rank, place, id: Int

  func precedes(_ other: Merge) -> Bool { (rank, place) < (other.rank, other.place) }
}

extension Vocabulary {
  /// The tokens `<0x0A>` of bytes; nil unless all are there.
  func ids(ofBytes bytes: [UInt8]) -> [Int]? {
    let ids = bytes.map { id(ByteToken.text(of: $0)) }
    return ids.contains(nil) ? nil : ids.compactMap { $0 }
  }
}

/// Tokens that stand for a byte: `<0x0A>`.
enum ByteToken {
  static func text(of byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count < 2 ? "0" : "") + digits + ">"
  }

  static func byte(of token: String) -> UInt8? {
    guard token.utf8.count == 6, token.hasPrefix("<0x"), token.hasSuffix(">") else { return nil }
    return UInt8(token.dropFirst(3).dropLast(), radix: 16)
  }
}
