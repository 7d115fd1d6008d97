import ApusData
import ApusDatasets
import ApusDownloads

/// Data sets by name, fetched with a progress bar where they are missing.
enum DatasetAccess {
  static let names = ["fashion-mnist"]

  static func load(_ name: String, directory: String?, isQuiet: Bool) throws -> ImageClassificationData {
    guard name == "fashion-mnist" else {
      throw UsageError(unknown: "data set", name, among: names, help: "apus datasets")
    }
    return try watched { () throws(DatasetError) in
      try FashionMNIST.load(directory: directory) { show($0, isQuiet: isQuiet) }
    }
  }

  static func fetch(_ name: String) throws -> FashionMNIST.Location {
    guard name == "fashion-mnist" else {
      throw UsageError(unknown: "data set", name, among: names, help: "apus datasets")
    }
    return try watched { () throws(DatasetError) in try FashionMNIST.fetch { show($0, isQuiet: false) } }
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

  private static func show(_ progress: FashionMNIST.FetchProgress, isQuiet: Bool) -> Download.Decision {
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
