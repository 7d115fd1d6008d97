/// How text is cut into the pieces that a model takes one by one.
public indirect enum PreTokenizer: Hashable, Sendable {
  /// What becomes of the places that a cut finds.
  public enum Behavior: String, Hashable, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// Whether something is put before the text.
  public enum PrependScheme: String, Hashable, Sendable { case always, first, never }

  case sequence([PreTokenizer])
  /// At white space, and around punctuation.
  case bert
  /// Words and runs of other characters: `\w+|[^\w\s]+`.
  case whitespace
  case whitespaceSplit
  case byteLevel(addsPrefixSpace: Bool, usesPattern: Bool)
  case metaspace(replacement: Unicode.Scalar, prepends: PrependScheme, splits: Bool)
  case punctuation(Behavior)
  case digits(areSingle: Bool)
  case split(TextPattern, Behavior, isInverted: Bool)
  case delimiter(Unicode.Scalar)

  /// The pieces of each piece.
  func pieces(_ pieces: [TextPiece]) -> [TextPiece] {
    if case .sequence(let steps) = self { return steps.reduce(pieces) { $1.pieces($0) } }
    return pieces.flatMap { cut($0) }
  }

  private func cut(_ piece: TextPiece) -> [TextPiece] {
    var text = piece.scalars
    switch self {
    case .sequence: return [piece]
    case .bert:
      return piece.cut(at: runs(text) { $0.isSpace }, .removed).flatMap { part in
        part.cut(at: singles(part.scalars) { $0.isBERTPunctuation }, .isolated)
      }
    case .whitespace:
      return piece.cut(at: kindRuns(text) { $0.isWordCharacter ? 1 : $0.isSpace ? 0 : 2 }, .removed, isInverted: true)
    case .whitespaceSplit: return piece.cut(at: runs(text) { $0.isSpace }, .removed)
    case .byteLevel(let addsPrefixSpace, let usesPattern):
      if addsPrefixSpace, text.first != " " { text = [" "] + text }
      let parts = usesPattern ? GPT2Pattern.matches(in: text[...]).map { text[$0] } : [text[...]]
      return parts.enumerated().map { number, part in
        TextPiece(ByteLevel.characters(of: part), isFirst: piece.isFirst && number == 0)
      }
    case .metaspace(let replacement, let prepends, let splits):
      text = text.map { $0 == " " ? replacement : $0 }
      let isWanted = prepends == .always || (prepends == .first && piece.isFirst)
      if isWanted, text.first != replacement { text = [replacement] + text }
      let whole = TextPiece(text, isFirst: piece.isFirst)
      return splits ? whole.cut(at: singles(text) { $0 == replacement }, .mergedWithNext) : [whole]
    case .punctuation(let behavior): return piece.cut(at: singles(text) { $0.isBERTPunctuation }, behavior)
    case .digits(let areSingle):
      return piece.cut(at: areSingle ? singles(text) { $0.isNumber } : runs(text) { $0.isNumber }, .isolated)
    case .split(let pattern, let behavior, let isInverted):
      return piece.cut(at: pattern.matches(in: text[...]), behavior, isInverted: isInverted)
    case .delimiter(let scalar): return piece.cut(at: singles(text) { $0 == scalar }, .removed)
    }
  }
}

/// Text on its way to the model.
struct TextPiece {
  var scalars: [Unicode.Scalar]
  /// Whether it begins the whole text.
  let isFirst: Bool

  init(_ scalars: [Unicode.Scalar], isFirst: Bool) { (self.scalars, self.isFirst) = (scalars, isFirst) }

  /// The piece cut at matches, which are in order and apart; with `isInverted` what lies between them is what is found.
  func cut(at matches: [Range<Int>], _ behavior: PreTokenizer.Behavior, isInverted: Bool = false) -> [TextPiece] {
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    var end = 0
    for match in matches {
      if end < match.lowerBound { parts.append((end..<match.lowerBound, isInverted)) }
      parts.append((match, !isInverted))
      end = match.upperBound
    }
    if end < scalars.count { parts.append((end..<scalars.count, isInverted)) }
    return TextPiece.joined(parts, behavior).map {
      TextPiece(Array(scalars[$0]), isFirst: isFirst && $0.lowerBound == 0)
    }
  }

  private static func joined(
    _ parts: [(range: Range<Int>, isMatch: Bool)], _ behavior: PreTokenizer.Behavior
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var wasMatch = false
    switch behavior {
    case .removed: return parts.filter { !$0.isMatch }.map(\.range)
    case .isolated: return parts.map(\.range)
    case .contiguous:
      for (number, part) in parts.enumerated() {
        if number > 0, part.isMatch == wasMatch {
          result[result.count - 1] = result.last!.lowerBound..<part.range.upperBound
        } else {
          result.append(part.range)
        }
        wasMatch = part.isMatch
      }
      return result
    case .mergedWithPrevious:
      for part in parts {
        if part.isMatch, !wasMatch, let last = result.last {
          result[result.count - 1] = last.lowerBound..<part.range.upperBound
        } else {
          result.append(part.range)
        }
        wasMatch = part.isMatch
      }
      return result
    case .mergedWithNext:
      for part in parts.reversed() {
        if part.isMatch, !wasMatch, let last = result.last {
          result[result.count - 1] = part.range.lowerBound..<last.upperBound
        } else {
          result.append(part.range)
        }
        wasMatch = part.isMatch
      }
      return result.reversed()
    }
  }
}

private func singles(_ text: [Unicode.Scalar], _ isFound: (Unicode.Scalar) -> Bool) -> [Range<Int>] {
  text.indices.filter { isFound(text[$0]) }.map { $0..<($0 + 1) }
}

private func runs(_ text: [Unicode.Scalar], _ isFound: (Unicode.Scalar) -> Bool) -> [Range<Int>] {
  kindRuns(text) { isFound($0) ? 1 : 0 }
}

/// Runs of one kind each; those of kind 0 are left out.
private func kindRuns(_ text: [Unicode.Scalar], _ kind: (Unicode.Scalar) -> Int) -> [Range<Int>] {
  var found: [Range<Int>] = []
  var start = 0
  while start < text.count {
    let own = kind(text[start])
    var end = start + 1
    while end < text.count, kind(text[end]) == own { end += 1 }
    if own != 0 { found.append(start..<end) }
    start = end
  }
  return found
}
