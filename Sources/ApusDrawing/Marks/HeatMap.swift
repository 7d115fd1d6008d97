/// Numbers over a rectangle, as colors or as lines of equal height: `values[row][column]` is at the centre of its cell,
/// row 0 at the least y.
public struct Grid: Hashable, Sendable {
  public let values: [[Double]]
  public let x: ClosedRange<Double>
  public let y: ClosedRange<Double>

  public init(_ values: [[Double]], x: ClosedRange<Double>, y: ClosedRange<Double>) {
    precondition(
      !values.isEmpty && values.allSatisfy { $0.count == values[0].count } && !values[0].isEmpty,
      "Grid: rows of different lengths, or none")
    (self.values, self.x, self.y) = (values, x, y)
  }

  /// A function's values at the centres of so many cells.
  public init(
    x: ClosedRange<Double>, y: ClosedRange<Double>, columns: Int = 80, rows: Int = 80,
    _ function: (Double, Double) -> Double
  ) {
    self.init(
      (0..<rows).map { row in
        (0..<columns).map { column in
          function(Grid.center(column, columns, x), Grid.center(row, rows, y))
        }
      }, x: x, y: y)
  }

  public var rows: Int { values.count }
  public var columns: Int { values[0].count }

  /// The least and the greatest number.
  public var range: ClosedRange<Double> { Extent.range(of: values.joined()) ?? 0...1 }

  func point(_ row: Double, _ column: Double) -> Point {
    Point(
      x.lowerBound + (column + 0.5) / Double(columns) * (x.upperBound - x.lowerBound),
      y.lowerBound + (row + 0.5) / Double(rows) * (y.upperBound - y.lowerBound))
  }

  private static func center(_ index: Int, _ count: Int, _ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (Double(index) + 0.5) / Double(count) * (range.upperBound - range.lowerBound)
  }
}

/// A grid of numbers as colors, with a color bar.
public struct HeatMap: Mark {
  public let grid: Grid
  public let scale: ColorScale
  /// How a cell's number is written in it; nil for not at all.
  public let cellText: (@Sendable (Double) -> String)?
  public let hasColorBar: Bool

  /// - Parameter domain: The numbers at the ends of the colors; by default those of the grid.
  public init(
    _ grid: Grid, colors: ColorMap = .viridis, kind: ScaleKind = .linear, domain: ClosedRange<Double>? = nil,
    label: String = "", hasColorBar: Bool = true, cellText: (@Sendable (Double) -> String)? = nil
  ) {
    self.grid = grid
    scale = ColorScale(colors, kind: kind, domain: domain ?? grid.range, label: label)
    self.hasColorBar = hasColorBar
    self.cellText = cellText
  }

  public var extent: Extent { Extent(x: grid.x, y: grid.y) }
  public var colorScale: ColorScale? { hasColorBar ? scale : nil }
  public var data: SeriesData {
    let cells = (0..<grid.rows).flatMap { row in (0..<grid.columns).map { (row, $0) } }
    let points = cells.map { grid.point(Double($0.0), Double($0.1)) }
    return SeriesData(
      nil, kind: "heat map",
      [
        .init("x", points.map(\.x)), .init("y", points.map(\.y)),
        .init(scale.label.isEmpty ? "value" : scale.label, cells.map { grid.values[$0.0][$0.1] }),
      ])
  }

  private func box(_ row: Int, _ columns: Range<Int>, in frame: PlotFrame) -> Box {
    let from = frame.place(grid.point(Double(row) - 0.5, Double(columns.lowerBound) - 0.5))
    let to = frame.place(grid.point(Double(row) + 0.5, Double(columns.upperBound) - 0.5))
    return Box(
      x: min(from.x, to.x), y: min(from.y, to.y), width: (to.x - from.x).magnitude, height: (to.y - from.y).magnitude)
  }

  public func occupied(in frame: PlotFrame) -> [Point] { frame.covering(frame.box, spacing: 20) }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    for row in 0..<grid.rows {
      let colors = grid.values[row].map { scale($0) }
      var start = 0
      // Neighbours of one color are one rectangle.
      for column in 1...grid.columns where column == grid.columns || colors[column] != colors[start] {
        canvas.rectangle(box(row, start..<column, in: frame), fill: colors[start], isCrisp: true)
        start = column
      }
    }
    guard let cellText else { return }
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        let cell = box(row, column..<(column + 1), in: frame)
        let value = grid.values[row][column]
        let text = cellText(value)
        let size = min(13, cell.height * 0.5, cell.width * 0.9 / max(1, TextWidth.of(text, size: 1)))
        guard size >= 5 else { continue }
        canvas.text(
          text, at: Point(cell.center.x, cell.center.y + size * 0.36), size: size, color: scale(value).contrasting,
          anchor: .middle)
      }
    }
  }
}
