/// A picture of 8-bit samples, rows from top to bottom, the channels of a pixel together.
public struct Image: Hashable, Sendable {
  public let width: Int
  public let height: Int
  /// How many samples a pixel has: 1 gray, 2 gray and opacity, 3 red, green and blue, 4 those and opacity.
  public let channels: Int
  /// `height * width * channels` samples, as they are shown (sRGB).
  public let pixels: [UInt8]

  /// The most pixels an image may have: 2²⁶, 8192 by 8192.
  public static let maximumPixelCount = 1 << 26

  /// An image of the given samples. Traps unless there are `height * width * channels` of them.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    Self.checkSize(width: width, height: height)
    guard 1...4 ~= channels else { fatalError("Image: \(channels) channels; expected 1 to 4") }
    guard pixels.count == width * height * channels else {
      fatalError(
        "Image: \(pixels.count) samples for \(height) rows of \(width) pixels with \(channels) channels; "
          + "expected \(width * height * channels)")
    }
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Whether the last channel is opacity.
  public var hasAlpha: Bool { channels == 2 || channels == 4 }

  static func checkSize(width: Int, height: Int) {
    guard isAllowed(width: width, height: height) else {
      fatalError("Image: \(width) × \(height) pixels; expected at least 1 × 1 and at most \(maximumPixelCount) in all")
    }
  }

  static func isAllowed(width: Int, height: Int) -> Bool {
    guard width > 0, height > 0 else { return false }
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    return !overflow && count <= maximumPixelCount
  }
}
