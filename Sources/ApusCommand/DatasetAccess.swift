import ApusData
import ApusDatasets
import ApusDownloads
import ApusFiles

/// Data sets by name, fetched with a progress bar where they are missing.
enum DatasetAccess {
  static let names = Dataset.all.map(\.name)

  /// The data set of a name, or, in the same form, what `directory` has: the data set's own files, or a folder of pictures
  /// for each class. Pictures that cannot be read are named and left out, unless strict.
  static func load(
    _ name: String, directory: String?, isStrict: Bool = false, isQuiet: Bool
  ) throws -> ImageClassificationData {
    if name == spokenWords { return try loadWords(directory, isStrict: isStrict) }
    let dataset = try named(name)
    if let directory, ImageFolder.isImageFolder(directory) {
      return try loadFolder(directory, as: dataset, isStrict: isStrict)
    }
    return try watched { () throws(DatasetError) in
      try dataset.load(directory: directory) { show($0, isQuiet: isQuiet) }
    }
  }

  static func fetch(_ name: String) throws -> DatasetLocation {
    let dataset = try named(name)
    return try watched { () throws(DatasetError) in try dataset.fetch { show($0, isQuiet: false) } }
  }

  static func named(_ name: String) throws -> Dataset {
    guard let dataset = Dataset.named(name) else {
      throw UsageError(unknown: "data set", name, among: names, help: "apus datasets")
    }
    return dataset
  }

  /// What the recipe for spoken words names: it must be brought.
  private static let spokenWords = "spoken-words"

  private static func loadWords(_ directory: String?, isStrict: Bool) throws -> ImageClassificationData {
    guard let directory else {
      throw UsageError(
        "expected --data, a folder with WAV files in a folder for each word (Documentation/Sequences.md)")
    }
    let (data, problems) = try SpokenWords.load(directory)
    if isStrict, let problem = problems.first { throw problem }
    for problem in problems { Terminal.note("left out: \(problem)") }
    return data
  }

  /// The pictures of a folder in the size and kind of a data set's.
  private static func loadFolder(
    _ directory: String, as dataset: Dataset, isStrict: Bool
  ) throws -> ImageClassificationData {
    let contents = try ImageFolder.open(
      directory, height: dataset.height, width: dataset.width, channels: dataset.channels, isStrict: isStrict)
    for problem in contents.problems { Terminal.note("left out: \(problem)") }
    return try contents.imageData(name: directory)
  }

  /// A download that Ctrl-C cut short is no failure: it goes on the next time.
  private static func watched<Result>(_ body: () throws(DatasetError) -> Result) throws -> Result {
    do {
      return try body()
    } catch DatasetError.download(.cancelled, hint: _) {
      Terminal.note("stopped; what has arrived is kept for the next time")
      throw Interrupted()
    }
  }

  private static func show(_ progress: FetchProgress, isQuiet: Bool) -> Download.Decision {
    if Interruption.wasRequested { return .cancel }
    if isQuiet { return .proceed }
    let received = (Double(progress.received) / 1e6).fixed(1)
    let total = progress.total.map { (Double($0) / 1e6).fixed(1) } ?? "?"
    Terminal.status(
      Progress.bar(
        "\(progress.file) (\(progress.index)/\(progress.count))", progress.received / 1024,
        of: (progress.total ?? progress.received) / 1024, "\(received)/\(total) MB", width: Terminal.width))
    return .proceed
  }
}
