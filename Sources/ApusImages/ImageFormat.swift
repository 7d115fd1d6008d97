import ApusFiles

/// The formats of image files that can be read and written.
public enum ImageFormat: String, Hashable, Sendable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"

  /// The format that the bytes begin as; nil when it is none of these.
  public init?(_ bytes: some Sequence<UInt8>) {
    let beginning = Array(bytes.prefix(8))
    if beginning == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] {
      self = .png
    } else if beginning.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }

  /// The format that a file of this name should have, by its extension; nil when that says nothing.
  public init?(path: String) {
    switch path.split(separator: "/").last?.split(separator: ".").dropFirst().last?.lowercased() {
    case "png": self = .png
    case "jpg", "jpeg": self = .jpeg
    default: return nil
    }
  }

  /// What bytes that begin no image of the expected format seem to be.
  static func describe(_ bytes: [UInt8]) -> String {
    let formats: [(name: String, beginning: [UInt8])] = [
      ("a GIF image", Array("GIF8".utf8)), ("a TIFF image", [0x49, 0x49, 0x2A, 0]),
      ("a TIFF image", [0x4D, 0x4D, 0, 0x2A]), ("a BMP image", Array("BM".utf8)),
      ("a gzip file", [0x1F, 0x8B]), ("a PDF document", Array("%PDF".utf8)),
    ]
    if bytes.isEmpty { return "the file is empty" }
    if let format = ImageFormat(bytes) { return "it is a \(format.rawValue) image" }
    if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return "it is a WebP image" }
    if bytes.dropFirst(4).starts(with: "ftypavif".utf8) { return "it is an AVIF image" }
    if let format = formats.first(where: { bytes.starts(with: $0.beginning) }) { return "it is \(format.name)" }
    let first = bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
    return "it begins with the bytes \(first.joined(separator: " "))"
  }
}

extension Image {
  /// The image in the PNG or JPEG file at `path`; its contents say which of them it is, not its name.
  ///
  /// A JPEG image is turned upright as its orientation (EXIF) says. Throws a ``FileError`` when the file cannot be read,
  /// is neither, is damaged, or has more than ``maximumPixelCount`` pixels.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(bytes: try File.read(path, maximumSize: 1 << 30), path: path)
  }

  /// The image in the bytes of a PNG or JPEG file; `path` is what errors call it.
  ///
  /// Throws a ``FileError`` as ``init(contentsOf:)`` does.
  public init(bytes: [UInt8], path: String) throws(FileError) {
    switch ImageFormat(bytes) {
    case .png: try self.init(png: bytes, path: path)
    case .jpeg: try self.init(jpeg: bytes, path: path)
    case nil: throw .malformed(path, "not a PNG or JPEG image (\(ImageFormat.describe(bytes)))")
    }
  }

  /// Writes the image as PNG or JPEG, as the extension of `path` says; a file that exists is replaced as a whole.
  ///
  /// Throws a ``FileError`` when the extension is of neither, or the file cannot be written.
  public func write(to path: String) throws(FileError) {
    switch ImageFormat(path: path) {
    case .png: try writePNG(to: path)
    case .jpeg: try writeJPEG(to: path)
    case nil: throw .malformed(path, "images are written as .png, .jpg or .jpeg")
    }
  }
}
