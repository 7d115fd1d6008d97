/// Text as the numbers that a model reads, and back.
///
/// Text passes through five stages, each of which may be absent: normalising, cutting into pieces, the model that makes
/// tokens of pieces, adding what goes around them; and for the way back the decoder. They are those of Hugging Face's
/// `tokenizers`, whose files ``init(contentsOf:)`` reads and ``write(to:)`` writes.
public struct Tokenizer: Sendable {
  public let normalizer: Normalizer?
  public let preTokenizer: PreTokenizer?
  public let model: TokenModel
  public let postProcessor: PostProcessor?
  public let decoder: TokenDecoder?
  public let addedTokens: [AddedToken]
  /// How long results become, unless nil.
  public var truncation: Truncation?
  public var padding: Padding?

  private let rawSearch: AddedTokenSearch
  private let normalizedSearch: AddedTokenSearch
  private let addedByID: [Int: AddedToken]

  /// Cuts what is too long.
  public struct Truncation: Hashable, Sendable {
    public enum Strategy: String, Hashable, Sendable {
      case longestFirst = "LongestFirst"
      case onlyFirst = "OnlyFirst"
      case onlySecond = "OnlySecond"
    }

    /// Tokens, those added around the text among them.
    public var length: Int
    public var strategy = Strategy.longestFirst
    /// Whether the beginning goes, not the end.
    public var isFromLeft = false

    public init(length: Int) { self.length = length }
  }

  /// Fills up what is too short.
  public struct Padding: Hashable, Sendable {
    /// Nil fills up to the longest of a batch.
    public var length: Int?
    public var multiple: Int?
    public var isLeft = false
    public var id = 0
    public var type = 0

    public init(length: Int? = nil) { self.length = length }
  }

