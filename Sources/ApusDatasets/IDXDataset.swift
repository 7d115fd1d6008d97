import ApusData
import ApusDownloads
import ApusFiles

/// The form of MNIST: two files of pictures and two of labels, 28 × 28 gray pixels.
struct IDXDataset: DatasetForm {
  let title: String
  let classNames: [String]
  /// Training images and labels, then those of the test. The digests are of the decompressed files.
  let files: [MNISTFile]
  /// The first label.
  var firstLabel: UInt8 = 0
  /// Whether rows and columns are swapped in the files.
  var isTransposed = false
  /// How else the files can be had, said when they cannot be fetched.
  let hint: String
  /// The zip archive that they come in, whose address is fetched; nil when each has an address.
  var archive: Archive?

  /// A zip archive of compressed files.
  struct Archive: Sendable {
    let md5: String
    /// The folder in it.
    let folder: String
    /// The files, without ".gz", that are unpacked: also those of the archive's other data sets.
    let files: [String]
  }

  func requireFiles(_ directory: String) throws(FileError) {
    for file in files { _ = try file.path(in: directory) }
  }

  func hasSome(_ directory: String) -> Bool { files.contains { $0.isPresent(directory) } }

  func fetch(
    _ source: String, _ directory: String, _ report: (FetchProgress) -> Download.Decision
  ) throws(DatasetError) {
    let missing = files.filter { !$0.isPresent(directory) }
    if let archive, !missing.isEmpty { return try fetch(archive, source, directory, report) }
    let downloads = missing.map { file in
      Download(
        from: source.appendingPath(file.name + ".gz"), to: directory.appendingPath(file.name + ".gz"),
        maximumSize: MNISTFile.maximumSize)
    }
    try Dataset.run(downloads, hint: hint, report: report) { (index, path) throws(FileError) in
      try missing[index].requireMatch(try MNISTFile.contents(path, isCompressed: true), path: path)
    }
  }

  private func fetch(
    _ archive: Archive, _ source: String, _ directory: String, _ report: (FetchProgress) -> Download.Decision
  ) throws(DatasetError) {
    let path = directory.appendingPath(String(source.split(separator: "/").last ?? "archive.zip"))
    if !File.exists(path) {
      let download = Download(from: source, to: path, maximumSize: 1 << 30, checksum: Checksum(.md5, archive.md5))
      try Dataset.run([download], hint: hint, report: report)
    }
    try DatasetError.naming { () throws(FileError) in
      let contents = try ZipArchive(bytes: try File.read(path, maximumSize: 1 << 30), path: path)
      for file in archive.files {
        try AtomicFile.write(
          try contents.contents("\(archive.folder)/\(file).gz"), to: directory.appendingPath(file + ".gz"))
      }
      try File.remove(path)
    }
  }

  func read(_ location: DatasetLocation) throws(DatasetError) -> ImageClassificationData {
    let train = try DatasetError.naming { () throws(FileError) in try readPart(files[0], files[1], from: location) }
    let test = try DatasetError.naming { () throws(FileError) in try readPart(files[2], files[3], from: location) }
    let isOriginal = train.isOriginal && test.isOriginal
    do throws(DataError) {
      return try ImageClassificationData(
        name: isOriginal ? title : location.directory,
        classNames: isOriginal ? classNames : classNames.indices.map(String.init), train: train.images,
        test: test.images)
    } catch {
      throw .data(error)
    }
  }

  private func readPart(
    _ images: MNISTFile, _ labels: MNISTFile, from location: DatasetLocation
  ) throws(FileError) -> (images: LabeledImages, isOriginal: Bool) {
    let pixels = try images.read(from: location.directory, remedy: location.remedy)
    let classes = try labels.read(from: location.directory, remedy: location.remedy)
    try pixels.requireImages()
    try classes.requireLabels(firstLabel...(firstLabel + UInt8(classNames.count - 1)), for: pixels)
    let shape = pixels.array.dimensions
    do throws(DataError) {
      let images = try LabeledImages(
        count: shape[0], height: shape[1], width: shape[2], channels: 1,
        pixels: isTransposed ? Self.transposed(pixels.array.bytes, side: shape[1]) : pixels.array.bytes,
        labels: firstLabel == 0 ? classes.array.bytes : classes.array.bytes.map { $0 - firstLabel })
      return (images, pixels.isOriginal && classes.isOriginal)
    } catch {
      throw .malformed(pixels.path, error.description)
    }
  }

