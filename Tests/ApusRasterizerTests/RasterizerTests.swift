import ApusDrawing
import ApusImages
import ApusRasterizer
import Testing

@Suite struct RasterizerTests {
  /// Two rectangles of known colors, looked up in the pixels.
  @Test func drawsWhatTheDocumentSays() throws {
    let svg = """
      <svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" viewBox="0 0 40 20">
      <rect x="0" y="0" width="20" height="20" fill="#ff0000"/>
      <rect x="20" y="10" width="20" height="10" fill="#0000ff"/>
      </svg>
      """
    let image = try Image(png: try Rasterizer.png(svg: svg, width: 80, height: 40), path: "bars.png")
    #expect(image.width == 80 && image.height == 40 && image.channels == 3)
    func pixel(_ x: Int, _ y: Int) -> [UInt8] { Array(image.pixels[((y * 80 + x) * 3)..<((y * 80 + x) * 3 + 3)]) }
    #expect(pixel(10, 10) == [255, 0, 0])
    #expect(pixel(60, 30) == [0, 0, 255])
    #expect(pixel(60, 5) == [255, 255, 255])
  }

  /// An animated figure stands still in a picture, at its end: the marker of a line lies at the last point.
  @Test func picturesShowTheEndOfAnAnimation() throws {
    let line = Line([Point(0, 0), Point(1, 0), Point(1, 1)], style: Style(Color(0xD55E00)), seconds: 2)
    let axis = Axis(domain: -1...2, ticks: .none)
    let svg = Figure("", size: (320, 320), [Plot(x: axis, y: axis, [line])]).svg()
    #expect(svg.contains("<animateMotion"))
    let image = try Image(png: try Rasterizer.png(svg: svg, width: 320, height: 320), path: "line.png")
    // The line's end is two thirds of the way along both axes.
    let orange = (0..<320).flatMap { y in (0..<320).map { x in (x, y) } }.filter { x, y in
      let start = (y * 320 + x) * 3
      return Array(image.pixels[start..<(start + 3)]) == [0xD5, 0x5E, 0x00]
    }
    #expect(orange.count > 100)
    let top = try #require(orange.map(\.1).min())
    #expect(orange.contains { $0.0 > 190 && $0.0 < 230 && $0.1 < top + 6 } && top > 95 && top < 125)
  }

  @Test func refusesWhatIsNoDrawing() {
    #expect(throws: Rasterizer.Failure.self) { try Rasterizer.png(svg: "no drawing", width: 10, height: 10) }
    #expect(throws: Rasterizer.Failure.self) { try Rasterizer.png(svg: "<svg/>", width: 0, height: 10) }
  }
}
