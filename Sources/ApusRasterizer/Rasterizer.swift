import CRsvg

/// Turns SVG documents into pictures of pixels, through librsvg and cairo.
public enum Rasterizer {
  /// What is wrong with a document.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The bytes of a PNG file, on white, of so many pixels; the document is scaled to fit.
  ///
  /// Throws when the text is no SVG document or the picture would be larger than 16,384 pixels on a side.
  public static func png(svg: String, width: Int, height: Int) throws(Failure) -> [UInt8] {
    guard 1...16384 ~= width, 1...16384 ~= height else {
      throw Failure(description: "a picture of \(width) × \(height) pixels: expected 1 to 16384 each way")
    }
    let text = Array(svg.utf8)
    let result = apus_rsvg_render(text, text.count, Int32(width), Int32(height))
    defer { free(result.bytes) }
    guard let bytes = result.bytes, result.message.0 == 0 else {
      let message = withUnsafeBytes(of: result.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw Failure(description: "the drawing cannot be made a PNG picture: \(message)")
    }
    return Array(UnsafeBufferPointer(start: bytes, count: result.count))
  }
}
