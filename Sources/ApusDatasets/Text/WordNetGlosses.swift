import ApusFiles

/// What WordNet (Fellbaum 1998) says that words mean.
package enum WordNetGlosses {
  static let files = ["data.noun", "data.verb", "data.adj", "data.adv"]

  /// A line for each set of synonyms: `object, physical object: a tangible and visible entity; …`.
  static func text(directory: String) throws(FileError) -> String {
    var text = ""
    for file in files {
      let path = directory.appendingPath(file)
      let lines = try File.readText(path, maximumSize: 1 << 28).utf8.split(separator: UInt8(ascii: "\n"))
      // The licence comes first, its lines begin with spaces.
      for (number, line) in lines.enumerated() where line.first != UInt8(ascii: " ") {
        guard let entry = entry(Substring(line)) else {
          throw .malformed(path, "line \(number + 1) is not an entry of WordNet's")
        }
        text += entry + "\n"
      }
    }
    return text
  }

  /// Of `00002684 03 n 02 object 0 physical_object 0 … | gloss` the words and the gloss (wndb(5WN)).
  package static func entry(_ line: Substring) -> String? {
    guard let bar = line.utf8.firstIndex(of: UInt8(ascii: "|")) else { return nil }
    let fields = line[..<bar].split(separator: " ")
    guard fields.count > 4, let count = Int(fields[3], radix: 16), count > 0, 4 + 2 * count <= fields.count else {
      return nil
    }
    let words = (0..<count).map { number in
      // Where an adjective may stand is said in brackets: `galore(ip)`.
      fields[4 + 2 * number].prefix { $0 != "(" }.map { $0 == "_" ? " " : String($0) }.joined()
    }
    let gloss = line[line.utf8.index(after: bar)...].split(separator: " ").joined(separator: " ")
    return words.joined(separator: ", ") + ": " + gloss
  }
}

extension TextDataset {
  /// WordNet's 117,659 definitions with the words they are of.
  public static let wordNetGlosses = TextDataset(
    name: "wordnet-glosses", summary: "WordNet 3.0's definitions with their words, 117,659 lines, 1,750,000 words",
    source: "Debian's wordnet-base", licence: "WordNet 3.0 (free for any use)", size: 21_744_970,
    systemDirectory: "/usr/share/wordnet", files: WordNetGlosses.files,
    contents: .text { directory throws(FileError) in try WordNetGlosses.text(directory: directory) })
}
