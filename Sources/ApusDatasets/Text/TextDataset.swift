import ApusData
import ApusFiles

/// A data set of text that is known by name and that a package of the system brings: it is never fetched.
public struct TextDataset: Sendable {
  /// Its name on the command line, such as `king-james-bible`.
  public let name: String
  /// What is in it, in a line.
  public let summary: String
  /// Where it comes from: the packages that bring it.
  public let source: String
  public let licence: String
  /// How many bytes its files have.
  public let size: Int
  /// Whether it is pairs of sentences (``loadPairs(directory:validationShare:testShare:)``).
  public var isParallel: Bool { if case .pairs = contents { true } else { false } }

  /// Where the packages put the files.
  let systemDirectory: String
  /// Their names; `*.mo` is any that end so.
  let files: [String]
  let contents: Contents

  /// How the files in a directory are read.
  enum Contents: Sendable {
    case text(@Sendable (_ directory: String) throws(FileError) -> String)
    case pairs(@Sendable (_ directory: String) throws(FileError) -> [ParallelCorpus.Pair])
  }

  /// All of them, in the order in which they are listed.
  public static let all: [TextDataset] = [.kingJamesBible, .gcide, .wordNetGlosses, .gettextFrench]

  /// The data set of this name; nil when there is none.
  public static func named(_ name: String) -> TextDataset? { all.first { $0.name == name } }

  /// The directory on this machine that has the data set; nil when its package must be installed.
  ///
  /// Looks into `directory` only, if one is given; otherwise into `$APUS_DATA`, the directory of the data set's name there,
  /// and where the package puts it. Throws a ``FileError`` that names the missing file when `directory` has not all.
  public func locate(directory: String? = nil) throws(FileError) -> DatasetLocation? {
    try locate(directory: directory, places: .current)
  }

  package func locate(directory: String?, places: DatasetPlaces) throws(FileError) -> DatasetLocation? {
    if let directory {
      for file in files where !Self.has(directory, file) { throw .malformed(directory, "it has no file \(file)") }
      return DatasetLocation(directory: directory, origin: .given)
    }
    func hasAll(_ directory: String) -> Bool { files.allSatisfy { Self.has(directory, $0) } }
    if let user = places.user {
      for directory in [user.appendingPath(name), user] where hasAll(directory) {
        return DatasetLocation(directory: directory, origin: .environment)
      }
    }
    let system = [places.system.appendingPath(name)] + (places.isUsual ? [systemDirectory] : [])
    return system.first(where: hasAll).map { DatasetLocation(directory: $0, origin: .system) }
  }

  private static func has(_ directory: String, _ file: String) -> Bool {
    guard file.hasPrefix("*") else { return File.exists(directory.appendingPath(file)) }
    return (try? File.names(in: directory))?.contains { $0.hasSuffix(file.dropFirst()) } ?? false
  }

  /// The text, split by share.
  ///
  /// Throws a ``DatasetError`` that names the package to install when it is not on this machine, or says what is wrong with
  /// a file, or that it is pairs of sentences.
  public func load(
    directory: String? = nil, validationShare: Double = 0.1, testShare: Double = 0
  ) throws(DatasetError) -> TextCorpus {
    guard case .text(let read) = contents else {
      throw .data(DataError("\(name) is pairs of sentences, not a text"))
    }
    let place = try requireLocation(directory)
    let text = try DatasetError.naming { () throws(FileError) in try read(place) }
    return TextCorpus(name: name, text: text, validationShare: validationShare, testShare: testShare)
  }

  /// The pairs of sentences, split by share.
  ///
  /// Throws as ``load(directory:validationShare:testShare:)`` does.
  public func loadPairs(
    directory: String? = nil, validationShare: Double = 0.05, testShare: Double = 0.05
  ) throws(DatasetError) -> ParallelCorpus {
    guard case .pairs(let read) = contents else {
      throw .data(DataError("\(name) is a text, not pairs of sentences"))
    }
    let place = try requireLocation(directory)
    let pairs = try DatasetError.naming { () throws(FileError) in try read(place) }
    return ParallelCorpus(name: name, pairs: pairs, validationShare: validationShare, testShare: testShare)
  }

  func requireLocation(_ directory: String?) throws(DatasetError) -> String {
    let found = try DatasetError.naming { () throws(FileError) in try locate(directory: directory) }
    guard let found else {
      throw .data(DataError("\(name) is not on this machine: install \(source), or name a directory (--data)"))
    }
    return found.directory
  }
}

extension TextCorpus {
  /// The text of a data set's name, or in a file or folder.
  ///
  /// Throws a ``DatasetError`` in one line when there is neither, or it cannot be read.
  public static func load(
    _ nameOrPath: String, validationShare: Double = 0.1, testShare: Double = 0
  ) throws(DatasetError) -> TextCorpus {
    if let dataset = TextDataset.named(nameOrPath) {
      return try dataset.load(validationShare: validationShare, testShare: testShare)
    }
    guard File.exists(nameOrPath) || File.isDirectory(nameOrPath) else {
      let names = TextDataset.all.filter { !$0.isParallel }.map(\.name).joined(separator: ", ")
      throw .data(DataError("\(nameOrPath): neither a file nor a folder nor one of \(names)"))
    }
    return try DatasetError.naming { () throws(FileError) in
      try TextCorpus(contentsOf: nameOrPath, validationShare: validationShare, testShare: testShare)
    }
  }
}

extension ParallelCorpus {
  /// The pairs of a data set's name, or in a file of lines with a tab.
  ///
  /// Throws a ``DatasetError`` in one line when there is neither, or it cannot be read.
  public static func load(
    _ nameOrPath: String, validationShare: Double = 0.05, testShare: Double = 0.05
  ) throws(DatasetError) -> ParallelCorpus {
    if let dataset = TextDataset.named(nameOrPath) {
      return try dataset.loadPairs(validationShare: validationShare, testShare: testShare)
    }
    guard File.exists(nameOrPath) else {
      let names = TextDataset.all.filter(\.isParallel).map(\.name).joined(separator: ", ")
      throw .data(DataError("\(nameOrPath): neither a file nor one of \(names)"))
    }
    return try DatasetError.naming { () throws(FileError) in
      try ParallelCorpus(contentsOf: nameOrPath, validationShare: validationShare, testShare: testShare)
    }
  }
}
