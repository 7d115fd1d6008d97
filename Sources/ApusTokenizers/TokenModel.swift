/// What makes tokens of a piece of text.
public enum TokenModel: Sendable {
  case bytePair(BytePairModel)
  case wordPiece(WordPieceModel)
  case unigram(UnigramModel)
  case wordLevel(WordLevelModel)

  public var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    }
  }

  func ids(of piece: [Unicode.Scalar]) -> [Int] {
    switch self {
    case .bytePair(let model): model.ids(of: piece)
    case .wordPiece(let model): model.ids(of: piece)
    case .unigram(let model): model.ids(of: piece)
    case .wordLevel(let model): model.ids(of: piece)
    }
  }
}

/// Each piece is a token, or the unknown one.
public struct WordLevelModel: Sendable {
  public let vocabulary: Vocabulary
  /// What is unknown; left out where there is no such token.
  public let unknown: String?
  private let unknownID: Int?

  public init(vocabulary: Vocabulary, unknown: String?) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    unknownID = unknown.flatMap { vocabulary.id($0) }
  }

  func ids(of piece: [Unicode.Scalar]) -> [Int] {
    (vocabulary.id(ByteString(piece)) ?? unknownID).map { [$0] } ?? []
  }

  /// The tokens of a text of which each character is a piece.
  func ids(ofCharacters text: [Unicode.Scalar]) -> [Int] {
    var known: [Unicode.Scalar: Int?] = [:]
    var ids: [Int] = []
    ids.reserveCapacity(text.count)
    for scalar in text {
      let id: Int?
      if let seen = known[scalar] {
        id = seen
      } else {
        id = vocabulary.id(ByteString(CollectionOfOne(scalar))) ?? unknownID
        known[scalar] = .some(id)
      }
      if let id { ids.append(id) }
    }
    return ids
  }
}

/// Words as the longest tokens they begin with, one after the other (Wu et al. 2016, as BERT uses it).
public struct WordPieceModel: Sendable {
  public let vocabulary: Vocabulary
  /// What stands for a word that cannot be made of tokens.
  public let unknown: String
  /// What begins tokens inside of words.
  public let continuationPrefix: String
  /// Longer words are unknown.
  public let longestWord: Int
  private let unknownID: Int
  private let longestToken: Int

  /// Traps unless the unknown token is in the vocabulary.
  public init(
    vocabulary: Vocabulary, unknown: String = "[UNK]", continuationPrefix: String = "##", longestWord: Int = 100
  ) {
    guard let unknownID = vocabulary.id(unknown) else {
      fatalError("WordPieceModel: the vocabulary lacks the unknown token \(unknown)")
    }
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.continuationPrefix = continuationPrefix
    self.longestWord = longestWord
    self.unknownID = unknownID
    longestToken = (0..<vocabulary.count).reduce(0) { max($0, vocabulary.token($1)?.unicodeScalars.count ?? 0) }
  }

  func ids(of piece: [Unicode.Scalar]) -> [Int] {
    guard piece.count <= longestWord else { return [unknownID] }
    var ids: [Int] = []
    var start = 0
    while start < piece.count {
      var end = min(piece.count, start + longestToken)
      var found: Int?
      while end > start, found == nil {
        var token = start > 0 ? Array(continuationPrefix.utf8) : []
        token += ByteString(piece[start..<end]).bytes
        found = vocabulary.id(ByteString(token))
        if found == nil { end -= 1 }
      }
      guard let found else { return [unknownID] }
      ids.append(found)
      start = end
    }
    return ids
  }
}
