/// How the marks of a series look: told apart by color, and in gray by dash and marker.
public struct Style: Hashable, Sendable {
  public var color: Color
  public var width: Double
  public var dash: Dash
  public var marker: Marker

  public init(_ color: Color = .ink, width: Double = 2, dash: Dash = .solid, marker: Marker = .circle) {
    (self.color, self.width, self.dash, self.marker) = (color, width, dash, marker)
  }

  /// The style of series `number`, from 0: no two of the first 35 are alike in gray and in color.
  public static func series(_ number: Int) -> Style {
    let (dashes, markers) = (Dash.allCases, Marker.allCases)
    return Style(
      Color.palette[number % Color.palette.count], dash: dashes[number % dashes.count],
      marker: markers[number % markers.count])
  }

  /// The strokes of a line.
  public enum Dash: String, CaseIterable, Hashable, Sendable {
    case solid, long, short, dashDot, sparse

    /// SVG's `stroke-dasharray`.
    var pattern: String? {
      switch self {
      case .solid: nil
      case .long: "9 4"
      case .short: "3 3"
      case .dashDot: "10 3 2 3"
      case .sparse: "3 7"
      }
    }
  }

  /// The shape of a point.
  public enum Marker: String, CaseIterable, Hashable, Sendable {
    case circle, square, triangle, diamond, cross, plus, ring

    /// The shape around a place, with about the area of a circle of that radius.
    func path(at center: Point, radius r: Double) -> String {
      let (x, y) = (center.x, center.y)
      func polygon(_ corners: [(Double, Double)]) -> String {
        Canvas.path(corners.map { Point(x + $0.0 * r, y + $0.1 * r) }, isClosed: true)
      }
      switch self {
      case .circle, .ring:
        let (left, right) = (Point(x - r, y), Point(x + r, y))
        let arc = "A\(r.decimal) \(r.decimal) 0 1 1"
        return "M\(left.text) \(arc) \(right.text) \(arc) \(left.text) Z"
      case .square: return polygon([(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)])
      case .triangle: return polygon([(0, -1.25), (1.15, 0.8), (-1.15, 0.8)])
      case .diamond: return polygon([(0, -1.3), (1.1, 0), (0, 1.3), (-1.1, 0)])
      case .cross:
        return "M\(Point(x - r, y - r).text) L\(Point(x + r, y + r).text) "
          + "M\(Point(x - r, y + r).text) L\(Point(x + r, y - r).text)"
      case .plus:
        let s = r * 1.25
        return "M\(Point(x - s, y).text) L\(Point(x + s, y).text) M\(Point(x, y - s).text) L\(Point(x, y + s).text)"
      }
    }

    /// Whether it is an outline.
    var isOpen: Bool { self == .cross || self == .plus || self == .ring }
  }
}
