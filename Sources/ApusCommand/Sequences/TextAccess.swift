import Apus
import ApusDatasets
import ApusFiles

/// Texts to learn from: a data set by name, or a file.
enum TextAccess {
  /// - Parameters:
  ///   - path: A text file or a folder of them, or the data set's directory; nil to look for the data set.
  ///   - testShare: What share of the text, its end, is to judge by.
  static func load(_ name: String, path: String?, testShare: Double) throws -> TextCorpus {
    guard let path else { return try TextCorpus.load(name, validationShare: testShare) }
    if let dataset = TextDataset.named(name), let place = try? dataset.locate(directory: path) {
      return try dataset.load(directory: place.directory, validationShare: testShare)
    }
    return try TextCorpus(contentsOf: path, validationShare: testShare)
  }

  /// - Parameter path: A file of tunes in ABC notation, or a folder with such files.
  static func melodies(path: String?, testShare: Double) throws -> TextCorpus {
    guard let path else { throw UsageError("expected --data, tunes in ABC notation (Documentation/Sequences.md)") }
    let files =
      File.isDirectory(path)
      ? try File.names(in: path).filter { $0.hasSuffix(".abc") }.sorted().map { "\(path)/\($0)" } : [path]
    let melodies = try files.flatMap { try ABCFile(contentsOf: $0).melodies }
    guard !melodies.isEmpty else { throw Failure("\(path): no tunes in ABC notation (files that end in .abc)") }
    return TextCorpus(
      name: path.split(separator: "/").last.map(String.init) ?? path,
      text: melodies.map(\.text).joined(separator: "\n") + "\n", validationShare: testShare)
  }

  /// - Parameter path: Lines of a sentence and its translation with a tab between, or the data set's directory.
  static func pairs(_ name: String, path: String?) throws -> ParallelCorpus {
    // Half of what is not trained on is kept for the end.
    guard let path else { return try ParallelCorpus.load(name) }
    if let dataset = TextDataset.named(name), let place = try? dataset.locate(directory: path) {
      return try dataset.loadPairs(directory: place.directory)
    }
    return try ParallelCorpus(contentsOf: path)
  }

  /// - Parameter path: Lines of a class and a text with a tab between, or WordNet's directory.
  static func labeled(path: String?) throws -> LabeledTexts {
    guard let path, !File.isDirectory(path) else { return try .wordNetGlosses(directory: path) }
    return try LabeledTexts(contentsOf: path)
  }
}
