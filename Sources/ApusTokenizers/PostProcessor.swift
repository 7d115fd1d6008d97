/// What is put around and between texts: `[CLS]`, `[SEP]` and the like.
public struct PostProcessor: Hashable, Sendable {
  /// A part of the result.
  public enum Part: Hashable, Sendable {
    case first(type: Int)
    case second(type: Int)
    case special(ids: [Int], type: Int)
  }

  /// What becomes of one text, and of two.
  public var single: [Part]
  public var pair: [Part]

  public init(single: [Part], pair: [Part]) {
    self.single = single
    self.pair = pair
  }

  /// Nothing is added.
  static let none = PostProcessor(single: [.first(type: 0)], pair: [.first(type: 0), .second(type: 1)])

  /// How many tokens are added.
  func addedCount(isPair: Bool) -> Int {
    (isPair ? pair : single).reduce(0) {
      if case .special(let ids, _) = $1 { $0 + ids.count } else { $0 }
    }
  }
}

/// What decoding makes of tokens.
public indirect enum TokenDecoder: Hashable, Sendable {
  case sequence([TokenDecoder])
  case byteLevel
  case wordPiece(prefix: String, cleansUp: Bool)
  case metaspace(replacement: Unicode.Scalar, prepends: PreTokenizer.PrependScheme)
  case bytePair(suffix: String)
  case byteFallback
  case fuse
  case strip(Unicode.Scalar, left: Int, right: Int)
  case replace(TextPattern, with: String)

  /// The parts of the text that the tokens are.
  func decoded(_ tokens: [String]) -> [String] {
    switch self {
    case .sequence(let steps): return steps.reduce(tokens) { $1.decoded($0) }
    case .byteLevel: return [String(decoding: tokens.flatMap { ByteLevel.bytes(of: $0) }, as: UTF8.self)]
    case .wordPiece(let prefix, let cleansUp):
      return tokens.enumerated().map { number, token in
        var text = token
        if number > 0 { text = token.hasPrefix(prefix) ? String(token.dropFirst(prefix.count)) : " " + token }
        return cleansUp ? cleaned(text) : text
      }
    case .metaspace(let replacement, let prepends):
      return tokens.enumerated().map { number, token in
        var text = String.UnicodeScalarView()
        for (place, scalar) in token.unicodeScalars.enumerated() {
          if scalar != replacement {
            text.append(scalar)
          } else if !(number == 0 && place == 0 && prepends != .never) {
            text.append(" ")
          }
        }
        return String(text)
      }
    case .bytePair(let suffix):
      return tokens.enumerated().map { number, token in
        TextPattern(suffix).replaced(in: token, with: number == tokens.count - 1 ? "" : " ")
      }
    case .byteFallback: return bytesJoined(tokens)
    case .fuse: return [tokens.joined()]
    case .strip(let scalar, let left, let right):
      return tokens.map { token in
        var rest = Array(token.unicodeScalars)[...]
        rest = rest.dropFirst(rest.prefix(left).prefix { $0 == scalar }.count)
        rest = rest.dropLast(rest.suffix(right).reversed().prefix { $0 == scalar }.count)
        return ByteString(rest).description
      }
    case .replace(let pattern, let replacement): return tokens.map { pattern.replaced(in: $0, with: replacement) }
    }
  }

  /// What writers of English leave no space before.
  private func cleaned(_ text: String) -> String {
    let steps = [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
      (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    return steps.reduce(text) { TextPattern($1.0).replaced(in: $0, with: $1.1) }
  }

  /// Runs of tokens of bytes as the text they spell; U+FFFD for each byte of a run that spells none.
  private func bytesJoined(_ tokens: [String]) -> [String] {
    var result: [String] = []
    var bytes: [UInt8] = []
    func flush() {
      if bytes.isEmpty { return }
      result.append(String(validating: bytes, as: UTF8.self) ?? String(repeating: "\u{FFFD}", count: bytes.count))
      bytes = []
    }
    for token in tokens {
      if let byte = ByteToken.byte(of: token) {
        bytes.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }
}

extension TextPattern {
  fileprivate func replaced(in text: String, with replacement: String) -> String {
    ByteString(replacing(Array(text.unicodeScalars), with: Array(replacement.unicodeScalars))).description
  }
}
