/// A piece of text as UTF-8. Pieces are equal when their bytes are, unlike strings that only look the same.
public struct ByteString: Hashable, Sendable, CustomStringConvertible {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  init(_ scalars: some Sequence<Unicode.Scalar>) {
    bytes = []
    for scalar in scalars { bytes.append(contentsOf: UTF8.encode(scalar)!) }
  }

  /// The text, with U+FFFD for what is not UTF-8.
  public var description: String { String(decoding: bytes, as: UTF8.self) }

  public func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

typealias Scalars = ArraySlice<Unicode.Scalar>

extension Unicode.Scalar {
  /// Whether it is a letter, of any script.
  var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  /// Whether it is a digit, a letter that counts or any other number.
  var isNumber: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  var isSpace: Bool { properties.isWhitespace }

  var isPunctuation: Bool {
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// Whether BERT's tokenizer takes it for punctuation: symbols of ASCII count.
  var isBERTPunctuation: Bool {
    switch value {
    case 33...47, 58...64, 91...96, 123...126: true
    default: isPunctuation
    }
  }

  /// Whether it is a part of words (UTS #18, annex C).
  var isWordCharacter: Bool {
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }

  /// Whether it is no character to be shown: controls, formats, surrogates and private code points.
  var isOther: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse: true
    default: false
    }
  }
}
