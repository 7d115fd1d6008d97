/// Bars that stand on a base line.
public struct Bars: Mark {
  /// Where each bar begins and ends along x, and how high it is.
  public let bars: [(x: ClosedRange<Double>, height: Double)]
  public let base: Double
  public let name: String?
  public let style: Style
  public let opacity: Double

  public init(
    _ bars: [(x: ClosedRange<Double>, height: Double)], base: Double = 0, name: String? = nil,
    style: Style = .series(0), opacity: Double = 1
  ) {
    (self.bars, self.base, self.name, self.style, self.opacity) = (bars, base, name, style, opacity)
  }

  /// Bars at 0, 1, 2, …; of `count` groups side by side this is number `group`.
  public init(heights: [Double], group: Int = 0, of count: Int = 1, name: String? = nil, style: Style = .series(0)) {
    let width = 0.8 / Double(max(1, count))
    let bars = heights.enumerated().map { index, height in
      let left = Double(index) - 0.4 + width * Double(group)
      return (x: left...(left + width), height: height)
    }
    self.init(bars, name: name, style: style)
  }

  /// How often numbers fall into equal parts of a range: the last part includes its upper end.
  ///
  /// - Parameter asDensity: Whether the bars' area, not their sum, counts: it is 1.
  public init(
    histogramOf values: [Double], in range: ClosedRange<Double>? = nil, bins: Int = 30, asDensity: Bool = false,
    name: String? = nil, style: Style = .series(0), opacity: Double = 0.8
  ) {
    precondition(bins > 0, "Bars: a histogram of \(bins) bins, expected at least 1")
    let range = range ?? Extent.range(of: values) ?? 0...1
    let (low, high) = (range.lowerBound, range.upperBound > range.lowerBound ? range.upperBound : range.lowerBound + 1)
    var counts = [Double](repeating: 0, count: bins)
    let width = (high - low) / Double(bins)
    for value in values where value >= low && value <= high { counts[min(bins - 1, Int((value - low) / width))] += 1 }
    let total = counts.reduce(0, +)
    if asDensity, total > 0 { counts = counts.map { $0 / (total * width) } }
    let bars = counts.enumerated().map { index, count in
      (x: (low + Double(index) * width)...(low + Double(index + 1) * width), height: count)
    }
    self.init(bars, name: name, style: style, opacity: opacity)
  }

  public var extent: Extent {
    Extent(bars.flatMap { [$0.x.lowerBound, $0.x.upperBound] }, bars.map(\.height) + [base])
  }
  public var key: LegendKey? { .optional(name, style, .area(opacity: opacity)) }
  public var data: SeriesData {
    SeriesData(
      name, kind: "bars",
      [
        .init("x_start", bars.map(\.x.lowerBound)), .init("x_end", bars.map(\.x.upperBound)),
        .init("height", bars.map(\.height)),
      ])
  }

  /// The upper edge of bars that stand side by side: a stair from the base line and back to it.
  public var outline: [Point] {
    guard let first = bars.first, let last = bars.last else { return [] }
    let stairs = bars.flatMap { [Point($0.x.lowerBound, $0.height), Point($0.x.upperBound, $0.height)] }
    return [Point(first.x.lowerBound, base)] + stairs + [Point(last.x.upperBound, base)]
  }

  private func boxes(in frame: PlotFrame) -> [Box] {
    // A logarithmic axis has no place for 0: there bars stand on the lower edge.
    let ground = frame.y(base).isFinite ? frame.y(base) : frame.box.bottom
    return bars.compactMap { bar in
      let (left, right, top) = (frame.x(bar.x.lowerBound), frame.x(bar.x.upperBound), frame.y(bar.height))
      guard top.isFinite, left.isFinite, right.isFinite else { return nil }
      return Box(
        x: min(left, right), y: min(top, ground), width: (right - left).magnitude, height: (ground - top).magnitude)
    }
  }

  public func occupied(in frame: PlotFrame) -> [Point] { boxes(in: frame).flatMap { frame.covering($0) } }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    for box in boxes(in: frame) where box.height > 0 {
      canvas.rectangle(box, fill: style.color, stroke: .white, strokeWidth: 0.5, opacity: opacity)
    }
  }
}

/// The area between two lines over the same places.
public struct Area: Mark {
  public let xs: [Double]
  public let lower: [Double]
  public let upper: [Double]
  public let name: String?
  public let style: Style
  public let opacity: Double

  public init(
    _ xs: [Double], from lower: [Double], to upper: [Double], name: String? = nil, style: Style = .series(0),
    opacity: Double = 0.25
  ) {
    precondition(
      xs.count == lower.count && xs.count == upper.count,
      "Area: \(xs.count) places, \(lower.count) lower "
        + "and \(upper.count) upper bounds, expected as many of each")
    (self.xs, self.lower, self.upper) = (xs, lower, upper)
    (self.name, self.style, self.opacity) = (name, style, opacity)
  }

  public var extent: Extent { Extent(xs, lower + upper) }
  public var key: LegendKey? { .optional(name, style, .area(opacity: opacity)) }
  public var data: SeriesData {
    SeriesData(name, kind: "area", [.init("x", xs), .init("lower", lower), .init("upper", upper)])
  }

  private var outline: [Point] {
    zip(xs, upper).map { Point($0, $1) } + zip(xs, lower).reversed().map { Point($0, $1) }
  }

  public func occupied(in frame: PlotFrame) -> [Point] {
    zip(xs, zip(lower, upper)).flatMap { x, bounds in frame.sampled([Point(x, bounds.0), Point(x, bounds.1)]) }
  }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    canvas.polygon(outline.map(frame.place).filter(\.isFinite), fill: style.color, opacity: opacity)
  }
}
