import ApusFiles
import ApusImages
import Foundation
import Testing

@Suite struct FilterCommandTests {
  /// A picture with one edge, from dark to light.
  private func edge(_ path: String) throws {
    let pixels = (0..<(10 * 12)).flatMap { [UInt8]($0 % 12 < 6 ? [50, 60, 70] : [200, 210, 220]) }
    try Image(width: 12, height: 10, channels: 3, pixels: pixels).write(to: path)
  }

  @Test func picturesAreFiltered() throws {
    let scratch = try Scratch()
    try edge(scratch("edge.png"))
    func filtered(_ arguments: String..., out: String = "out.png") throws -> Image {
      let run = try Apus.run(["filter", scratch("edge.png"), "--out", scratch(out)] + arguments)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output == scratch(out) + "\n")
      return try Image(contentsOf: scratch(out))
    }
    #expect(try filtered("--kernel", "identity").pixels == Image(contentsOf: scratch("edge.png")).pixels)
    // Both columns at the edge see the whole change of 150: 4 · 150 / 4, or, with the sign, half of that above the middle.
    let steep = try filtered("--kernel", "sobel", "--gray")
    #expect(steep.channels == 1 && Array(steep.pixels[0..<12]) == [0, 0, 0, 0, 0, 150, 150, 0, 0, 0, 0, 0])
    #expect(try filtered("--kernel", "sobel-x").pixels[15] == 203)
    // A mean of three columns.
    #expect(try Array(filtered("--kernel", "box-blur").pixels[15..<21]) == [100, 110, 120, 150, 160, 170])
    let both = try filtered("--kernel", "sharpen", "--side-by-side", "--border", "replicate", out: "both.jpg")
    #expect(both.width == 32 && both.height == 10 && both.channels == 3)
    for kernel in ["gaussian-blur", "unsharp", "laplacian", "emboss", "prewitt", "prewitt-x", "prewitt-y", "sobel-y"] {
      #expect(try filtered("--kernel", kernel).width == 12)
    }
  }

  @Test func seriesAreSmoothed() throws {
    let scratch = try Scratch()
    try AtomicFile.write("day,rain\n1,0\n2,3\n3,6\n4,3\n5,0\n", to: scratch("rain.csv"))
    func smooth(_ arguments: String..., out: String) throws -> String {
      let run = try Apus.run(["filter", scratch("rain.csv"), "--out", scratch(out)] + arguments)
      #expect(run.status == 0, "\(run.errors)")
      return String(decoding: try File.read(scratch(out)), as: UTF8.self)
    }
    let table = try smooth("--kernel", "moving-average", "--window", "3", "--column", "rain", out: "smooth.csv")
    let values = table.split(separator: "\n").dropFirst().compactMap { Double($0.split(separator: ",")[1]) }
    #expect(table.hasPrefix("rain,smoothed\n") && values.map { ($0 * 1e9).rounded() / 1e9 } == [1, 3, 4, 3, 1])
    let svg = try smooth("--kernel", "exponential", "--alpha", "0.5", out: "plot.svg")
    #expect(svg.hasPrefix("<svg") && svg.contains("rain") && svg.contains("exponential"))
    #expect(try smooth("--kernel", "gaussian", "--sigma", "2", "--column", "day", out: "day.csv").hasPrefix("day,"))
  }

  @Test func kernelsAreListed() throws {
    let run = try Apus.run("filter", "--list")
    #expect(run.status == 0)
    for name in ["identity", "gaussian-blur", "sobel-x", "moving-average"] {
      #expect(run.output.contains("  \(name) "))
    }
  }

  @Test func mistakesAreTold() throws {
    let scratch = try Scratch()
    try edge(scratch("edge.png"))
    try AtomicFile.write("hello", to: scratch("text.png"))
    try AtomicFile.write("a,b\n1,x\n", to: scratch("words.csv"))
    let (out, picture) = (scratch("out.png"), scratch("edge.png"))
    func fails(_ status: Int32, _ parts: String, _ arguments: String...) throws {
      expectFailure(try Apus.run(["filter"] + arguments), status: status, parts)
      #expect(!File.exists(out))
    }
    try fails(2, "did you mean sharpen?", picture, "--kernel", "sharpn", "--out", out)
    try fails(2, "expected an odd number", picture, "--kernel", "box-blur", "--size", "4", "--out", out)
    try fails(2, "--out, where to write", picture, "--kernel", "sobel")
    try fails(2, "ends in .png", picture, "--kernel", "sobel", "--out", scratch("out.gif"))
    try fails(2, "unknown border", picture, "--kernel", "sobel", "--border", "mirror", "--out", out)
    try fails(1, "not a PNG or JPEG image", scratch("text.png"), "--kernel", "sobel", "--out", out)
    try fails(1, "none.png", scratch("none.png"), "--kernel", "sobel", "--out", out)
    try fails(1, "'x' is not a number", scratch("words.csv"), "--kernel", "gaussian", "--out", out)
    try fails(1, "no column 'c'", scratch("words.csv"), "--kernel", "gaussian", "--column", "c", "--out", out)
  }
}
