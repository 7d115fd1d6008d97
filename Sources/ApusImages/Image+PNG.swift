import ApusFiles
import CPNG

extension Image {
  /// The image in the PNG file at `path`, with the channels the file has; palettes become RGB, 16 bits become 8.
  ///
  /// Throws a ``FileError`` when the file cannot be read, is no PNG image, is damaged,
  /// or has more than ``maximumPixelCount`` pixels.
  public init(contentsOfPNG path: String) throws(FileError) {
    try self.init(png: try File.read(path, maximumSize: 1 << 30), path: path)
  }

  /// The image in the bytes of a PNG file; `path` is what errors call it.
  ///
  /// Throws a ``FileError`` as ``init(contentsOfPNG:)`` does.
  public init(png bytes: [UInt8], path: String) throws(FileError) {
    guard ImageFormat(bytes) == .png else {
      throw .malformed(path, "not a PNG image (\(ImageFormat.describe(bytes)))")
    }
    let reader = PNGHandle()
    defer { reader.free() }
    // libpng keeps the address of the bytes between the two steps.
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in
      try reader.read(UnsafeRawBufferPointer(buffer), path: path)
    }
  }

  /// Writes the image to a PNG file; a file that exists is replaced as a whole.
  ///
  /// Throws a ``FileError`` when it cannot be written; nothing is left behind then.
  public func writePNG(to path: String) throws(FileError) {
    try AtomicFile.write(pngData, to: path)
  }

  /// The bytes of a PNG file of the image.
  public var pngData: [UInt8] {
    let writer = PNGHandle()
    defer { writer.free() }
    writer.image.pointee.width = UInt32(width)
    writer.image.pointee.height = UInt32(height)
    writer.image.pointee.format = apus_png_format(channels >= 3 ? 1 : 0, hasAlpha ? 1 : 0)
    // First the size that is certainly enough, then the bytes; only a lack of memory can stop either.
    var size = 0
    guard png_image_write_to_memory(writer.image, nil, &size, 0, pixels, 0, nil) != 0 else {
      fatalError("Image.pngData: \(writer.message)")
    }
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      guard png_image_write_to_memory(writer.image, buffer.baseAddress, &size, 0, pixels, 0, nil) != 0 else {
        fatalError("Image.pngData: \(writer.message)")
      }
      filled = size
    }
  }
}

/// libpng's control structure, at an address of its own.
private struct PNGHandle {
  let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)

  init() { apus_png_initialise(image) }

  func free() {
    png_image_free(image)
    image.deallocate()
  }

  var message: String { String(cString: apus_png_message(image)) }

  func read(_ buffer: UnsafeRawBufferPointer, path: String) throws(FileError) -> Image {
    guard png_image_begin_read_from_memory(image, buffer.baseAddress, buffer.count) != 0 else { throw damaged(path) }
    let (width, height) = (Int(image.pointee.width), Int(image.pointee.height))
    guard Image.isAllowed(width: width, height: height) else {
      let limit = Image.maximumPixelCount
      throw .tooLarge(path, "a PNG image of \(width) × \(height) pixels, more than the \(limit) allowed")
    }
    let hasColor = apus_png_has_color(image), hasAlpha = apus_png_has_alpha(image)
    apus_png_assume_srgb(image)
    image.pointee.format = apus_png_format(hasColor, hasAlpha)
    let channels = (hasColor != 0 ? 3 : 1) + (hasAlpha != 0 ? 1 : 0)

    var hasFailed = false
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { pixels, filled in
      // A warning about something harmless is no failure.
      hasFailed = png_image_finish_read(image, nil, pixels.baseAddress, 0, nil) == 0 || apus_png_has_failed(image) != 0
      filled = hasFailed ? 0 : width * height * channels
    }
    if hasFailed { throw damaged(path) }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  private func damaged(_ path: String) -> FileError { .malformed(path, "a damaged PNG image (\(message))") }
}