  /// Square pictures with rows and columns swapped.
  private static func transposed(_ pixels: [UInt8], side: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: pixels.count) { result, filled in
      for start in stride(from: 0, to: pixels.count, by: side * side) {
        for row in 0..<side {
          for column in 0..<side { result[start + row * side + column] = pixels[start + column * side + row] }
        }
      }
      filled = pixels.count
    }
  }
}

extension Dataset {
  private static func idx(
    _ name: String, _ form: IDXDataset, summary: String, source: String, downloadSize: Int, licence: String
  ) -> Dataset {
    Dataset(
      name: name, title: form.title, summary: summary, height: 28, width: 28, channels: 1, source: source,
      downloadSize: downloadSize, licence: licence, form: form)
  }

  /// Fashion-MNIST: pictures of clothes (Xiao, Rasul & Vollgraf 2017).
  public static let fashionMNIST = idx(
    "fashion-mnist",
    IDXDataset(
      title: "Fashion-MNIST", classNames: FashionMNIST.classNames,
      files: [
        MNISTFile(name: "train-images-idx3-ubyte", md5: "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        MNISTFile(name: "train-labels-idx1-ubyte", md5: "9018921c3c673c538a1fc5bad174d6f9"),
        MNISTFile(name: "t10k-images-idx3-ubyte", md5: "8181f5470baa50b63fa0f6fddb340f0a"),
        MNISTFile(name: "t10k-labels-idx1-ubyte", md5: "15d484375f8d13e6eb1aabb0c3f46965"),
      ],
      hint: "install the Debian package dataset-fashion-mnist, or name a directory that has the files (--data)"),
    summary: "60,000 + 10,000 gray images 28 × 28 of clothes in 10 classes", source: FashionMNIST.publishedSource,
    downloadSize: 30_878_645, licence: "MIT")

  /// MNIST: handwritten digits (LeCun, Cortes & Burges 1998).
  public static let mnist = idx(
    "mnist",
    IDXDataset(
      title: "MNIST", classNames: (0..<10).map(String.init),
      files: [
        MNISTFile(name: "train-images-idx3-ubyte", md5: "6bbc9ace898e44ae57da46a324031adb"),
        MNISTFile(name: "train-labels-idx1-ubyte", md5: "a25bea736e30d166cdddb491f175f624"),
        MNISTFile(name: "t10k-images-idx3-ubyte", md5: "2646ac647ad5339dbf082846283269ea"),
        MNISTFile(name: "t10k-labels-idx1-ubyte", md5: "27ae3e4e09519cfbb04c329615203637"),
      ], hint: "name a directory that has the files (--data)"),
    summary: "60,000 + 10,000 gray images 28 × 28 of digits in 10 classes",
    source: "https://ossci-datasets.s3.amazonaws.com/mnist/", downloadSize: 11_594_722, licence: "CC BY-SA 3.0")

  /// EMNIST in 47 balanced classes: digits and letters, those alike in both cases as one (Cohen et al. 2017).
  public static let emnistBalanced = emnist(
    "balanced", classNames: (Array("0123456789") + Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")).map { String($0) },
    firstLabel: 0, summary: "112,800 + 18,800 gray images 28 × 28 of digits and letters in 47 classes")

  /// EMNIST in 26 classes: letters of either case (Cohen et al. 2017).
  public static let emnistLetters = emnist(
    "letters", classNames: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ").map { String($0) }, firstLabel: 1,
    summary: "124,800 + 20,800 gray images 28 × 28 of letters in 26 classes")

  private static func emnist(
    _ part: String, classNames: [String], firstLabel: UInt8, summary: String
  ) -> Dataset {
    let address = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    let kinds = ["train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"]
    let archive = IDXDataset.Archive(
      md5: "58c8d27c78d21e728a6bc7b3cc06412e", folder: "gzip",
      files: ["balanced", "letters"].flatMap { part in kinds.map { "emnist-\(part)-\($0)-ubyte" } })
    var dataset = idx(
      "emnist-\(part)",
      IDXDataset(
        title: "EMNIST \(part)", classNames: classNames,
        files: kinds.map { MNISTFile(name: "emnist-\(part)-\($0)-ubyte", md5: nil) }, firstLabel: firstLabel,
        isTransposed: true, hint: "name a directory that has emnist-\(part)-train-images-idx3-ubyte.gz (--data)",
        archive: archive),
      summary: summary, source: address, downloadSize: 561_753_746, licence: "public domain")
    dataset.directoryName = "emnist"
    return dataset
  }
}
