/// The likeliest tokens that make a piece, each with a probability of its own (Kudo 2018).
public struct UnigramModel: Sendable {
  public let vocabulary: Vocabulary
  /// The logarithm of each token's probability.
  public let scores: [Double]
  public let unknownID: Int?
  /// Whether unknown characters become the tokens of their bytes, `<0x0A>`.
  public let fallsBackToBytes: Bool
  private let trie: Trie
  private let unknownScore: Double

  /// A character that is no token costs so much more than the least likely token.
  private static let penalty = 10.0

  /// Traps unless there is a score for each token.
  public init(vocabulary: Vocabulary, scores: [Double], unknownID: Int?, fallsBackToBytes: Bool = false) {
    guard scores.count == vocabulary.count else {
      fatalError("UnigramModel: \(scores.count) scores for \(vocabulary.count) tokens")
    }
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknownID = unknownID
    self.fallsBackToBytes = fallsBackToBytes
    unknownScore = (scores.min() ?? 0) - UnigramModel.penalty
    var trie = Trie()
    for id in scores.indices {
      if let token = vocabulary.token(id) { trie.insert(Array(token.unicodeScalars), id) }
    }
    self.trie = trie
  }

  func ids(of piece: [Unicode.Scalar]) -> [Int] {
    var ids: [Int] = []
    var unknown: [Unicode.Scalar] = []
    func flush() {
      if unknown.isEmpty { return }
      if fallsBackToBytes, let bytes = vocabulary.ids(ofBytes: ByteString(unknown).bytes) {
        ids += bytes
      } else if let unknownID {
        ids.append(unknownID)
      }
      unknown = []
    }
    for (range, id) in bestPath(piece) {
      if let id, id != unknownID {
        flush()
        ids.append(id)
      } else {
        // Unknown characters in a row are one token.
        unknown += piece[range]
      }
    }
    flush()
    return ids
  }

  /// Viterbi's algorithm: the ranges of the best path with their tokens, nil for an unknown character.
  private func bestPath(_ piece: [Unicode.Scalar]) -> [(Range<Int>, Int?)] {
    var best = [(score: Double, start: Int, id: Int?)?](repeating: nil, count: piece.count + 1)
    best[0] = (0, 0, nil)
    for start in piece.indices {
      let score = best[start]!.score
      var hasSingle = false
      trie.matches(piece[start...]) { length, id in
        let end = start + length
        let candidate = score + scores[id]
        if best[end] == nil || candidate > best[end]!.score { best[end] = (candidate, start, id) }
        if length == 1 { hasSingle = true }
      }
      if !hasSingle {
        let candidate = score + unknownScore
        if best[start + 1] == nil || candidate > best[start + 1]!.score { best[start + 1] = (candidate, start, nil) }
      }
    }
    var path: [(Range<Int>, Int?)] = []
    var end = piece.count
    while end > 0 {
      let step = best[end]!
      path.append((step.start..<end, step.id))
      end = step.start
    }
    return path.reversed()
  }
}

/// Tokens by their characters.
private struct Trie: Sendable {
  private struct Edge: Hashable {
    let node: Int
    let scalar: Unicode.Scalar
  }

  private var edges: [Edge: Int] = [:]
  private var ids: [Int?] = [nil]

  mutating func insert(_ token: [Unicode.Scalar], _ id: Int) {
    if token.isEmpty { return }
    var node = 0
    for scalar in token {
      let edge = Edge(node: node, scalar: scalar)
      if let known = edges[edge] {
        node = known
      } else {
        ids.append(nil)
        edges[edge] = ids.count - 1
        node = ids.count - 1
      }
    }
    ids[node] = id
  }

  /// The tokens that the text begins with, the shortest first.
  func matches(_ text: Scalars, _ body: (_ length: Int, _ id: Int) -> Void) {
    var node = 0
    for (length, scalar) in text.enumerated() {
      guard let next = edges[Edge(node: node, scalar: scalar)] else { return }
      node = next
      if let id = ids[node] { body(length + 1, id) }
    }
  }
}
