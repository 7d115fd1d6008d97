import ApusCompression
import ApusFiles

/// The text that the program `bible` (Chapin 1989) keeps: windows of 64 KB, each compressed by itself.
enum KingJamesBible {
  /// The verses, one on a line, a blank line between books.
  static func text(directory: String) throws(FileError) -> String {
    let path = directory.appendingPath("bible.data")
    let bytes = try File.read(path, maximumSize: 1 << 26)
    let verses = try contents(bytes, path: path).split(separator: UInt8(ascii: "\n")).dropFirst()
    var text = ""
    var book = ""
    for verse in verses {
      // "Ge1:1 In the beginning …": what comes before the first space is the place.
      let parts = verse.split(separator: UInt8(ascii: " "), maxSplits: 1)
      guard parts.count == 2 else { throw .malformed(path, "a verse without a place") }
      let name = String(decoding: parts[0], as: UTF8.self).split(separator: ":")[0].trimmingDigits
      if !text.isEmpty, name != book { text += "\n" }
      book = name
      text += String(decoding: parts[1], as: UTF8.self) + "\n"
    }
    return text
  }

  /// The uncompressed file: a title, then a verse a line.
  static func contents(_ bytes: [UInt8], path: String) throws(FileError) -> [UInt8] {
    func word(_ place: Int) throws(FileError) -> Int {
      guard place + 4 <= bytes.count else { throw .malformed(path, at: bytes.count, "it is cut short") }
      return bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard bytes.starts(with: Array("EC02".utf8)) else {
      throw .malformed(path, at: 0, "not a compressed file of the program bible (expected EC02)")
    }
    let (windowSize, count) = (try word(0x54), try word(0x58))
    guard 1...(1 << 20) ~= windowSize, 1...4096 ~= count else {
      throw .malformed(path, at: 0x54, "\(count) windows of \(windowSize) bytes")
    }
    var result: [UInt8] = []
    for number in 0..<count {
      let (start, end) = (try word(0x5C + 4 * number), try word(0x60 + 4 * number))
      guard start < end, end <= bytes.count else {
        throw .malformed(path, at: 0x5C + 4 * number, "window \(number) lies outside of the file")
      }
      result += try UnixCompress.decompress(bytes[start..<end], maximumSize: windowSize, path: path)
    }
    return result
  }
}

extension Substring {
  /// The name of a book without the number of its chapter: `1Ki` of `1Ki12`.
  fileprivate var trimmingDigits: String {
    var rest = self
    while let last = rest.last, last.isNumber { rest.removeLast() }
    return String(rest)
  }
}

extension TextDataset {
  /// The King James Bible: 31,102 verses.
  public static let kingJamesBible = TextDataset(
    name: "king-james-bible", summary: "the King James Bible, 31,102 verses on a line each, 790,000 words",
    source: "Debian's bible-kjv-text", licence: "public domain outside the United Kingdom", size: 1_740_565,
    systemDirectory: "/usr/lib", files: ["bible.data"],
    contents: .text { directory throws(FileError) in try KingJamesBible.text(directory: directory) })
}
