import ApusDrawing
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct FigureTests {
  /// One of everything.
  private static var everything: Figure {
    let xs = (0...20).map { Double($0) / 10 }
    let grid = Grid(x: 0...2, y: 0...2, columns: 12, rows: 10) { $0 * $0 + $1 }
    let plot = Plot(
      "lines & <marks>", x: Axis("\"x\""), y: Axis("y > 0", .symmetricLogarithmic(threshold: 0.1)),
      [
        Line(xs, xs.map { $0 * $0 - 1 }, name: "a < b & c", markers: .some(4)),
        Line(xs.map { Point($0, -$0) }, name: "moving", style: .series(1), seconds: 3),
        Scatter(xs.map { Point($0, 1) }, name: "points", style: .series(2)),
        Bars(histogramOf: (0...16).map { Double($0) / 8 }, bins: 4, name: "bars", style: .series(3)),
        Area(xs, from: xs.map { -$0 }, to: xs, name: "area", style: .series(4)),
        Arrows([(Point(0, 0), Point(1, 1))]), Labels([(Point(1, 1), "here")]), Rule(.horizontal(0.5)),
        Rule(.vertical(1), name: "rule"), Rule(.line(a: 1, b: -1, c: 0)),
      ])
    let map = Plot(
      "map", x: Axis("x"), y: Axis("y"),
      [HeatMap(grid, label: "value") { "\(Int($0))" }, Contours(grid, levels: [1, 2])])
    let diagram = Diagram(
      "graph",
      nodes: [
        .init(Point(0, 0), "s₀"), .init(Point(1, 0), "a state", form: .box), .init(Point(1, 1), "", isDropped: true),
      ],
      edges: [.init(0, 1, label: "0.5"), .init(1, 2, hasArrow: false), .init(1, 0), .init(1, 1)])
    let pictures = ImageGrid(
      "pictures", [.init([[0, 1], [1, 0]], label: "checks"), .init([[1, 0]], label: "line")])
    return Figure("Everything\u{1}", columns: 2, note: "a note", [plot, map, diagram, pictures])
  }

  @Test func figuresAreValidXMLWithTheSameBytesEachTime() {
    let svg = Self.everything.svg()
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(svg == Self.everything.svg())
    #expect(svg.contains("a &lt; b &amp; c") && svg.contains("lines &amp; &lt;marks&gt;"))
    #expect(!svg.contains("NaN") && !svg.contains("nan") && !svg.contains("inf"))
    // Coordinates have two digits after the point, whatever they are.
    let numbers = svg.matches(of: /[ MLxy12="](-?\d+\.\d+)/).map { String($0.output.1) }
    #expect(numbers.count > 500)
    #expect(numbers.allSatisfy { $0.split(separator: ".")[1].count == 2 })
  }

  @Test func figuresTellTheirNumbers() throws {
    let data = Self.everything.data
    #expect(data.map(\.title) == ["lines & <marks>", "map", "graph", "pictures"])
    let bars = try #require(data[0].series.first { $0.kind == "bars" })
    // 17 places from 0 to 2 in four parts; the last holds its upper end.
    #expect(bars.columns[2].values == [4, 4, 4, 5])
    #expect(data[1].series[0].columns[2].values.count == 120)
    #expect(data[2].series[1].texts == ["0.5", "", "", ""])
  }

  @Test func densitiesHaveTheArea1() {
    let bars = Bars(histogramOf: [0, 1, 1, 2, 3, 5, 8], in: 0...8, bins: 4, asDensity: true)
    #expect((bars.bars.reduce(0) { $0 + $1.height * 2 } - 1).magnitude < 1e-12)
  }

  /// The contour of x² + y² at r² is one closed line whose points lie on the circle.
  @Test func contoursFollowACircle() throws {
    let grid = Grid(x: -2...2, y: -2...2, columns: 101, rows: 101) { $0 * $0 + $1 * $1 }
    for radius in [0.5, 1, 1.7] {
      let lines = Contours.lines(of: grid, at: radius * radius)
      #expect(lines.count == 1)
      let line = try #require(lines.first)
      #expect(line.first == line.last && line.count > 40)
      // Linear interpolation of a square is off by at most an eighth of the squared cell.
      for point in line { #expect(((point.x * point.x + point.y * point.y).squareRoot() - radius).magnitude < 2e-3) }
    }
    // A saddle: two branches that do not cross.
    let saddle = Grid(x: -1...1, y: -1...1, columns: 40, rows: 40) { $0 * $1 }
    #expect(Contours.lines(of: saddle, at: 0.1).count == 2)
    #expect(Contours.lines(of: saddle, at: 5).isEmpty)
  }

  /// Wherever a line runs, the legend's box is elsewhere.
  @Test func legendsCoverNoData() throws {
    let functions: [(Double) -> Double] = [
      { $0 }, { -$0 }, { $0 * $0 }, { 1 - $0 * $0 }, { _ in 1 }, { ($0 * 40).truncatingRemainder(dividingBy: 2) },
    ]
    for function in functions {
      let xs = (0...200).map { Double($0) / 100 - 1 }
      let plot = Plot("", [Line(xs, xs.map(function), name: "a name of some length", style: Style(Color(0x123456)))])
      let svg = Figure("", size: (500, 400), [plot]).svg()
      let box = try #require(
        svg.firstMatch(of: /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"[^>]*rx=/))
      let (x, y) = (Double(box.output.1)!, Double(box.output.2)!)
      let (width, height) = (Double(box.output.3)!, Double(box.output.4)!)
      let path = try #require(svg.firstMatch(of: /<path d="([^"]*)" fill="none" stroke="#123456"/))
      let numbers = path.output.1.split { "ML ".contains($0) }.compactMap { Double($0) }
      for index in stride(from: 0, to: numbers.count, by: 2) {
        let (px, py) = (numbers[index], numbers[index + 1])
        #expect(!(x <= px && px <= x + width && y <= py && py <= y + height))
      }
      #expect(x + width <= 500 && y + height <= 400)
    }
  }

  @Test func colorsDifferInGrayToo() {
    // Neighbours in the order of series differ in lightness, and color maps rise evenly.
    for (a, b) in zip(Color.palette, Color.palette.dropFirst()) { #expect((a.luma - b.luma).magnitude > 0.05) }
    for map in [ColorMap.viridis, .gray] {
      let lumas = (0...50).map { map(Double($0) / 50).luma }
      #expect(zip(lumas, lumas.dropFirst()).allSatisfy { $0 < $1 })
    }
    let styles = (0..<35).map(Style.series)
    for (index, style) in styles.enumerated() {
      #expect(!styles.dropFirst(index + 1).contains { $0.color == style.color && $0.dash == style.dash })
    }
    #expect(ColorMap.viridis(0).hex == "#440154" && ColorMap.viridis(1).hex == "#fde725")
  }

  @Test func numbersAreShort() {
    #expect(
      [0, 1, 12.345, 0.05, 1_500_000, -3e-7].map { $0.short() } == ["0", "1", "12.3", "0.05", "1.5·10⁶", "−3·10⁻⁷"])
  }

  @Test func nothingIsDrawnOfNumbersThatAreNone() {
    let line = Line(
      [Point(0, 0), Point(1, .nan), Point(2, 1), Point(3, .infinity), Point(4, 2), Point(5, 2)], name: "l")
    let panels: [any Panel] = [
      Plot("", [line, Scatter([Point(.nan, 1)])]), Plot("", []), Diagram(nodes: [], edges: []),
    ]
    let svg = Figure("", panels).svg()
    #expect(!svg.contains("NaN") && !svg.contains("∞"))
    #expect(XMLParser(data: Data(svg.utf8)).parse())
  }
}
