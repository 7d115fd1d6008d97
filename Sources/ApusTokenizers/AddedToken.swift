/// A token that is found in text before the model sees it.
public struct AddedToken: Hashable, Sendable {
  public var id: Int
  public var content: String
  /// Whether decoding may leave it out.
  public var isSpecial: Bool
  /// Whether it is looked for in text that is normalised already.
  public var isNormalized = false
  /// Whether it must not touch a word.
  public var isSingleWord = false
  /// Whether it takes in the white space before and after it.
  public var stripsLeft = false
  public var stripsRight = false

  public init(id: Int, content: String, isSpecial: Bool) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
  }
}

/// Text cut at added tokens.
enum AddedPart {
  case text([Unicode.Scalar], isFirst: Bool)
  case token(Int)
}

/// Finds added tokens: the leftmost, of those the longest.
struct AddedTokenSearch: Sendable {
  private struct Entry: Sendable {
    let scalars: [Unicode.Scalar]
    let token: AddedToken
  }

  /// By their first characters, the longest first.
  private let entries: [Unicode.Scalar: [Entry]]

  init(_ tokens: [AddedToken], _ spelling: (AddedToken) -> [Unicode.Scalar]) {
    let all = tokens.map { Entry(scalars: spelling($0), token: $0) }.filter { !$0.scalars.isEmpty }
    entries = Dictionary(grouping: all) { $0.scalars[0] }
      .mapValues { $0.sorted { $0.scalars.count > $1.scalars.count } }
  }

  func parts(_ text: [Unicode.Scalar], isFirst: Bool) -> [AddedPart] {
    if entries.isEmpty { return text.isEmpty ? [] : [.text(text, isFirst: isFirst)] }
    var parts: [AddedPart] = []
    var (end, place) = (0, 0)
    while place < text.count {
      guard let match = entries[text[place]]?.first(where: { text[place...].starts(with: $0.scalars) }) else {
        place += 1
        continue
      }
      let next = place + match.scalars.count
      if match.token.isSingleWord, isInWord(text, place..<next) {
        place = next
        continue
      }
      var range = place..<next
      if match.token.stripsLeft {
        var start = range.lowerBound
        while start > end, text[start - 1].isSpace { start -= 1 }
        range = start..<range.upperBound
      }
      if match.token.stripsRight {
        var stop = range.upperBound
        while stop < text.count, text[stop].isSpace { stop += 1 }
        range = range.lowerBound..<stop
      }
      if range.lowerBound > end {
        parts.append(.text(Array(text[end..<range.lowerBound]), isFirst: isFirst && end == 0))
      }
      parts.append(.token(match.token.id))
      end = range.upperBound
      place = end
    }
    if end < text.count { parts.append(.text(Array(text[end...]), isFirst: isFirst && end == 0)) }
    return parts
  }

  private func isInWord(_ text: [Unicode.Scalar], _ range: Range<Int>) -> Bool {
    (range.lowerBound > 0 && text[range.lowerBound - 1].isWordCharacter)
      || (range.upperBound < text.count && text[range.upperBound].isWordCharacter)
  }
}
