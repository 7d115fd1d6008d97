import Apus
import ApusDatasets

/// The part of `apus datasets` that is about texts.
extension Command {
  static func textDatasetsAsJSON() throws -> [JSONValue] {
    try TextDataset.all.map { dataset in
      let place = try dataset.locate()?.directory
      return [
        "name": .string(dataset.name), "summary": .string(dataset.summary), "licence": .string(dataset.licence),
        "bytes": .integer(Int64(dataset.size)), "source": .string(dataset.source),
        "directory": place.map { .string($0) } ?? .null,
      ]
    }
  }

  static func listTextDatasets(_ width: Int) throws {
    for dataset in TextDataset.all {
      let place = try dataset.locate()?.directory
      let megabytes = Double(dataset.size) / 1e6
      Terminal.print("\(dataset.name.padded(width))  \(dataset.summary)")
      Terminal.print(
        "\("".padded(width))  \(megabytes.fixed(megabytes < 10 ? 1 : 0)) MB, licence: \(dataset.licence), "
          + "from \(dataset.source)")
      Terminal.print("\("".padded(width))  \(place.map { "in \($0)" } ?? "not here: install the package")")
    }
  }

  /// Writes a text as one file, or pairs as the lines of one, a tab between the two.
  static func extract(_ dataset: TextDataset, to out: String, _ arguments: ParsedArguments) throws {
    if arguments.string("count") != nil { throw UsageError("--count goes with images") }
    let text: String
    if dataset.isParallel {
      text = try dataset.loadPairs(directory: arguments.string("data")).pairs
        .map { "\($0.source)\t\($0.target)\n" }.joined()
    } else {
      text = try dataset.load(directory: arguments.string("data")).text
    }
    try File.createDirectory(out)
    let path = "\(out)/\(dataset.name).\(dataset.isParallel ? "tsv" : "txt")"
    try AtomicFile.write(text, to: path)
    Terminal.print(path)
  }
}
