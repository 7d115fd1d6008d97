/// A tune of one voice: notes and rests after each other.
public struct Melody: Hashable, Sendable {
  public struct Note: Hashable, Sendable {
    /// As MIDI numbers it, 60 the middle C; nil for a rest.
    public var pitch: Int?
    /// In 1/96 of a whole note: a quarter is 24.
    public var length: Int

    public init(pitch: Int?, length: Int) { (self.pitch, self.length) = (pitch, length) }
  }

  /// How many units a whole note has.
  public static let whole = 96

  public var notes: [Note]

  public init(_ notes: [Note]) { self.notes = notes }

  /// What stands behind a tune where texts of tunes follow each other.
  public static let end = "end"

  /// The tune as words: `62_24` for a D of a quarter, `r_12` for a rest of an eighth, and `end`.
  public var text: String {
    (notes.map { "\($0.pitch.map(String.init) ?? "r")_\($0.length)" } + [Melody.end]).joined(separator: " ")
  }

  /// The tune that words say, up to the first end; words that are no notes are left out.
  public init(text: some StringProtocol) {
    let words = text.split(whereSeparator: \.isWhitespace).prefix { $0 != Melody.end }
    notes = words.compactMap { word in
      let parts = word.split(separator: "_", omittingEmptySubsequences: false)
      guard parts.count == 2, let length = Int(parts[1]), (1...16 * Melody.whole).contains(length) else { return nil }
      if parts[0] == "r" { return Note(pitch: nil, length: length) }
      guard let pitch = Int(parts[0]), (0...127).contains(pitch) else { return nil }
      return Note(pitch: pitch, length: length)
    }
  }
}
