import ApusFiles

/// Plain sentences of programs with their translations, from the catalogues that are installed.
package enum GettextPairs {
  /// The pairs of all catalogues of a directory, by the names of the files and in each in the order of its bytes; of a
  /// source that occurs again only the first.
  static func pairs(directory: String) throws(FileError) -> [ParallelCorpus.Pair] {
    var pairs: [ParallelCorpus.Pair] = []
    var seen: Set<String> = []
    // Lists of the names of languages, countries and currencies hold no sentences.
    let names = try File.names(in: directory).filter { $0.hasSuffix(".mo") && !$0.hasPrefix("iso_") }
    for name in names {
      let path = directory.appendingPath(name)
      let catalog = try MessageCatalog(bytes: try File.read(path, maximumSize: 1 << 26), path: path)
      for message in catalog.messages {
        guard let pair = pair(message.text, message.translation), seen.insert(pair.source.lowercased()).inserted else {
          continue
        }
        pairs.append(pair)
      }
    }
    return pairs
  }

  /// The pair, if both are plain: 2 to 12 words of letters and common marks, and not the same.
  package static func pair(_ source: String, _ target: String) -> ParallelCorpus.Pair? {
    guard let source = plain(source), let target = plain(target), source != target else { return nil }
    return ParallelCorpus.Pair(source: source, target: target)
  }

  private static let marks = Set(".,;:!?'’\"«»“”()-–—…".unicodeScalars)

  private static func plain(_ text: String) -> String? {
    var scalars = String.UnicodeScalarView()
    var mnemonics = 0
    for scalar in text.unicodeScalars {
      switch scalar {
      // French has narrow and unbreakable spaces before some marks.
      case "\u{A0}", "\u{202F}": scalars.append(" ")
      // The letter after it is the key that chooses a menu's entry.
      case "_": mnemonics += 1
      case " ": scalars.append(" ")
      default:
        guard scalar.properties.isAlphabetic || "0"..."9" ~= scalar || marks.contains(scalar) else { return nil }
        scalars.append(scalar)
      }
    }
    let words = String(scalars).split(separator: " ")
    let spoken = words.filter { word in word.contains { $0.isLetter } }
    guard mnemonics <= 1, 2...12 ~= spoken.count, words.count <= 16 else { return nil }
    // Names of options and of files are no words.
    guard !words.contains(where: { $0.hasPrefix("-") && $0.count > 1 || $0.dropFirst().dropLast().contains(".") })
    else {
      return nil
    }
    guard spoken.contains(where: { $0.contains(where: \.isLowercase) }) else { return nil }
    return words.joined(separator: " ")
  }
}

extension TextDataset {
  /// Messages of programs in English and French: what is installed decides how many.
  public static let gettextFrench = TextDataset(
    name: "gettext-en-fr",
    summary: "plain sentences of programs in English and French, pairs of 2 to 12 words (25,000)",
    source: "installed programs (Debian's git, coreutils, gimp-data …)",
    licence: "those of the programs, mostly GPL", size: 9_000_000,
    systemDirectory: "/usr/share/locale/fr/LC_MESSAGES", files: ["*.mo"],
    contents: .pairs { directory throws(FileError) in try GettextPairs.pairs(directory: directory) })
}
