/// Lines of equal height of a grid of numbers.
public struct Contours: Mark {
  public let grid: Grid
  public let levels: [Double]
  public let name: String?
  public let colors: ColorScale?
  public let style: Style

  /// - Parameter colors: By default all lines have the style's color.
  public init(
    _ grid: Grid, levels: [Double], name: String? = nil, colors: ColorScale? = nil,
    style: Style = Style(.muted, width: 1)
  ) {
    (self.grid, self.levels, self.name, self.colors, self.style) = (grid, levels, name, colors, style)
  }

  public var extent: Extent { Extent(x: grid.x, y: grid.y) }
  public var key: LegendKey? { .optional(name, style, .line) }
  public var colorScale: ColorScale? { colors }
  public var data: SeriesData { SeriesData(name, kind: "contours", [.init("level", levels)]) }
  // A legend may lie over the contours of a surface, but not over what is drawn on them.
  public func occupied(in frame: PlotFrame) -> [Point] { [] }

  public func draw(on canvas: inout Canvas, in frame: PlotFrame) {
    for level in levels {
      let color = colors.map { $0(level) } ?? style.color
      for line in Contours.lines(of: grid, at: level) {
        canvas.polyline(line.map(frame.place), color: color, width: style.width, dash: style.dash)
      }
    }
  }

  /// The lines along which a grid has the value `level`, by marching squares (Lorensen & Cline 1987, in the plane):
  /// linear along the edges of cells; where a cell has two ways, the mean of its corners decides.
  public static func lines(of grid: Grid, at level: Double) -> [[Point]] {
    var segments: [(Edge, Edge)] = []
    for row in 0..<(grid.rows - 1) {
      for column in 0..<(grid.columns - 1) { segments += cell(grid, row, column, level) }
    }
    return joined(segments).map { edges in edges.map { $0.crossing(grid, level) } }
  }

  /// An edge between neighbouring centres: from this one to the right, or up.
  private struct Edge: Hashable {
    let row: Int
    let column: Int
    let isHorizontal: Bool

    func crossing(_ grid: Grid, _ level: Double) -> Point {
      let start = grid.values[row][column]
      let end = isHorizontal ? grid.values[row][column + 1] : grid.values[row + 1][column]
      let share = end == start ? 0.5 : (level - start) / (end - start)
      return isHorizontal
        ? grid.point(Double(row), Double(column) + share) : grid.point(Double(row) + share, Double(column))
    }
  }

  private static func cell(_ grid: Grid, _ row: Int, _ column: Int, _ level: Double) -> [(Edge, Edge)] {
    let corners = [
      grid.values[row][column], grid.values[row][column + 1], grid.values[row + 1][column + 1],
      grid.values[row + 1][column],
    ]
    guard corners.allSatisfy(\.isFinite) else { return [] }
    let bottom = Edge(row: row, column: column, isHorizontal: true)
    let right = Edge(row: row, column: column + 1, isHorizontal: false)
    let top = Edge(row: row + 1, column: column, isHorizontal: true)
    let left = Edge(row: row, column: column, isHorizontal: false)
    let isCenterAbove = corners.reduce(0, +) / 4 >= level
    let code = corners.enumerated().reduce(0) { $0 | ($1.element >= level ? 1 << $1.offset : 0) }
    switch code {
    case 0, 15: return []
    case 1, 14: return [(left, bottom)]
    case 2, 13: return [(bottom, right)]
    case 4, 11: return [(right, top)]
    case 8, 7: return [(top, left)]
    case 3, 12: return [(left, right)]
    case 6, 9: return [(bottom, top)]
    case 5: return isCenterAbove ? [(left, top), (bottom, right)] : [(left, bottom), (right, top)]
    default: return isCenterAbove ? [(left, bottom), (right, top)] : [(left, top), (bottom, right)]
    }
  }

  /// Segments joined at shared edges into lines; closed ones end where they begin.
  private static func joined(_ segments: [(Edge, Edge)]) -> [[Edge]] {
    var neighbours: [Edge: [Int]] = [:]
    for (index, segment) in segments.enumerated() {
      neighbours[segment.0, default: []].append(index)
      neighbours[segment.1, default: []].append(index)
    }
    var isUsed = [Bool](repeating: false, count: segments.count)
    func follow(_ start: Edge) -> [Edge] {
      var line: [Edge] = []
      var end = start
      while let next = neighbours[end]?.first(where: { !isUsed[$0] }) {
        isUsed[next] = true
        end = segments[next].0 == end ? segments[next].1 : segments[next].0
        line.append(end)
      }
      return line
    }
    return segments.indices.compactMap { index in
      guard !isUsed[index] else { return nil }
      isUsed[index] = true
      let (a, b) = segments[index]
      let forward = follow(b)
      return follow(a).reversed() + [a, b] + forward
    }
  }
}
