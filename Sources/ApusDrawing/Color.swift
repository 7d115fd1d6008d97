/// An opaque color, sRGB.
public struct Color: Hashable, Sendable {
  public let red: UInt8
  public let green: UInt8
  public let blue: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

  /// From `0xRRGGBB`.
  public init(_ code: UInt32) {
    self.init(
      red: UInt8(truncatingIfNeeded: code >> 16), green: UInt8(truncatingIfNeeded: code >> 8),
      blue: UInt8(truncatingIfNeeded: code))
  }

  /// A gray, 0 black to 1 white.
  public init(gray: Double) {
    let level = UInt8((min(max(gray, 0), 1) * 255).rounded())
    self.init(red: level, green: level, blue: level)
  }

  /// As SVG writes it, `#rrggbb`.
  public var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// How light a gray picture shows it, 0 to 1: the luma of BT.601, which converters and printers use.
  public var luma: Double { (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255 }

  /// Between this color and another, in sRGB.
  public func mixed(with other: Color, _ share: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + (Double(b) - Double(a)) * share).rounded()) }
    return Color(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  /// Black or white, whichever is easier to read on this color.
  public var contrasting: Color { luma > 0.5 ? .black : .white }

  public static let black = Color(0)
  public static let white = Color(0xFFFFFF)
  /// Of axes and their labels.
  public static let ink = Color(0x222222)
  /// Of lines that should not draw the eye.
  public static let faint = Color(0xDDDDDD)
  /// Of remarks.
  public static let muted = Color(0x666666)

  /// Seven colors that the color-blind can tell apart (Okabe & Ito 2008, without the yellow, which is lost on white),
  /// in an order in which neighbours also differ in gray.
  public static let palette: [Color] = [
    Color(0x0072B2), Color(0xE69F00), Color(0x009E73), Color(0xCC79A7), Color(0xD55E00), Color(0x56B4E9), Color(0),
  ]
}

/// Colors for numbers.
public struct ColorMap: Hashable, Sendable {
  private let stops: [Color]

  /// - Parameter stops: Evenly spaced, from the least number to the greatest; at least two.
  public init(_ stops: [Color]) {
    precondition(stops.count >= 2, "ColorMap: \(stops.count) stops, expected at least 2")
    self.stops = stops
  }

  /// The color at a place from 0 to 1; places outside are taken for the nearest end.
  public func callAsFunction(_ place: Double) -> Color {
    guard place.isFinite else { return Color(0xBBBBBB) }
    let position = min(max(place, 0), 1) * Double(stops.count - 1)
    let index = min(Int(position), stops.count - 2)
    return stops[index].mixed(with: stops[index + 1], position - Double(index))
  }

  /// Dark violet to light yellow, even in lightness (van der Walt & Smith 2015).
  public static let viridis = ColorMap(
    [
      0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C, 0xFDE725,
    ].map { Color($0) })
  /// White to dark blue: for counts.
  public static let blues = ColorMap([0xF7FBFF, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x3182BD, 0x08519C].map { Color($0) })
  /// Black to white: for pictures.
  public static let gray = ColorMap([.black, .white])
  /// Blue over white to orange: for numbers whose sign matters. Blue is the darker end in gray.
  public static let diverging = ColorMap([0x08519C, 0x6BAED6, 0xF7F7F7, 0xFDAE6B, 0xD94801].map { Color($0) })
}
