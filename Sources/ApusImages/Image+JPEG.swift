import ApusFiles
import CJPEG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Image {
  /// The image in the JPEG file at `path`: one channel when it is gray, three otherwise; inks (CMYK, YCCK) become RGB. It
  /// is turned upright as its orientation (EXIF) says.
  ///
  /// Throws a ``FileError`` when the file cannot be read, is no JPEG image, is damaged or cut short, or has more than
  /// ``maximumPixelCount`` pixels.
  public init(contentsOfJPEG path: String) throws(FileError) {
    try self.init(jpeg: try File.read(path, maximumSize: 1 << 30), path: path)
  }

  /// The image in the bytes of a JPEG file; `path` is what errors call it.
  ///
  /// Throws a ``FileError`` as ``init(contentsOfJPEG:)`` does.
  public init(jpeg bytes: [UInt8], path: String) throws(FileError) {
    guard ImageFormat(bytes) == .jpeg else {
      throw .malformed(path, "not a JPEG image (\(ImageFormat.describe(bytes)))")
    }
    var info = apus_jpeg_info()
    guard apus_jpeg_read(bytes, bytes.count, &info, nil) != 0 else { throw Self.damaged(&info, path) }
    let (width, height, channels) = (Int(info.width), Int(info.height), Int(info.channels))
    guard Image.isAllowed(width: width, height: height) else {
      let limit = Image.maximumPixelCount
      throw .tooLarge(path, "a JPEG image of \(width) × \(height) pixels, more than the \(limit) allowed")
    }
    guard channels > 0 else { throw .malformed(path, "a JPEG image in colors that are not known") }
    // No encoder needs less than a bit for a block of 64 samples: memory is not set aside for a mere claim.
    guard width * height / 512 <= bytes.count else {
      throw .malformed(path, "a damaged JPEG image (\(bytes.count) bytes cannot hold \(width) × \(height) pixels)")
    }
    var hasFailed = false
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { pixels, filled in
      hasFailed = apus_jpeg_read(bytes, bytes.count, &info, pixels.baseAddress) == 0
      filled = hasFailed ? 0 : width * height * channels
    }
    if hasFailed { throw Self.damaged(&info, path) }
    let image = Image(width: width, height: height, channels: channels, pixels: pixels)
    self = EXIFOrientation(jpeg: bytes).map { image.upright($0) } ?? image
  }

  /// Writes the image to a JPEG file, laid over white if it has opacity; a file that exists is replaced as a whole.
  ///
  /// `quality` runs from 1 to 100. Throws a ``FileError`` when it cannot be written; nothing is left behind then.
  public func writeJPEG(to path: String, quality: Int = 90) throws(FileError) {
    try AtomicFile.write(jpegData(quality: quality), to: path)
  }

  /// The bytes of a JPEG file of the image, laid over white if it has opacity; `quality` runs from 1 to 100.
  ///
  /// Traps when a side has more than 65,500 pixels, which the format cannot say.
  public func jpegData(quality: Int = 90) -> [UInt8] {
    guard 1...100 ~= quality else { fatalError("Image.jpegData: quality \(quality) is not one of 1 to 100") }
    let image = flattened()
    var info = apus_jpeg_info()
    (info.width, info.height, info.channels) = (Int32(width), Int32(height), Int32(image.channels))
    var file: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    defer { free(file) }
    guard apus_jpeg_write(image.pixels, &info, Int32(quality), &file, &size) != 0, let file else {
      fatalError("Image.jpegData: \(Self.message(&info))")
    }
    return Array(UnsafeBufferPointer(start: file, count: Int(size)))
  }

  private static func message(_ info: inout apus_jpeg_info) -> String { String(cString: apus_jpeg_message(&info)) }

  private static func damaged(_ info: inout apus_jpeg_info, _ path: String) -> FileError {
    .malformed(path, "a damaged JPEG image (\(message(&info)))")
  }
}
