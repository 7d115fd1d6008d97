import ApusCompression
import ApusData
import ApusDownloads
import ApusFiles

/// One of the four files of a data set in the form of MNIST, compressed or not.
struct MNISTFile: Sendable {
  /// The name without ".gz".
  let name: String
  /// The digest of the decompressed contents; nil where none is published.
  let md5: String?

  /// More than any file of this form needs: EMNIST's largest has 547 MB.
  static let maximumSize = 1 << 30

  /// The contents of such a file, and what is known of them.
  struct Contents {
    let array: IDXFile
    /// Whether they are, byte for byte, those of the data set that the file's name stands for.
    let isOriginal: Bool
    let path: String
  }

  func isPresent(_ directory: String) -> Bool { existingPath(in: directory) != nil }

  /// Where the file lies in `directory`. Throws a ``FileError`` when it does not.
  func path(in directory: String) throws(FileError) -> String {
    if let path = existingPath(in: directory) { return path }
    guard File.isDirectory(directory) else {
      let problem = File.exists(directory) ? "not a directory" : "no such directory"
      throw FileError(path: directory, kind: .system(code: Self.missing), problem: problem)
    }
    throw FileError(
      path: directory.appendingPath(name + ".gz"), kind: .system(code: Self.missing),
      problem: "no such file, nor one without .gz")
  }

  /// The file in `directory`. Throws a ``FileError`` when it is missing or damaged or, where there is a remedy, when it is
  /// not the original.
  func read(from directory: String, remedy: String?) throws(FileError) -> Contents {
    let path = try path(in: directory)
    let bytes = try Self.contents(path, isCompressed: path.hasSuffix(".gz"))
    var isOriginal = true
    if let md5 {
      let found = Checksum.md5(bytes)
      isOriginal = found == Checksum(.md5, md5)
      if let remedy, !isOriginal { throw mismatch(path, found: found, expected: md5, remedy: "; \(remedy)") }
    }
    return Contents(array: try IDXFile(bytes: bytes, path: path), isOriginal: isOriginal, path: path)
  }

  /// Throws a ``FileError`` unless the decompressed contents of the file at `path` are the original ones.
  func requireMatch(_ bytes: [UInt8], path: String) throws(FileError) {
    guard let md5 else { return }
    let found = Checksum.md5(bytes)
    if found != Checksum(.md5, md5) { throw mismatch(path, found: found, expected: md5) }
  }

  private func mismatch(_ path: String, found: Checksum, expected md5: String, remedy: String = "") -> FileError {
    .malformed(path, "not the published \(name): its contents have the \(found), expected \(md5)\(remedy)")
  }

  static func contents(_ path: String, isCompressed: Bool) throws(FileError) -> [UInt8] {
    let bytes = try File.read(path, maximumSize: maximumSize)
    return isCompressed ? try Gzip.decompress(bytes, maximumSize: maximumSize, path: path) : bytes
  }

  private func existingPath(in directory: String) -> String? {
    let path = directory.appendingPath(name)
    if File.exists(path + ".gz") { return path + ".gz" }
    return File.exists(path) ? path : nil
  }

  /// `ENOENT`.
  private static let missing: Int32 = 2
}

extension MNISTFile.Contents {
  /// Throws a ``FileError`` unless these are gray pictures of 28 × 28 pixels.
  func requireImages() throws(FileError) {
    let shape = array.dimensions
    guard array.elementType == .uint8, shape.count == 3, shape[1] == 28, shape[2] == 28 else {
      throw .malformed(path, "expected images of 28 × 28 uint8, found \(shapeText)")
    }
    guard shape[0] > 0 else { throw .malformed(path, at: 4, "holds no images") }
  }

  /// Throws a ``FileError`` unless these are labels of the classes, one for each of the images.
  func requireLabels(_ classes: ClosedRange<UInt8>, for images: Self) throws(FileError) {
    guard array.elementType == .uint8, array.dimensions.count == 1 else {
      throw .malformed(path, "expected a list of uint8 labels, found \(shapeText)")
    }
    guard array.dimensions[0] == images.array.dimensions[0] else {
      throw .malformed(
        path, at: 4, "\(array.dimensions[0]) labels for the \(images.array.dimensions[0]) images of \(images.path)")
    }
    if let index = array.bytes.firstIndex(where: { !classes.contains($0) }) {
      throw .malformed(
        path, at: 8 + index,
        "the label of image \(index) is \(array.bytes[index]), expected \(classes.lowerBound) to \(classes.upperBound)")
    }
  }

  private var shapeText: String {
    array.dimensions.map(String.init).joined(separator: " × ") + " \(array.elementType)"
  }
}
