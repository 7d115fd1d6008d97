import ApusData
import ApusFiles

/// Texts and what each of them is about, in two parts: to learn from and to judge by.
public struct LabeledTexts: Sendable {
  public struct Example: Hashable, Sendable {
    public var text: String
    /// Of the class names.
    public var label: Int
  }

  public let name: String
  /// In alphabetical order.
  public let classNames: [String]
  public let train: [Example]
  public let test: [Example]

  /// A tenth of the texts, drawn at random but always the same, is for judging by.
  public init(name: String, _ texts: [(label: String, text: String)]) {
    let classNames = Set(texts.map(\.label)).sorted()
    let labels = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
    let order = shuffledOrder(texts.count, seed: 0, epoch: 0)
    func examples(_ places: ArraySlice<Int>) -> [Example] {
      places.map { Example(text: texts[$0].text, label: labels[texts[$0].label]!) }
    }
    (self.name, self.classNames) = (name, classNames)
    test = examples(order.prefix(texts.count / 10))
    train = examples(order.dropFirst(texts.count / 10))
  }

  /// The texts in a file: in each line a class, a tab and a text.
  ///
  /// Throws a ``FileError`` that names the line which is not so.
  public init(contentsOf path: String) throws(FileError) {
    var texts: [(label: String, text: String)] = []
    for (number, line) in try File.readText(path).utf8.split(separator: UInt8(ascii: "\n")).enumerated() {
      let fields = Substring(line).split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 2, !fields[0].isEmpty, !fields[1].isEmpty else {
        throw .malformed(path, "line \(number + 1) has \(fields.count) fields, expected a class, a tab and a text")
      }
      texts.append((String(fields[0]), String(fields[1])))
    }
    if texts.isEmpty { throw .malformed(path, "there are no texts") }
    self.init(name: path.split(separator: "/").last.map(String.init) ?? path, texts)
  }

  /// WordNet's definitions, and which of its 45 files of related words each is of: `noun.animal`, `verb.motion`.
  ///
  /// Throws a ``DatasetError`` that names the package to install when WordNet is not on this machine.
  public static func wordNetGlosses(directory: String? = nil) throws(DatasetError) -> LabeledTexts {
    let place = try TextDataset.wordNetGlosses.requireLocation(directory)
    let texts = try DatasetError.naming { () throws(FileError) in try WordNetGlosses.labeled(directory: place) }
    return LabeledTexts(name: TextDataset.wordNetGlosses.name, texts)
  }
}

extension WordNetGlosses {
  /// The names of the lexicographers' files by their numbers (lexnames(5WN)).
  static let fileNames = [
    "adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal", "noun.artifact", "noun.attribute",
    "noun.body", "noun.cognition", "noun.communication", "noun.event", "noun.feeling", "noun.food", "noun.group",
    "noun.location", "noun.motive", "noun.object", "noun.person", "noun.phenomenon", "noun.plant", "noun.possession",
    "noun.process", "noun.quantity", "noun.relation", "noun.shape", "noun.state", "noun.substance", "noun.time",
    "verb.body", "verb.change", "verb.cognition", "verb.communication", "verb.competition", "verb.consumption",
    "verb.contact", "verb.creation", "verb.emotion", "verb.motion", "verb.perception", "verb.possession",
    "verb.social", "verb.stative", "verb.weather", "adj.ppl",
  ]

  /// Definitions without their words, each with the name of its file.
  static func labeled(directory: String) throws(FileError) -> [(label: String, text: String)] {
    var texts: [(label: String, text: String)] = []
    for file in files {
      let path = directory.appendingPath(file)
      let lines = try File.readText(path, maximumSize: 1 << 28).utf8.split(separator: UInt8(ascii: "\n"))
      for (number, line) in lines.enumerated() where line.first != UInt8(ascii: " ") {
        let line = Substring(line)
        let fields = line.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard fields.count == 3, let file = Int(Substring(fields[1])), fileNames.indices.contains(file),
          let bar = line.utf8.firstIndex(of: UInt8(ascii: "|"))
        else { throw .malformed(path, "line \(number + 1) is not an entry of WordNet's") }
        let gloss = line[line.utf8.index(after: bar)...].split(separator: " ").joined(separator: " ")
        texts.append((fileNames[file], gloss))
      }
    }
    return texts
  }
}
