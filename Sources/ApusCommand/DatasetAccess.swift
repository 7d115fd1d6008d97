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
    return try FashionMNIST.load(directory: directory) { show($0, isQuiet: isQuiet) }
  }

  static func fetch(_ name: String) throws -> FashionMNIST.Location {
    guard name == "fashion-mnist" else {
      throw UsageError(unknown: "data set", name, among: names, help: "apus datasets")
    }
    return try FashionMNIST.fetch { show($0, isQuiet: false) }
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
