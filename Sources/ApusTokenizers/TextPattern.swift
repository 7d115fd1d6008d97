/// What text is searched for: text itself, or a regular expression.
public struct TextPattern: Hashable, Sendable {
  /// The text, or the expression's source.
  public let source: String
  public let isExpression: Bool
  private let scanner: Scanner

  /// Finds `text` itself.
  public init(_ text: String) {
    source = text
    isExpression = false
    scanner = .text
  }

  /// Finds what a regular expression matches; nil where it is none that can be understood.
  public init?(expression: String) {
    source = expression
    isExpression = true
    if expression == GPT2Pattern.source {
      scanner = .gpt2
    } else if expression == Self.anyCharacterSource {
      scanner = .anyCharacter
    } else {
      guard (try? Regex(expression)) != nil else { return nil }
      scanner = .expression
    }
  }

  /// Each character is a match.
  static let anyCharacter = TextPattern(anyCharacterSource, scanner: .anyCharacter)
  private static let anyCharacterSource = #"[\s\S]"#

  /// Whether each character is a match.
  var isAnyCharacter: Bool { scanner == .anyCharacter }

  private init(_ source: String, scanner: Scanner) {
    self.source = source
    self.scanner = scanner
    isExpression = true
  }

  private enum Scanner: Hashable, Sendable { case text, expression, gpt2, anyCharacter }

  /// Where the pattern is found, from left to right and without overlap; nothing empty.
  func matches(in text: Scalars) -> [Range<Int>] {
    switch scanner {
    case .text: textMatches(in: text)
    case .gpt2: GPT2Pattern.matches(in: text)
    case .expression: expressionMatches(in: text)
    case .anyCharacter: text.indices.map { $0..<($0 + 1) }
    }
  }

  func replacing(_ text: [Unicode.Scalar], with replacement: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var end = 0
    for match in matches(in: text[...]) {
      result += text[end..<match.lowerBound] + replacement
      end = match.upperBound
    }
    return result + text[end...]
  }

  private func textMatches(in text: Scalars) -> [Range<Int>] {
    let wanted = Array(source.unicodeScalars)
    guard let first = wanted.first else { return [] }
    var found: [Range<Int>] = []
    var place = text.startIndex
    while place + wanted.count <= text.endIndex {
      if text[place] == first, text[place..<(place + wanted.count)].elementsEqual(wanted) {
        found.append(place..<(place + wanted.count))
        place += wanted.count
      } else {
        place += 1
      }
    }
    return found
  }

  private func expressionMatches(in text: Scalars) -> [Range<Int>] {
    // Made anew: expressions cannot be shared by threads.
    guard let expression = try? Regex(source).matchingSemantics(.unicodeScalar) else { return [] }
    var string = String.UnicodeScalarView()
    string.append(contentsOf: text)
    let view = String(string)
    var found: [Range<Int>] = []
    var (index, place) = (view.startIndex, text.startIndex)
    for match in view.matches(of: expression) where !match.range.isEmpty {
      place += view.unicodeScalars.distance(from: index, to: match.range.lowerBound)
      let length = view.unicodeScalars.distance(from: match.range.lowerBound, to: match.range.upperBound)
      found.append(place..<(place + length))
      place += length
      index = match.range.upperBound
    }
    return found
  }
}

/// The expression by which GPT-2 cuts text, by hand: English contractions, words, numbers and other characters, each with
/// the space before it, and white space.
enum GPT2Pattern {
  static let source = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  private static let contractions = ["s", "t", "re", "ve", "m", "ll", "d"].map { Array($0.unicodeScalars) }

  private enum Kind { case letter, number, space, other }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    if scalar.isASCII {
      switch scalar.value {
      case 65...90, 97...122: return .letter
      case 48...57: return .number
      case 32, 9...13: return .space
      default: return .other
      }
    }
    return scalar.isLetter ? .letter : scalar.isNumber ? .number : scalar.isSpace ? .space : .other
  }

  static func matches(in text: Scalars) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var place = text.startIndex
    while place < text.endIndex {
      let end = end(of: place, in: text)
      found.append(place..<end)
      place = end
    }
    return found
  }

  /// Where the match that begins at `place` ends.
  private static func end(of place: Int, in text: Scalars) -> Int {
    if text[place] == "'" {
      let rest = text[(place + 1)...]
      if let match = contractions.first(where: { rest.starts(with: $0) }) { return place + 1 + match.count }
    }
    func run(_ kind: Kind, from start: Int) -> Int {
      var end = start
      while end < text.endIndex, self.kind(text[end]) == kind { end += 1 }
      return end
    }
    let own = kind(text[place])
    if own != .space { return run(own, from: place) }
    if text[place] == " ", place + 1 < text.endIndex {
      let next = kind(text[place + 1])
      if next != .space { return run(next, from: place + 1) }
    }
    // White space leaves its last character to what follows it.
    let end = run(.space, from: place)
    return end < text.endIndex && end - place > 1 ? end - 1 : end
  }
}
