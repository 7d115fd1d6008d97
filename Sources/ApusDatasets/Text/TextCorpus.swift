import ApusData
import ApusFiles

/// A text in three parts that follow each other: to train on, to validate with, and to test with at the end.
public struct TextCorpus: Hashable, Sendable {
  public let name: String
  public let train: String
  public let validation: String
  public let test: String

  /// A text cut where lines end: the last `testShare` of its bytes is for testing, what lies before that for validation.
  ///
  /// Traps unless the shares leave something to train on.
  public init(name: String, text: String, validationShare: Double = 0.1, testShare: Double = 0) {
    guard validationShare >= 0, testShare >= 0, validationShare + testShare < 1 else {
      fatalError("TextCorpus: shares of \(validationShare) and \(testShare) leave nothing to train on")
    }
    self.name = name
    let bytes = text.utf8
    func place(_ share: Double) -> String.Index {
      let offset = Int(Double(bytes.count) * share)
      if offset == bytes.count { return bytes.endIndex }
      let start = bytes.index(bytes.startIndex, offsetBy: offset)
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return bytes.endIndex }
      return bytes.index(after: end)
    }
    let first = place(1 - validationShare - testShare)
    let second = max(first, place(1 - testShare))
    train = String(text[..<first])
    validation = String(text[first..<second])
    test = String(text[second...])
  }

  /// All of the text.
  public var text: String { train + validation + test }

  /// The text in a file, or in the files of a folder that end in `.txt`, by their names.
  ///
  /// Throws a ``FileError`` when there is none, or one is not UTF-8.
  public init(
    contentsOf path: String, validationShare: Double = 0.1, testShare: Double = 0
  ) throws(FileError) {
    var text = ""
    if File.isDirectory(path) {
      let names = try File.names(in: path).filter { $0.hasSuffix(".txt") }
      if names.isEmpty { throw .malformed(path, "no file in it ends in .txt") }
      for name in names {
        text += try File.readText(path.appendingPath(name))
        if !text.hasSuffix("\n") { text += "\n" }
      }
    } else {
      text = try File.readText(path)
    }
    if text.isEmpty { throw .malformed(path, "there is no text") }
    self.init(
      name: path.split(separator: "/").last.map(String.init) ?? path, text: text, validationShare: validationShare,
      testShare: testShare)
  }
}

/// Sentences and what they are in another language, in three parts.
public struct ParallelCorpus: Hashable, Sendable {
  public struct Pair: Hashable, Sendable {
    public var source: String
    public var target: String

    public init(source: String, target: String) { (self.source, self.target) = (source, target) }
  }

  public let name: String
  public let train: [Pair]
  public let validation: [Pair]
  public let test: [Pair]

  /// Pairs in the order given. Which part a pair goes to depends on its source only: a sentence is in one part however
  /// often it occurs, and more data move none from one part to another.
  public init(name: String, pairs: [Pair], validationShare: Double = 0.05, testShare: Double = 0.05) {
    guard validationShare >= 0, testShare >= 0, validationShare + testShare < 1 else {
      fatalError("ParallelCorpus: shares of \(validationShare) and \(testShare) leave nothing to train on")
    }
    self.name = name
    var (train, validation, test): ([Pair], [Pair], [Pair]) = ([], [], [])
    for pair in pairs {
      let place = Self.place(pair.source)
      if place < testShare {
        test.append(pair)
      } else if place < testShare + validationShare {
        validation.append(pair)
      } else {
        train.append(pair)
      }
    }
    (self.train, self.validation, self.test) = (train, validation, test)
  }

  /// All of the pairs.
  public var pairs: [Pair] { train + validation + test }

  /// The pairs in a file of lines of two texts with a tab between them; what follows a second tab is left out.
  ///
  /// Throws a ``FileError`` that names the line which has no two texts.
  public init(
    contentsOf path: String, validationShare: Double = 0.05, testShare: Double = 0.05
  ) throws(FileError) {
    var pairs: [Pair] = []
    let lines = try File.readText(path).split(omittingEmptySubsequences: false) { $0.isNewline }
    for (number, line) in lines.enumerated() where !line.isEmpty {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw .malformed(path, "line \(number + 1) is not two texts with a tab between them")
      }
      pairs.append(Pair(source: String(parts[0]), target: String(parts[1])))
    }
    if pairs.isEmpty { throw .malformed(path, "there are no pairs") }
    self.init(
      name: path.split(separator: "/").last.map(String.init) ?? path, pairs: pairs, validationShare: validationShare,
      testShare: testShare)
  }

  /// A number from 0 to 1 that looks random: FNV-1a of the text, its bits mixed as MurmurHash3 does at its end.
  private static func place(_ text: String) -> Double {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return Double((hash ^ (hash >> 33)) >> 11) / Double(1 << 53 as UInt64)
  }
}
