import CUtf8proc

/// A step that changes text before it is cut: a normal form of Unicode, case, accents.
public indirect enum Normalizer: Hashable, Sendable {
  case sequence([Normalizer])
  case nfc, nfd, nfkc, nfkd
  case lowercase
  /// Leaves out marks, which are separate in decomposed text.
  case stripAccents
  /// Takes white space from the ends.
  case strip(left: Bool, right: Bool)
  case replace(TextPattern, with: String)
  /// Puts text before what is not empty.
  case prepend(String)
  /// BERT's (Devlin et al. 2018): controls go, white space becomes spaces, Chinese characters stand alone, and where
  /// wanted accents and case go.
  case bert(cleansText: Bool, separatesChinese: Bool, stripsAccents: Bool, lowercases: Bool)
  /// Bytes as the printable characters of byte-level tokenizers.
  case byteLevel

  func normalized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    switch self {
    case .sequence(let steps): steps.reduce(text) { $1.normalized($0) }
    case .nfc: normalForm(text, isCompatible: false, isComposed: true)
    case .nfd: normalForm(text, isCompatible: false, isComposed: false)
    case .nfkc: normalForm(text, isCompatible: true, isComposed: true)
    case .nfkd: normalForm(text, isCompatible: true, isComposed: false)
    case .lowercase: text.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    case .stripAccents: text.filter { !$0.isMark }
    case .strip(let left, let right): stripped(text, left: left, right: right)
    case .replace(let pattern, let replacement): pattern.replacing(text, with: Array(replacement.unicodeScalars))
    case .prepend(let prefix): text.isEmpty ? text : Array(prefix.unicodeScalars) + text
    case .bert(let cleansText, let separatesChinese, let stripsAccents, let lowercases):
      bert(text, cleansText, separatesChinese, stripsAccents, lowercases)
    case .byteLevel: ByteLevel.characters(of: text[...])
    }
  }

  private func bert(
    _ text: [Unicode.Scalar], _ cleansText: Bool, _ separatesChinese: Bool, _ stripsAccents: Bool, _ lowercases: Bool
  ) -> [Unicode.Scalar] {
    var text = text
    if cleansText {
      text = text.compactMap { scalar in
        let isSpace = scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar.isSpace
        if scalar == "\0" || scalar == "\u{FFFD}" || (scalar.isOther && !isSpace) { return nil }
        return isSpace ? " " : scalar
      }
    }
    if separatesChinese { text = text.flatMap { $0.isChinese ? [" ", $0, " "] : [$0] } }
    // Marks that take room of their own stay, unlike above.
    if stripsAccents { text = Normalizer.nfd.normalized(text).filter { !$0.isAccent } }
    return lowercases ? Normalizer.lowercase.normalized(text) : text
  }

  private func stripped(_ text: [Unicode.Scalar], left: Bool, right: Bool) -> [Unicode.Scalar] {
    var rest = text[...]
    if left { rest = rest.drop { $0.isSpace } }
    while right, let last = rest.last, last.isSpace { rest.removeLast() }
    return Array(rest)
  }
}

/// Unicode's normal forms (UAX #15).
private func normalForm(_ text: [Unicode.Scalar], isCompatible: Bool, isComposed: Bool) -> [Unicode.Scalar] {
  if text.allSatisfy({ $0.isASCII }) { return text }
  let bytes = ByteString(text).bytes
  var points = [Int32](repeating: 0, count: 2 * text.count + 16)
  func run() -> Int {
    apus_unicode_normalise(isCompatible, isComposed, bytes, bytes.count, &points, points.count)
  }
  var count = run()
  if count > points.count {
    points = [Int32](repeating: 0, count: count)
    count = run()
  }
  precondition(count >= 0 && count <= points.count, "text of scalars is UTF-8")
  return points[..<count].map { Unicode.Scalar(UInt32(bitPattern: $0))! }
}

extension Unicode.Scalar {
  fileprivate var isAccent: Bool { properties.generalCategory == .nonspacingMark }

  fileprivate var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  /// Whether it is an ideograph that BERT's tokenizer takes for a word.
  fileprivate var isChinese: Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
