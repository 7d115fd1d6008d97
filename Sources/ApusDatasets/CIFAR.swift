import ApusCompression
import ApusData
import ApusDownloads
import ApusFiles

/// CIFAR-10 or CIFAR-100 in the binary form: records of labels and 32 × 32 pixels, all red ones first.
struct CIFARDataset: DatasetForm {
  let title: String
  /// The archive, the directory in it, and the digest of the archive.
  let archive: String
  let folder: String
  let md5: String
  let trainFiles: [String]
  let testFile: String
  /// The names of the classes, or of the file that lists them.
  let classNames: [String]
  var classNameFile: String?
  /// How many labels a record has; the last is the one that counts.
  var labelCount = 1

  static let side = 32
  var files: [String] { trainFiles + [testFile] + (classNameFile.map { [$0] } ?? []) }
  var classCount: Int { classNameFile == nil ? classNames.count : 100 }

  /// The directory that has the files: the given one, or the archive's own folder in it.
  private func directory(_ given: String) -> String {
    let inner = given.appendingPath(folder)
    return File.exists(inner.appendingPath(testFile)) ? inner : given
  }

  func requireFiles(_ given: String) throws(FileError) {
    guard File.isDirectory(given) else {
      let problem = File.exists(given) ? "not a directory" : "no such directory"
      throw FileError(path: given, kind: .system(code: 2), problem: problem)
    }
    let directory = directory(given)
    for file in files where !File.exists(directory.appendingPath(file)) {
      throw FileError(path: directory.appendingPath(file), kind: .system(code: 2), problem: "no such file")
    }
  }

  func hasSome(_ directory: String) -> Bool {
    files.contains { File.exists(self.directory(directory).appendingPath($0)) }
  }

  func fetch(
    _ source: String, _ directory: String, _ report: (FetchProgress) -> Download.Decision
  ) throws(DatasetError) {
    do throws(FileError) {
      try requireFiles(directory)
      return
    } catch {}
    let path = directory.appendingPath(archive)
    if !File.exists(path) {
      let download = Download(
        from: source.hasSuffix("/") ? source + archive : source, to: path, maximumSize: 1 << 28,
        checksum: Checksum(.md5, md5))
      let hint = "name a directory that has \(testFile) and the others (--data)"
      try Dataset.run([download], hint: hint, report: report)
    }
    try DatasetError.naming { () throws(FileError) in
      let bytes = try Gzip.decompress(try File.read(path, maximumSize: 1 << 28), maximumSize: 1 << 28, path: path)
      let contents = try TarArchive(bytes: bytes, path: path).files
      for file in files {
        guard let bytes = contents["\(folder)/\(file)"] else {
          throw .malformed(path, "the archive has no \(folder)/\(file)")
        }
        try AtomicFile.write(Array(bytes), to: directory.appendingPath(file))
      }
      try File.remove(path)
    }
  }

  func read(_ location: DatasetLocation) throws(DatasetError) -> ImageClassificationData {
    let directory = directory(location.directory)
    let names = try DatasetError.naming { () throws(FileError) in try readNames(directory) }
    let train = try readPart(trainFiles, directory)
    let test = try readPart([testFile], directory)
    do throws(DataError) {
      return try ImageClassificationData(name: title, classNames: names, train: train, test: test)
    } catch {
      throw .data(error)
    }
  }

  private func readNames(_ directory: String) throws(FileError) -> [String] {
    guard let classNameFile else { return classNames }
    let path = directory.appendingPath(classNameFile)
    let lines = String(decoding: try File.read(path, maximumSize: 1 << 16), as: UTF8.self)
      .split(whereSeparator: \.isNewline).map(String.init)
    guard lines.count == classCount else {
      throw .malformed(path, "\(lines.count) names of classes, expected \(classCount)")
    }
    return lines
  }

  private func readPart(_ names: [String], _ directory: String) throws(DatasetError) -> LabeledImages {
    let (area, size) = (Self.side * Self.side, labelCount + 3 * Self.side * Self.side)
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    for name in names {
      let path = directory.appendingPath(name)
      let bytes = try DatasetError.naming { () throws(FileError) in try File.read(path, maximumSize: 1 << 28) }
      guard !bytes.isEmpty, bytes.count % size == 0 else {
        throw .file(.malformed(path, "\(bytes.count) bytes, expected a multiple of \(size)"))
      }
      for start in stride(from: 0, to: bytes.count, by: size) {
        let label = bytes[start + labelCount - 1]
        guard label < classCount else {
          let problem = "the label of image \(start / size) is \(label), expected 0 to \(classCount - 1)"
          throw .file(.malformed(path, at: start + labelCount - 1, problem))
        }
        labels.append(label)
      }
      // The planes of red, green and blue become pixels.
      pixels += [UInt8](unsafeUninitializedCapacity: bytes.count / size * 3 * area) { target, filled in
        for start in stride(from: labelCount, to: bytes.count, by: size) {
          for place in 0..<area {
            for channel in 0..<3 { target[filled + 3 * place + channel] = bytes[start + channel * area + place] }
          }
          filled += 3 * area
        }
      }
    }
    do throws(DataError) {
      return try LabeledImages(
        count: labels.count, height: Self.side, width: Self.side, channels: 3, pixels: pixels, labels: labels)
    } catch {
      throw .data(error)
    }
  }
}

extension Dataset {
  private static func cifar(_ name: String, _ form: CIFARDataset, summary: String, downloadSize: Int) -> Dataset {
    Dataset(
      name: name, title: form.title, summary: summary, height: 32, width: 32, channels: 3,
      source: "https://www.cs.toronto.edu/~kriz/", downloadSize: downloadSize, licence: "not stated", form: form)
  }

  /// CIFAR-10: small photographs of vehicles and animals (Krizhevsky 2009).
  public static let cifar10 = cifar(
    "cifar-10",
    CIFARDataset(
      title: "CIFAR-10", archive: "cifar-10-binary.tar.gz", folder: "cifar-10-batches-bin",
      md5: "c32a1d4ab5d03f1284b67883e8d87530", trainFiles: (1...5).map { "data_batch_\($0).bin" },
      testFile: "test_batch.bin",
      classNames: [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
      ]),
    summary: "50,000 + 10,000 color images 32 × 32 in 10 classes", downloadSize: 170_052_171)

  /// CIFAR-100: small photographs in a hundred classes (Krizhevsky 2009).
  public static let cifar100 = cifar(
    "cifar-100",
    CIFARDataset(
      title: "CIFAR-100", archive: "cifar-100-binary.tar.gz", folder: "cifar-100-binary",
      md5: "03b5dce01913d631647c71ecec9e9cb8", trainFiles: ["train.bin"], testFile: "test.bin", classNames: [],
      classNameFile: "fine_label_names.txt", labelCount: 2),
    summary: "50,000 + 10,000 color images 32 × 32 in 100 classes", downloadSize: 168_513_733)
}
