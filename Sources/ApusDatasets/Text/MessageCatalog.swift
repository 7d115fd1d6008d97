import ApusFiles

/// The messages in a `.mo` file of GNU gettext, and what they are in another language.
package struct MessageCatalog {
  package struct Message: Hashable {
    /// What tells messages of one text apart; nil where nothing does.
    package var context: String?
    package var text: String
    package var translation: String

    package init(context: String?, text: String, translation: String) {
      self.context = context
      self.text = text
      self.translation = translation
    }
  }

  /// The messages in the order of the file, which is that of their bytes; of plural forms the first. Those that are not
  /// UTF-8 are left out.
  package let messages: [Message]

  /// The catalogue in these bytes; `path` is what errors call it.
  ///
  /// Throws a ``FileError`` where they are none, or a table or a text lies outside of the file.
  package init(bytes: [UInt8], path: String) throws(FileError) {
    let reader = Reader(bytes: bytes, path: path)
    guard bytes.count >= 28 else {
      throw .malformed(path, at: bytes.count, "a catalogue of messages that is cut short")
    }
    let isReversed: Bool
    switch reader.word(0, isReversed: false) {
    case 0x9504_12DE: isReversed = false
    case 0xDE12_0495: isReversed = true
    default: throw .malformed(path, at: 0, "not a catalogue of messages (.mo)")
    }
    func word(_ place: Int) -> Int { reader.word(place, isReversed: isReversed) }
    guard word(4) >> 16 <= 1 else { throw .malformed(path, at: 4, "a catalogue of a version that is not known") }
    let (count, texts, translations) = (word(8), word(12), word(16))
    for (place, table) in [(12, texts), (16, translations)] {
      guard table <= bytes.count, count <= (bytes.count - table) / 8 else {
        throw .malformed(path, at: place, "a table of \(count) messages that lies outside of the file")
      }
    }
    func text(_ entry: Int) throws(FileError) -> ArraySlice<UInt8> {
      let (length, start) = (word(entry), word(entry + 4))
      guard start <= bytes.count, length <= bytes.count - start else {
        throw .malformed(path, at: entry, "a text that lies outside of the file")
      }
      return bytes[start..<(start + length)]
    }
    var messages: [Message] = []
    for number in 0..<count {
      let (source, target) = (try text(texts + 8 * number), try text(translations + 8 * number))
      // What has no text is the header.
      if source.isEmpty || target.isEmpty { continue }
      // A context ends with 4; plural forms end with 0.
      var rest = source
      var context: ArraySlice<UInt8>?
      if let end = source.firstIndex(of: 4) { (context, rest) = (source[..<end], source[(end + 1)...]) }
      guard let text = String(validating: rest.prefix { $0 != 0 }, as: UTF8.self),
        let translation = String(validating: target.prefix { $0 != 0 }, as: UTF8.self)
      else { continue }
      messages.append(
        Message(
          context: context.map { String(decoding: $0, as: UTF8.self) }, text: text, translation: translation))
    }
    self.messages = messages
  }

  private struct Reader {
    let bytes: [UInt8]
    let path: String

    /// The number of 32 bits at a place that is in the file.
    func word(_ place: Int, isReversed: Bool) -> Int {
      let parts = bytes[place..<(place + 4)]
      return isReversed ? parts.reduce(0) { $0 << 8 | Int($1) } : parts.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
  }
}
