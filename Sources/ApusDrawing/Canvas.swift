/// A drawing as it grows: the lines of an SVG file.
public struct Canvas: Sendable {
  public let width: Double
  public let height: Double
  /// The family that widths of texts are estimated for, and one with nearly the same.
  static let fonts = "DejaVu Sans, Verdana, sans-serif"
  /// Which moment of what moves is drawn, from 0 to 1; nil where it moves by itself.
  var moment: Double?
  private var definitions: [String] = []
  private var body: [String] = []
  private var clipCount = 0

  public init(width: Double, height: Double) {
    (self.width, self.height) = (width, height)
    rectangle(Box(x: 0, y: 0, width: width, height: height), fill: .white)
  }

  /// Where a text stands in relation to its place.
  public enum Anchor: String, Sendable { case start, middle, end }

  /// The drawing as an SVG 1.1 file.
  public var svg: String {
    let head =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width.fixed(0))\" height=\"\(height.fixed(0))\" "
      + "viewBox=\"0 0 \(width.fixed(0)) \(height.fixed(0))\" font-family=\"\(Canvas.fonts)\">"
    let defined = definitions.isEmpty ? [] : ["<defs>"] + definitions + ["</defs>"]
    return ([head] + defined + body + ["</svg>", ""]).joined(separator: "\n")
  }

  /// The text of an element or attribute: markup escaped, and what XML cannot hold replaced.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += " "
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  public mutating func rectangle(
    _ box: Box, fill: Color?, stroke: Color? = nil, strokeWidth: Double = 1, opacity: Double = 1, radius: Double = 0,
    isCrisp: Bool = false
  ) {
    var text = "<rect x=\"\(box.x.decimal)\" y=\"\(box.y.decimal)\" width=\"\(max(0, box.width).decimal)\" "
    text += "height=\"\(max(0, box.height).decimal)\"" + Canvas.paint(fill, stroke, strokeWidth, opacity)
    if radius > 0 { text += " rx=\"\(radius.decimal)\"" }
    if isCrisp { text += " shape-rendering=\"crispEdges\"" }
    body.append(text + "/>")
  }

  public mutating func line(
    _ start: Point, _ end: Point, color: Color, width: Double = 1, dash: Style.Dash = .solid, opacity: Double = 1
  ) {
    guard start.isFinite, end.isFinite else { return }
    body.append(
      "<line x1=\"\(start.x.decimal)\" y1=\"\(start.y.decimal)\" x2=\"\(end.x.decimal)\" y2=\"\(end.y.decimal)\""
        + Canvas.paint(nil, color, width, opacity) + Canvas.dashes(dash) + "/>")
  }

  public mutating func circle(
    _ center: Point, radius: Double, fill: Color?, stroke: Color? = nil, strokeWidth: Double = 1, opacity: Double = 1
  ) {
    guard center.isFinite else { return }
    body.append(
      "<circle cx=\"\(center.x.decimal)\" cy=\"\(center.y.decimal)\" r=\"\(radius.decimal)\""
        + Canvas.paint(fill, stroke, strokeWidth, opacity) + "/>")
  }

  /// A line through points; it is broken where one has no place.
  public mutating func polyline(
    _ points: [Point], color: Color, width: Double, dash: Style.Dash = .solid, opacity: Double = 1,
    animation: String? = nil
  ) {
    let data = Canvas.path(points)
    guard !data.isEmpty else { return }
    let start =
      "<path d=\"\(data)\"" + Canvas.paint(nil, color, width, opacity) + Canvas.dashes(dash)
      + " stroke-linejoin=\"round\" stroke-linecap=\"\(dash == .solid ? "round" : "butt")\""
    body.append(animation.map { "\(start)>\($0)</path>" } ?? "\(start)/>")
  }

  public mutating func polygon(
    _ points: [Point], fill: Color?, stroke: Color? = nil, strokeWidth: Double = 1, opacity: Double = 1
  ) {
    shape(Canvas.path(points, isClosed: true), fill: fill, stroke: stroke, strokeWidth: strokeWidth, opacity: opacity)
  }

  mutating func shape(
    _ path: String, fill: Color?, stroke: Color? = nil, strokeWidth: Double = 1, opacity: Double = 1,
    animation: String? = nil
  ) {
    guard !path.isEmpty else { return }
    let start = "<path d=\"\(path)\"" + Canvas.paint(fill, stroke, strokeWidth, opacity)
    body.append(animation.map { "\(start)>\($0)</path>" } ?? "\(start)/>")
  }

  /// A point of a series.
  public mutating func marker(
    _ marker: Style.Marker, at center: Point, radius: Double, color: Color, opacity: Double = 1
  ) {
    guard center.isFinite else { return }
    let path = marker.path(at: center, radius: radius)
    if marker.isOpen {
      shape(path, fill: nil, stroke: color, strokeWidth: max(1.2, radius * 0.5), opacity: opacity)
    } else {
      shape(path, fill: color, stroke: .white, strokeWidth: radius > 2.5 ? 0.6 : 0.2, opacity: opacity)
    }
  }

  /// - Parameters:
  ///   - angle: Degrees, clockwise, about the place.
  ///   - halo: A color around the letters, so that they can be read over lines.
  public mutating func text(
    _ text: String, at place: Point, size: Double = 12, color: Color = .ink, anchor: Anchor = .start,
    isBold: Bool = false, angle: Double = 0, halo: Color? = nil
  ) {
    guard place.isFinite, !text.isEmpty else { return }
    var line = "<text x=\"\(place.x.decimal)\" y=\"\(place.y.decimal)\" font-size=\"\(size.decimal)\" "
    line += "fill=\"\(color.hex)\" text-anchor=\"\(anchor.rawValue)\""
    if isBold { line += " font-weight=\"bold\"" }
    if angle != 0 { line += " transform=\"rotate(\(angle.decimal) \(place.text))\"" }
    let content = ">\(Canvas.escaped(text))</text>"
    // Once more beneath, with a broad stroke: `paint-order` is not known everywhere.
    if let halo {
      body.append(line + " stroke=\"\(halo.hex)\" stroke-width=\"3.50\" stroke-linejoin=\"round\"" + content)
    }
    body.append(line + content)
  }

  /// A line with a head at its end.
  public mutating func arrow(_ start: Point, _ end: Point, color: Color, width: Double = 1.5, headSize: Double = 7) {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let length = (dx * dx + dy * dy).squareRoot()
    guard length > 0.01, length.isFinite else { return }
    let (ux, uy) = (dx / length, dy / length)
    let size = min(headSize, length)
    let neck = Point(end.x - ux * size, end.y - uy * size)
    line(start, neck, color: color, width: width)
    let half = size * 0.45
    polygon(
      [end, Point(neck.x - uy * half, neck.y + ux * half), Point(neck.x + uy * half, neck.y - ux * half)], fill: color)
  }

  /// Draws with everything outside of the box cut off.
  public mutating func clipped(to box: Box, _ draw: (inout Canvas) -> Void) {
    clipCount += 1
    definitions.append(
      "<clipPath id=\"clip\(clipCount)\"><rect x=\"\(box.x.decimal)\" y=\"\(box.y.decimal)\" "
        + "width=\"\(box.width.decimal)\" height=\"\(box.height.decimal)\"/></clipPath>")
    body.append("<g clip-path=\"url(#clip\(clipCount))\">")
    draw(&self)
    body.append("</g>")
  }

  // MARK: Attributes

  /// A path through points, in pieces where a point has no place.
  static func path(_ points: [Point], isClosed: Bool = false) -> String {
    var parts: [String] = []
    var isDown = false
    for point in points {
      guard point.isFinite else {
        isDown = false
        continue
      }
      parts.append((isDown ? "L" : "M") + point.text)
      isDown = true
    }
    return parts.count < 2 ? "" : parts.joined(separator: " ") + (isClosed ? " Z" : "")
  }

  private static func paint(_ fill: Color?, _ stroke: Color?, _ width: Double, _ opacity: Double) -> String {
    var text = " fill=\"\(fill?.hex ?? "none")\""
    if let stroke { text += " stroke=\"\(stroke.hex)\" stroke-width=\"\(width.decimal)\"" }
    if opacity < 1 { text += " opacity=\"\(opacity.decimal)\"" }
    return text
  }

  private static func dashes(_ dash: Style.Dash) -> String {
    dash.pattern.map { " stroke-dasharray=\"\($0)\"" } ?? ""
  }
}

extension Point {
  /// Whether it can be drawn: what is far outside would overflow the numbers of some viewers.
  var isFinite: Bool { x.isFinite && y.isFinite && x.magnitude < 1e6 && y.magnitude < 1e6 }
}
