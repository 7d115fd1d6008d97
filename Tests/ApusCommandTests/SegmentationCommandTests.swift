import ApusFiles
import ApusImages
import Foundation
import Testing

/// `apus train unet` and what is done with such a run.
@Suite(.serialized) struct SegmentationCommandTests {
  @Test func pixelsAreClassified() throws {
    let scratch = try Scratch()
    try scratch.makeData(train: 256, test: 64)
    let run = try Apus.run(
      "train", "unet", "--data", scratch("data"), "--epochs", "12", "--batch-size", "8", "--seed", "1", "--out",
      scratch("run"), "--quiet",
      "--tensorboard")
    #expect(run.status == 0 && run.output.hasPrefix("test IoU "), "\(run.errors)")
    let json = try JSONValue(parsing: try Apus.run("evaluate", scratch("run"), "--json").output)
    #expect(json["count"]?.int == 16 && json["pixels"]?.int == 16 * 56 * 56)
    let (accuracy, ground) = (try #require(json["accuracy"]?.double), try #require(json["iou"]?.array?.first?.double))
    // Which row of light is of which class is more than so few steps teach; that it is not of the ground is not.
    #expect(accuracy > 0.95 && ground > 0.98, "\(accuracy), \(ground)")
    try checkScores(json)
    let text = try Apus.run("evaluate", scratch("run")).output
    for part in ["scenes of ", "pixel accuracy ", "intersection over union ", "  ground "] {
      #expect(text.contains(part))
    }
    let page = String(decoding: try File.read(scratch("run/report.html")), as: UTF8.self)
    #expect(page.contains("scene, truth, answer: ") && page.contains("macro iou"))
    try checkPictures(scratch)
    for words in [["inspect", scratch("run"), "x.png"], ["ensemble", scratch("run"), scratch("run")]] {
      expectFailure(try Apus.run(words), "which classifies pixels; expected one that classifies images")
    }
    #expect(try Apus.run("summary", scratch("run")).output.contains("merge.2"))
    expectFailure(try Apus.run("train", "unet", "--augment", "flip"), status: 2, "--augment is not for recipe unet")
  }

  /// The scores follow from the confusion: IoU = both / either, Dice = 2 · both / (true + told).
  private func checkScores(_ json: JSONValue) throws {
    let confusion = try #require(json["confusion"]?.array).map { ($0.array ?? []).compactMap(\.int) }
    let (unions, dice) = (try #require(json["iou"]?.array), try #require(json["dice"]?.array))
    #expect(confusion.count == 11 && unions.count == 11)
    for label in confusion.indices {
      let both = confusion[label][label]
      let (truly, told) = (confusion[label].reduce(0, +), confusion.reduce(0) { $0 + $1[label] })
      let union = Double(both) / Double(max(1, truly + told - both))
      #expect(abs((unions[label].double ?? .nan) - union) < 1e-12)
      #expect(abs((dice[label].double ?? .nan) - 2 * union / (1 + union)) < 1e-12)
    }
  }

  private func checkPictures(_ scratch: Scratch) throws {
    var pixels = [UInt8](repeating: 0, count: 56 * 56)
    for column in 0..<28 { pixels[4 * 56 + column] = 220 }
    try Image(width: 56, height: 56, channels: 1, pixels: pixels).writePNG(to: scratch("scene.png"))
    let run = try Apus.run("predict", scratch("run"), scratch("scene.png"), "--out", scratch("drawn"), "--json")
    #expect(run.status == 0, "\(run.errors)")
    let shares = try #require(try JSONValue(parsing: run.output)["pixels"]?.array)
    #expect(shares.first?["class"]?.string == "ground")
    #expect(try #require(shares.first?["share"]?.double) > 0.9)
    let drawn = try Image(contentsOf: scratch("drawn/classes-1.png"))
    #expect(drawn.width == 56 && drawn.height == 2 * 56 + 2 && drawn.channels == 3)
  }
}