  public init(
    normalizer: Normalizer? = nil, preTokenizer: PreTokenizer? = nil, model: TokenModel,
    postProcessor: PostProcessor? = nil, decoder: TokenDecoder? = nil, addedTokens: [AddedToken] = []
  ) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.postProcessor = postProcessor
    self.decoder = decoder
    self.addedTokens = addedTokens
    rawSearch = AddedTokenSearch(addedTokens.filter { !$0.isNormalized }) { Array($0.content.unicodeScalars) }
    normalizedSearch = AddedTokenSearch(addedTokens.filter(\.isNormalized)) { token in
      let scalars = Array(token.content.unicodeScalars)
      return normalizer?.normalized(scalars) ?? scalars
    }
    addedByID = Dictionary(addedTokens.map { ($0.id, $0) }) { $1 }
  }

  /// One more than the largest number of a token.
  public var vocabularySize: Int { max(model.vocabulary.count, (addedTokens.map(\.id).max() ?? -1) + 1) }

  /// The number of a token; nil where there is none of this text.
  public func id(_ token: String) -> Int? {
    addedTokens.first { $0.content == token }?.id ?? model.vocabulary.id(token)
  }

  /// The token of a number; nil where there is none.
  public func token(_ id: Int) -> String? { addedByID[id]?.content ?? model.vocabulary.token(id) }

  // MARK: Encoding

  /// What a model reads of a text.
  public struct Encoding: Hashable, Sendable {
    public var ids: [Int]
    /// Which text each token is of: 0 for the first, 1 for the second.
    public var types: [Int]
    /// 1 for what was there, 0 for what fills up.
    public var mask: [Int]
  }

  /// The tokens of a text, or of two.
  ///
  /// - Parameter addsSpecialTokens: Whether what the model expects around a text is added.
  public func encode(_ text: String, pair: String? = nil, addsSpecialTokens: Bool = true) -> Encoding {
    var encoding = unpadded(text, pair, addsSpecialTokens)
    pad(&encoding, to: encoding.ids.count)
    return encoding
  }

  /// The tokens of several texts; with ``padding`` all of one length.
  public func encode(_ texts: [String], addsSpecialTokens: Bool = true) -> [Encoding] {
    var encodings = texts.map { unpadded($0, nil, addsSpecialTokens) }
    let longest = encodings.map(\.ids.count).max() ?? 0
    for place in encodings.indices { pad(&encodings[place], to: longest) }
    return encodings
  }

  private func unpadded(_ text: String, _ pair: String?, _ addsSpecialTokens: Bool) -> Encoding {
    var first = ids(of: text)
    var second = pair.map { ids(of: $0) }
    let processor = addsSpecialTokens ? postProcessor ?? .none : .none
    truncate(&first, &second, adding: processor.addedCount(isPair: pair != nil))
    var encoding = Encoding(ids: [], types: [], mask: [])
    func add(_ ids: [Int], _ type: Int) {
      encoding.ids += ids
      encoding.types += ids.map { _ in type }
    }
    for part in pair == nil ? processor.single : processor.pair {
      switch part {
      case .first(let type): add(first, type)
      case .second(let type): add(second ?? [], type)
      case .special(let ids, let type): add(ids, type)
      }
    }
    encoding.mask = encoding.ids.map { _ in 1 }
    return encoding
  }

  /// The tokens of a text without anything around them.
  private func ids(of text: String) -> [Int] {
    var ids: [Int] = []
    for part in rawSearch.parts(Array(text.unicodeScalars), isFirst: true) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let raw, let isFirst):
        for part in normalizedSearch.parts(normalizer?.normalized(raw) ?? raw, isFirst: isFirst) {
          switch part {
          case .token(let id): ids.append(id)
          case .text(let text, let isFirst):
            if let words = modelOfCharacters {
              ids += words.ids(ofCharacters: text)
              continue
            }
            let whole = [TextPiece(text, isFirst: isFirst)]
            for piece in preTokenizer?.pieces(whole) ?? whole where !piece.scalars.isEmpty {
              ids += model.ids(of: piece.scalars)
            }
          }
        }
      }
    }
    return ids
  }

  /// The model where it takes character by character, so that texts of millions need not be cut into pieces first.
  private var modelOfCharacters: WordLevelModel? {
    guard case .split(let pattern, .isolated, _) = preTokenizer, pattern.isAnyCharacter,
      case .wordLevel(let words) = model
    else { return nil }
    return words
  }

  private func truncate(_ first: inout [Int], _ second: inout [Int]?, adding added: Int) {
    guard let truncation else { return }
    let room = max(0, truncation.length - added)
    let excess = first.count + (second?.count ?? 0) - room
    if excess <= 0 { return }
    func cut(_ ids: [Int], to count: Int) -> [Int] {
      Array(truncation.isFromLeft ? ids.suffix(max(0, count)) : ids.prefix(max(0, count)))
    }
    switch truncation.strategy {
    case .onlyFirst: first = cut(first, to: first.count - excess)
    case .onlySecond: second = second.map { cut($0, to: $0.count - excess) }
    case .longestFirst:
      guard let other = second else { return first = cut(first, to: room) }
      // The shorter one stays whole while it takes less than half.
      let shorter = min(first.count, other.count)
      var (least, most) = (shorter, shorter > room ? shorter : max(shorter, room - shorter))
      if least + most > room { (least, most) = (room / 2, room / 2 + room % 2) }
      let isSwapped = first.count > other.count
      first = cut(first, to: isSwapped ? most : least)
      second = cut(other, to: isSwapped ? least : most)
    }
  }

  private func pad(_ encoding: inout Encoding, to longest: Int) {
    guard let padding else { return }
    var length = padding.length ?? longest
    if let multiple = padding.multiple, multiple > 0 { length = (length + multiple - 1) / multiple * multiple }
    let missing = length - encoding.ids.count
    if missing <= 0 { return }
    func filled(_ values: [Int], _ value: Int) -> [Int] {
      let fill = [Int](repeating: value, count: missing)
      return padding.isLeft ? fill + values : values + fill
    }
    encoding = Encoding(
      ids: filled(encoding.ids, padding.id), types: filled(encoding.types, padding.type), mask: filled(encoding.mask, 0)
    )
  }

  // MARK: Decoding

  /// The text of tokens.
  ///
  /// - Parameter skipsSpecialTokens: Whether special tokens are left out.
  public func decode(_ ids: [Int], skipsSpecialTokens: Bool = true) -> String {
    let tokens = ids.compactMap { id -> String? in
      if skipsSpecialTokens, addedByID[id]?.isSpecial == true { return nil }
      return token(id)
    }
    return decoder.map { $0.decoded(tokens).joined() } ?? tokens.joined(separator: " ")
  }
}
