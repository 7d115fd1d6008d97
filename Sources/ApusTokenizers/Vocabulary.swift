/// Tokens and their numbers.
public struct Vocabulary: Hashable, Sendable {
  /// The number of each token.
  private let ids: [ByteString: Int]
  /// The tokens by number; empty where there is none.
  private let tokens: [ByteString]

  /// Tokens by number. A later one of the same text replaces an earlier one.
  public init(_ tokens: [String]) {
    self.init(numbered: tokens.enumerated().map { (ByteString($1), $0) })
  }

  /// Tokens with numbers, which must not be negative and may leave gaps.
  init(numbered: [(token: ByteString, id: Int)]) {
    var tokens = [ByteString](repeating: ByteString([UInt8]()), count: (numbered.map(\.id).max() ?? -1) + 1)
    for (token, id) in numbered { tokens[id] = token }
    self.tokens = tokens
    ids = Dictionary(numbered.map { ($0.token, $0.id) }) { $1 }
  }

  /// One more than the largest number.
  public var count: Int { tokens.count }

  /// The number of a token; nil where there is none of this text.
  public func id(_ token: String) -> Int? { ids[ByteString(token)] }

  func id(_ token: ByteString) -> Int? { ids[token] }

  /// The text that was given for a number, even where a later token has the same.
  func text(at id: Int) -> String { tokens[id].description }

  /// The token of a number; nil where there is none.
  public func token(_ id: Int) -> String? {
    tokens.indices.contains(id) && ids[tokens[id]] == id ? tokens[id].description : nil
  }
}
