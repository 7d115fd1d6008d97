/// A line through points, with markers at some of them.
public struct Line: Mark {
  public let points: [Point]
  public let name: String?
  public let style: Style
  /// At which points there are markers.
  public let markers: Markers
  /// Over how many seconds the line is drawn, again and again, by viewers that show animation.
  public let seconds: Double?

  public enum Markers: Hashable, Sendable {
    case none, all
    /// About so many, evenly over the points.
    case some(Int)
    case last
  }

  public init(
    _ points: [Point], name: String? = nil, style: Style = .series(0), markers: Markers = .none, seconds: Double? = nil
  ) {
    (self.points, self.name, self.style, self.markers, self.seconds) = (points, name, style, markers, seconds)
  }

  /// A line of numbers against their places.
  public init(
    _ xs: [Double], _ ys: [Double], name: String? = nil, style: Style = .series(0), markers: Markers = .none
  ) {
    self.init(zip(xs, ys).map { Point($0, $1) }, name: name, style: style, markers: markers)
  }

  /// A function's line, at `count` evenly spaced places.
  public init(
    over domain: ClosedRange<Double>, count: Int = 241, name: String? = nil, style: Style = .series(0),
    _ function: (Double) -> Double
  ) {
    let step = (domain.upperBound - domain.lowerBound) / Double(max(1, count - 1))
    let xs = (0..<count).map { domain.lowerBound + Double($0) * step }
    self.init(xs, xs.map(function), name: name, style: style)
  }

  public var extent: Extent { Extent(points.lazy.map(\.x), points.lazy.map(\.y)) }
  public var key: LegendKey? { .optional(name, style, markers == .none ? .line : .lineAndMarker) }
  public var data: SeriesData { .points(name, kind: "line", points) }
  public func occupied(in frame: PlotFrame) -> [Point] { frame.sampled(points) }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    let all = points.map(frame.place)
    let moves = canvas.moment == nil ? seconds : nil
    // Of a moment what has been drawn until then.
    let places = canvas.moment.flatMap { moment in seconds.map { _ in Animation.part(of: all, until: moment) } } ?? all
    // An animated line draws itself by a dash that grows; where it stands still it has its own dashes.
    canvas.polyline(
      places, color: style.color, width: style.width, dash: style.dash,
      animation: moves.flatMap { Animation.growing(places, seconds: $0) })
    for index in markedIndices where index < places.count {
      canvas.marker(style.marker, at: places[index], radius: 4, color: style.color)
    }
    if seconds != nil, let end = places.last(where: \.isFinite) {
      canvas.shape(
        Style.Marker.circle.path(at: end, radius: 5.5), fill: style.color, stroke: .white, strokeWidth: 1.5,
        animation: moves.flatMap { Animation.moving(places, seconds: $0) })
    }
  }

  private var markedIndices: [Int] {
    switch markers {
    case .none: []
    case .all: Array(points.indices)
    case .last: points.isEmpty ? [] : [points.count - 1]
    case .some(let count):
      // Each series begins at another of its points, so that markers of neighbouring lines do not meet.
      Array(stride(from: 0, to: points.count, by: max(1, points.count / max(1, count))))
    }
  }
}

/// SVG's own animation (SMIL). Viewers without it, and pictures, show the last state.
enum Animation {
  /// The places that are met until a moment from 0 to 1, one after another in equal times, and where it is then.
  static func part(of places: [Point], until moment: Double) -> [Point] {
    guard places.count > 1 else { return places }
    let position = max(0, min(1, moment)) * Double(places.count - 1)
    let whole = Int(position)
    guard whole < places.count - 1 else { return places }
    let (from, to, share) = (places[whole], places[whole + 1], position - Double(whole))
    return Array(places[...whole]) + [Point(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share)]
  }

  /// A dash that grows from nothing to the whole line, one point after another in equal times.
  static func growing(_ places: [Point], seconds: Double) -> String? {
    let lengths = lengths(places)
    guard let total = lengths.last, total > 0 else { return nil }
    let values = lengths.map { "\($0.decimal) \((total + 10).decimal)" }.joined(separator: ";")
    return "<animate attributeName=\"stroke-dasharray\" values=\"\(values)\" \(timing(seconds))/>"
  }

  /// A move from place to place that ends at the last.
  static func moving(_ places: [Point], seconds: Double) -> String? {
    let places = places.filter(\.isFinite)
    guard let end = places.last, places.count > 1 else { return nil }
    let values = places.map { "\(($0.x - end.x).decimal),\(($0.y - end.y).decimal)" }.joined(separator: ";")
    return "<animateMotion calcMode=\"linear\" values=\"\(values)\" \(timing(seconds))/>"
  }

  private static func timing(_ seconds: Double) -> String { "dur=\"\(seconds.fixed(2))s\" repeatCount=\"indefinite\"" }

  /// How long the line is up to each place.
  private static func lengths(_ places: [Point]) -> [Double] {
    let places = places.filter(\.isFinite)
    guard places.count > 1 else { return [] }
    var lengths = [0.0]
    for (a, b) in zip(places, places.dropFirst()) {
      lengths.append(lengths[lengths.count - 1] + ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).squareRoot())
    }
    return lengths
  }
}
