import ApusCompression
import ApusFiles

/// The prose of the GNU Collaborative International Dictionary of English, without the marks of a dictionary.
package enum GCIDE {
  /// A paragraph on each line: definitions, quotations, remarks.
  static func text(directory: String) throws(FileError) -> String {
    let path = directory.appendingPath("gcide.dict.dz")
    let bytes = try Gzip.decompress(try File.read(path, maximumSize: 1 << 28), maximumSize: 1 << 28, path: path)
    return text(bytes)
  }

  package static func text(_ bytes: [UInt8]) -> String {
    var cleaner = Cleaner()
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      cleaner.add(line)
    }
    cleaner.finishParagraph()
    return String(decoding: cleaner.text, as: UTF8.self)
  }

  /// Takes lines, gives paragraphs.
  private struct Cleaner {
    var text: [UInt8] = []
    private var paragraph: [UInt8] = []
    private var isInEntry = false
    private static let space = UInt8(ascii: " ")

    mutating func add(_ line: ArraySlice<UInt8>) {
      let rest = line.drop { $0 == Cleaner.space }
      if rest.isEmpty { return finishParagraph() }
      if rest.startIndex == line.startIndex { finishParagraph() }
      paragraph += rest
      paragraph.append(Cleaner.space)
    }

    mutating func finishParagraph() {
      let prose = cleaned(paragraph)
      paragraph = []
      // Two words are a heading, or a mark of grammar.
      if prose.split(separator: Cleaner.space).count > 2 { text += prose + [UInt8(ascii: "\n")] }
    }

    /// Without what stands in square brackets (etymologies, sources), between backslashes (how a word is spoken), without
    /// braces and the names after quotations.
    private func cleaned(_ paragraph: [UInt8]) -> [UInt8] {
      var result: [UInt8] = []
      var (depth, isSpoken, place) = (0, false, 0)
      while place < paragraph.count {
        let byte = paragraph[place]
        place += 1
        switch byte {
        case UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "]"): depth = max(0, depth - 1)
        case UInt8(ascii: "\\"): isSpoken.toggle()
        case UInt8(ascii: "{"), UInt8(ascii: "}"): break
        case UInt8(ascii: "-") where isAuthor(paragraph, place):
          place = endOfAuthor(paragraph, place + 1)
        default:
          // Latin-1 and other bytes that are no UTF-8 are in it here and there; nothing else is beyond ASCII.
          guard depth == 0, !isSpoken, 32..<127 ~= byte else { break }
          if result.last == Cleaner.space {
            if byte == Cleaner.space { break }
            if byte == UInt8(ascii: ",") { result.removeLast() }
          }
          result.append(byte)
        }
      }
      while result.last == Cleaner.space { result.removeLast() }
      return Array(result.drop { $0 == Cleaner.space })
    }

    /// Whether a second dash and a capital or digit follow: `--Dryden.`, `--Sir T. Browne.`, `--1 Sam. xxx. 13.`
    private func isAuthor(_ text: [UInt8], _ place: Int) -> Bool {
      guard place + 1 < text.count, text[place] == UInt8(ascii: "-") else { return false }
      let first = text[place + 1]
      return UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first || UInt8(ascii: "0")...UInt8(ascii: "9") ~= first
    }

    /// Where the sentence after the name begins: after a point and a space, unless the point belongs to an initial.
    private func endOfAuthor(_ text: [UInt8], _ start: Int) -> Int {
      var place = start
      while place < text.count {
        let isEnd = text[place] == UInt8(ascii: ".") && (place + 1 == text.count || text[place + 1] == Cleaner.space)
        if isEnd, place >= 2, text[place - 2] != Cleaner.space, text[place - 2] != UInt8(ascii: "-") {
          return place + 1
        }
        place += 1
      }
      return place
    }
  }
}

extension TextDataset {
  /// The prose of a dictionary: Webster's of 1913 and what was added to it.
  public static let gcide = TextDataset(
    name: "gcide", summary: "the prose of the Collaborative International Dictionary of English, 4,050,000 words",
    source: "Debian's dict-gcide", licence: "GPL 2 or later", size: 13_527_370,
    systemDirectory: "/usr/share/dictd", files: ["gcide.dict.dz"],
    contents: .text { directory throws(FileError) in try GCIDE.text(directory: directory) })
}
