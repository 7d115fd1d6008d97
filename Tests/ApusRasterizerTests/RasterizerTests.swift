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

  /// The pieces of a file: type, data and check.
  private func chunks(_ bytes: [UInt8]) -> [(type: String, data: [UInt8], check: [UInt8])] {
    var (place, result) = (8, [(type: String, data: [UInt8], check: [UInt8])]())
    while place < bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
      let end = place + 8 + length
      result.append((type, Array(bytes[place + 8..<end]), Array(bytes[end..<end + 4])))
      place = end + 4
    }
    return result
  }

  /// A line half drawn and whole: the first is what viewers show that know no animation, the second follows it.
  @Test func picturesFollowOneAnother() throws {
    let line = Line([Point(0, 0), Point(1, 0), Point(1, 1)], style: Style(Color(0xD55E00)), seconds: 2)
    let axis = Axis(domain: -1...2, ticks: .none)
    let figure = Figure("", size: (200, 200), [Plot(x: axis, y: axis, [line])])
    #expect(figure.seconds == 2 && Figure("", []).seconds == nil)
    func picture(_ moment: Double) throws -> [UInt8] {
      let svg = figure.svg(moment: moment)
      #expect(!svg.contains("<animate"))
      return try Rasterizer.png(svg: svg, width: 200, height: 200)
    }
    func orange(_ bytes: [UInt8]) throws -> Int {
      let pixels = try Image(png: bytes, path: "frame.png").pixels
      return stride(from: 0, to: pixels.count, by: 3).count { Array(pixels[$0..<$0 + 3]) == [0xD5, 0x5E, 0x00] }
    }
    let stills = [try picture(0.25), try picture(0.5), try picture(1)]
    #expect(try orange(stills[0]) < (try orange(stills[1])) && (try orange(stills[1])) < (try orange(stills[2])))
    let file = try AnimatedPNG.joined(stills, seconds: 2)
    // libpng shows the first picture, and checks the checksums on the way.
    #expect(try orange(file) == (try orange(stills[0])))
    let parts = chunks(file)
    #expect(
      parts.map(\.type).filter { !["IDAT", "fdAT", "bKGD"].contains($0) } == [
        "IHDR", "acTL", "fcTL", "fcTL", "fcTL", "IEND",
      ])
    #expect(parts[1].data == [0, 0, 0, 3, 0, 0, 0, 0])
    #expect(parts.last?.check == [0xAE, 0x42, 0x60, 0x82], "the checksum of an empty IEND, by the standard")
    // Numbers of order, sizes, and delays of 1 s, 1 s and 1.5 s.
    let controls = parts.filter { $0.type == "fcTL" }.map(\.data)
    #expect(controls.map { Array($0[4..<12]) }.allSatisfy { $0 == [0, 0, 0, 200, 0, 0, 0, 200] })
    #expect(controls.map { Int($0[20]) << 8 | Int($0[21]) } == [1000, 1000, 1500])
    let numbers = parts.filter { ["fcTL", "fdAT"].contains($0.type) }.map {
      $0.data[0..<4].reduce(0) { $0 << 8 | Int($1) }
    }
    #expect(numbers == Array(0..<numbers.count))
    // A later picture's data are its own file's.
    let original = chunks(stills[1]).filter { $0.type == "IDAT" }.flatMap(\.data)
    let second = parts.drop { $0.type != "fdAT" }.prefix { $0.type == "fdAT" }.flatMap { $0.data.dropFirst(4) }
    #expect(second == original)
    #expect(throws: Rasterizer.Failure.self) { try AnimatedPNG.joined([], seconds: 1) }
    let small = try Rasterizer.png(svg: figure.svg(moment: 1), width: 100, height: 100)
    #expect(throws: Rasterizer.Failure.self) { try AnimatedPNG.joined([stills[0], small], seconds: 1) }
    #expect(throws: Rasterizer.Failure.self) { try AnimatedPNG.joined([[1, 2, 3]], seconds: 1) }
  }

  @Test func refusesWhatIsNoDrawing() {
    #expect(throws: Rasterizer.Failure.self) { try Rasterizer.png(svg: "no drawing", width: 10, height: 10) }
    #expect(throws: Rasterizer.Failure.self) { try Rasterizer.png(svg: "<svg/>", width: 0, height: 10) }
  }
}
