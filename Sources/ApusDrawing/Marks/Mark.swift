/// Something drawn in a plot: a line, points, bars, a heat map.
public protocol Mark: Sendable {
  /// The data that must fit in the plot.
  var extent: Extent { get }
  /// How the legend explains it; nil where it does not.
  var key: LegendKey? { get }
  /// What its colors mean; nil where they stand for no numbers.
  var colorScale: ColorScale? { get }
  var data: SeriesData { get }
  func draw(on canvas: inout Canvas, in frame: PlotFrame)
  /// Places on the drawing that a legend must not cover, no further apart than a few pixels.
  func occupied(in frame: PlotFrame) -> [Point]
}

extension Mark {
  public var key: LegendKey? { nil }
  public var colorScale: ColorScale? { nil }
}

/// A line of the legend.
public struct LegendKey: Hashable, Sendable {
  public enum Symbol: Hashable, Sendable {
    case line, lineAndMarker, marker
    case area(opacity: Double)
  }

  public let name: String
  public let style: Style
  public let symbol: Symbol

  public init(_ name: String, _ style: Style, _ symbol: Symbol) {
    (self.name, self.style, self.symbol) = (name, style, symbol)
  }

  /// Nil without a name.
  static func optional(_ name: String?, _ style: Style, _ symbol: Symbol) -> LegendKey? {
    name.map { LegendKey($0, style, symbol) }
  }
}

/// Numbers as colors.
public struct ColorScale: Hashable, Sendable {
  public let colors: ColorMap
  public let kind: ScaleKind
  public let domain: ClosedRange<Double>
  public let label: String

  public init(_ colors: ColorMap, kind: ScaleKind = .linear, domain: ClosedRange<Double>, label: String) {
    (self.colors, self.kind, self.domain, self.label) = (colors, kind, domain, label)
  }

  public func callAsFunction(_ value: Double) -> Color {
    colors(Scale(kind, domain: domain, pixels: (0, 1))(value))
  }
}

/// Where a plot draws its data, and how numbers become places.
public struct PlotFrame: Sendable {
  public let box: Box
  public let x: Scale
  public let y: Scale

  public func place(_ point: Point) -> Point { Point(x(point.x), y(point.y)) }

  /// Places along a line through points, close enough to see what it crosses.
  func sampled(_ points: [Point], spacing: Double = 5) -> [Point] {
    let places = points.map(place).filter(\.isFinite)
    guard var last = places.first else { return [] }
    var result = [last]
    for next in places.dropFirst() {
      let distance = ((next.x - last.x) * (next.x - last.x) + (next.y - last.y) * (next.y - last.y)).squareRoot()
      let count = min(2000, max(1, Int((distance / spacing).rounded(.up))))
      for step in 1...count {
        let share = Double(step) / Double(count)
        result.append(Point(last.x + (next.x - last.x) * share, last.y + (next.y - last.y) * share))
      }
      last = next
    }
    return result.filter(box.contains)
  }

  /// Places all over a rectangle.
  func covering(_ box: Box, spacing: Double = 5) -> [Point] {
    guard box.width < 1e5, box.height < 1e5 else { return [] }
    let (columns, rows) = (Int(box.width / spacing) + 1, Int(box.height / spacing) + 1)
    return (0...rows).flatMap { row in
      (0...columns).map { column in
        Point(
          box.x + box.width * Double(column) / Double(columns), box.y + box.height * Double(row) / Double(rows))
      }
    }.filter(self.box.contains)
  }
}
