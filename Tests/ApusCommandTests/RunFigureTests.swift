import ApusFiles
import Foundation
import Testing

/// Pictures of a run: what `apus train` left in its directory.
@Suite struct RunFigureTests {
  @Test func runsAreDrawn() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let training = [
      "train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--epochs", "3", "--out", scratch("run"),
      "--quiet",
    ]
    #expect(try Apus.run(training).status == 0)

    // The curves have the numbers of metrics.jsonl.
    let curves = try Apus.run(
      "figure", "curves", scratch("run"), "--out", scratch("c.png"), "--json", scratch("c.json"))
    #expect(curves.status == 0, "\(curves.errors)")
    let metrics = try String(decoding: File.read(scratch("run/metrics.jsonl")), as: UTF8.self).split(separator: "\n")
      .map { try JSONValue(parsing: String($0)) }
    let expected = metrics.filter { $0["split"]?.string == "test" && $0["name"]?.string == "accuracy" }
      .compactMap { $0["value"]?.double }
    let accuracy = try #require(try JSONValue(contentsOf: scratch("c.json"))["panels"]?.array?.last)
    let drawn = accuracy["series"]?.array?.first { $0["name"]?.string == "test" }?["y"]?.array?.compactMap(\.double)
    #expect(drawn == expected && expected.count == 3)

    // The confusion matrix is that of `apus evaluate`, the first class in the last row of the grid.
    let judged = try JSONValue(parsing: try Apus.run("evaluate", scratch("run"), "--json").output)
    let matrix = try #require(judged["confusion"]?.array).map { $0.array?.compactMap(\.double) ?? [] }
    let picture = try Apus.run(
      "figure", "confusion", scratch("run"), "--out", scratch("m.svg"), "--json", scratch("m.json"))
    #expect(picture.status == 0, "\(picture.errors)")
    let map = try #require(
      try JSONValue(contentsOf: scratch("m.json"))["panels"]?.array?.first?["series"]?.array?.first)
    #expect(map["images"]?.array?.compactMap(\.double) == matrix.reversed().flatMap { $0 })
  }
}
