import ApusCompression
import ApusData
import ApusDownloads
import ApusFiles

/// A line of 64 numbers from 0 to 16 and the digit for each picture.
private struct DigitsDataset: DatasetForm {
  private let file = MNISTFile(name: "digits.csv", md5: "a0339c30a8a5312a1b6f9e5c719dcce5")

  func requireFiles(_ directory: String) throws(FileError) { _ = try file.path(in: directory) }

  func hasSome(_ directory: String) -> Bool { file.isPresent(directory) }

  func fetch(
    _ source: String, _ directory: String, _ report: (FetchProgress) -> Download.Decision
  ) throws(DatasetError) {
    if file.isPresent(directory) { return }
    let download = Download(
      from: source.appendingPath("digits.csv.gz"), to: directory.appendingPath("digits.csv.gz"),
      maximumSize: 1 << 24)
    let hint = "install the Debian package python3-sklearn-lib, or name the directory of digits.csv.gz (--data)"
    try Dataset.run([download], hint: hint, report: report) { (_, path) throws(FileError) in
      try file.requireMatch(try MNISTFile.contents(path, isCompressed: true), path: path)
    }
  }

  func read(_ location: DatasetLocation) throws(DatasetError) -> ImageClassificationData {
    let path: String
    let table: Table
    do throws(FileError) {
      path = try file.path(in: location.directory)
      let bytes = try MNISTFile.contents(path, isCompressed: path.hasSuffix(".gz"))
      table = try Table(csv: String(decoding: bytes, as: UTF8.self), path: path, hasHeader: false)
    } catch {
      throw .file(error)
    }
    let classes = table.classNames.compactMap { UInt8($0) }
    guard table.featureNames.count == 64, classes.count == table.classNames.count, classes.allSatisfy({ $0 < 10 }),
      table.features.allSatisfy({ 0...16 ~= $0 })
    else { throw .file(.malformed(path, "expected 64 numbers from 0 to 16 and a digit in each line")) }
    let split = stratifiedSplit(table.labels, share: 0.2, seed: 0)
    func part(_ rows: [Int]) throws(DataError) -> LabeledImages {
      // Ink of 0 to 16 as light of 0 to 255.
      let pixels = rows.flatMap { row in table.row(row).map { UInt8(($0 * 255 / 16).rounded()) } }
      return try LabeledImages(
        count: rows.count, height: 8, width: 8, channels: 1, pixels: pixels,
        labels: rows.map { classes[table.labels[$0]] })
    }
    do throws(DataError) {
      return try ImageClassificationData(
        name: "Digits", classNames: (0..<10).map(String.init), train: try part(split.first),
        test: try part(split.second))
    } catch {
      throw .data(error)
    }
  }
}

extension Dataset {
  /// The digits of scikit-learn: 1,797 pictures of 8 × 8 pixels (Alpaydin & Kaynak 1998), a fifth of each class to judge by.
  public static let digits = Dataset(
    name: "digits", title: "Digits", summary: "1,438 + 359 gray images 8 × 8 of digits in 10 classes", height: 8,
    width: 8, channels: 1,
    source: "https://raw.githubusercontent.com/scikit-learn/scikit-learn/1.5.0/sklearn/datasets/data/",
    downloadSize: 57_523, licence: "BSD", systemDirectories: ["/usr/lib/python3/dist-packages/sklearn/datasets/data"],
    form: DigitsDataset())
}
