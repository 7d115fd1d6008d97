/// Points.
public struct Scatter: Mark {
  public let points: [Point]
  public let name: String?
  public let style: Style
  public let radius: Double
  public let opacity: Double

  public init(
    _ points: [Point], name: String? = nil, style: Style = .series(0), radius: Double = 4, opacity: Double = 1
  ) {
    (self.points, self.name, self.style, self.radius, self.opacity) = (points, name, style, radius, opacity)
  }

  public var extent: Extent { Extent(points.lazy.map(\.x), points.lazy.map(\.y)) }
  public var key: LegendKey? { .optional(name, style, .marker) }
  public var data: SeriesData { .points(name, kind: "scatter", points) }
  public func occupied(in frame: PlotFrame) -> [Point] { points.map(frame.place).filter(\.isFinite) }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    for point in points {
      canvas.marker(style.marker, at: frame.place(point), radius: radius, color: style.color, opacity: opacity)
    }
  }
}

/// Arrows from points to points.
public struct Arrows: Mark {
  public let arrows: [(start: Point, end: Point)]
  public let name: String?
  public let style: Style

  public init(_ arrows: [(start: Point, end: Point)], name: String? = nil, style: Style = Style(.ink, width: 1.5)) {
    (self.arrows, self.name, self.style) = (arrows, name, style)
  }

  public var extent: Extent {
    Extent(arrows.flatMap { [$0.start.x, $0.end.x] }, arrows.flatMap { [$0.start.y, $0.end.y] })
  }
  public var key: LegendKey? { .optional(name, style, .line) }
  public var data: SeriesData {
    SeriesData(
      name, kind: "arrows",
      [
        .init("x", arrows.map(\.start.x)), .init("y", arrows.map(\.start.y)), .init("x_end", arrows.map(\.end.x)),
        .init("y_end", arrows.map(\.end.y)),
      ])
  }
  public func occupied(in frame: PlotFrame) -> [Point] { arrows.flatMap { frame.sampled([$0.start, $0.end]) } }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    for arrow in arrows {
      canvas.arrow(frame.place(arrow.start), frame.place(arrow.end), color: style.color, width: style.width)
    }
  }
}

/// Texts at points.
public struct Labels: Mark {
  public let labels: [(point: Point, text: String)]
  public let size: Double
  public let color: Color
  public let anchor: Canvas.Anchor
  /// How far from the point, in pixels to the right and down.
  public let offset: Point

  public init(
    _ labels: [(point: Point, text: String)], size: Double = 12, color: Color = .ink, anchor: Canvas.Anchor = .start,
    offset: Point = Point(7, -7)
  ) {
    (self.labels, self.size, self.color, self.anchor, self.offset) = (labels, size, color, anchor, offset)
  }

  public var extent: Extent { Extent(labels.lazy.map(\.point.x), labels.lazy.map(\.point.y)) }
  public var data: SeriesData {
    SeriesData(
      nil, kind: "labels", [.init("x", labels.map(\.point.x)), .init("y", labels.map(\.point.y))],
      texts: labels.map(\.text))
  }

  public func occupied(in frame: PlotFrame) -> [Point] {
    labels.flatMap { label -> [Point] in
      let (place, width) = (frame.place(label.point), TextWidth.of(label.text, size: size))
      let left = place.x + offset.x - (anchor == .start ? 0 : anchor == .middle ? width / 2 : width)
      return frame.covering(Box(x: left, y: place.y + offset.y - size * 0.8, width: width, height: size))
    }
  }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    for label in labels {
      let place = frame.place(label.point)
      canvas.text(
        label.text, at: Point(place.x + offset.x, place.y + offset.y), size: size, color: color, anchor: anchor,
        halo: .white)
    }
  }
}

/// A straight line across the whole plot.
public struct Rule: Mark {
  public enum Place: Hashable, Sendable {
    case horizontal(Double)
    case vertical(Double)
    /// a·x + b·y + c = 0
    case line(a: Double, b: Double, c: Double)
  }

  public let place: Place
  public let name: String?
  public let style: Style

  public init(_ place: Place, name: String? = nil, style: Style = Style(.muted, width: 1.2, dash: .short)) {
    (self.place, self.name, self.style) = (place, name, style)
  }

  public var extent: Extent {
    switch place {
    case .horizontal(let y): Extent(y: y...y)
    case .vertical(let x): Extent(x: x...x)
    case .line: Extent()
    }
  }
  public var key: LegendKey? { .optional(name, style, .line) }

  public var data: SeriesData {
    switch place {
    case .horizontal(let y): SeriesData(name, kind: "rule", [.init("y", [y])])
    case .vertical(let x): SeriesData(name, kind: "rule", [.init("x", [x])])
    case .line(let a, let b, let c):
      SeriesData(name, kind: "rule", [.init("a", [a]), .init("b", [b]), .init("c", [c])])
    }
  }

  private func ends(in frame: PlotFrame) -> [Point] {
    let (x, y) = (frame.x.domain, frame.y.domain)
    switch place {
    case .horizontal(let value): return [Point(x.lowerBound, value), Point(x.upperBound, value)]
    case .vertical(let value): return [Point(value, y.lowerBound), Point(value, y.upperBound)]
    case .line(let a, let b, let c):
      // Steep lines are drawn from the lower to the upper edge, others from the left to the right one.
      let isSteep =
        (a * (x.upperBound - x.lowerBound)).magnitude > (b * (y.upperBound - y.lowerBound)).magnitude
      return isSteep
        ? [y.lowerBound, y.upperBound].map { Point((-c - b * $0) / a, $0) }
        : [x.lowerBound, x.upperBound].map { Point($0, (-c - a * $0) / b) }
    }
  }

  public func occupied(in frame: PlotFrame) -> [Point] { frame.sampled(ends(in: frame)) }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    let places = ends(in: frame).map(frame.place)
    canvas.line(places[0], places[1], color: style.color, width: style.width, dash: style.dash)
  }
}
