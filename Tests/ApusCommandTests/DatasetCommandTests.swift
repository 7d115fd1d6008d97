import ApusFiles
import ApusImages
import Testing

@Suite struct DatasetCommandTests {
  @Test func datasetsAreListed() throws {
    let run = try Apus.run("datasets")
    #expect(run.status == 0, "\(run.errors)")
    for text in ["fashion-mnist", "MIT", "cifar-10 ", "170 MB", "https://www.cs.toronto.edu/~kriz/", "digits"] {
      #expect(run.output.contains(text), "\(text)")
    }
    let list = try #require(try JSONValue(parsing: Apus.run("datasets", "--json").output).array)
    let names = list.compactMap { $0["name"]?.string }
    #expect(names.count == list.count && names.starts(with: ["fashion-mnist", "mnist"]))
    #expect(list.allSatisfy { ($0["bytes"]?.int ?? 0) > 0 && $0["licence"]?.string != nil })
    expectFailure(try Apus.run("datasets", "fetch", "cifar-1O"), status: 2, "did you mean cifar-10?")
  }

  /// A folder of pictures with bad ones among them, in the place of a recipe's own data.
  @Test func foldersOfPicturesAreTrainedOn() throws {
    let scratch = try Scratch()
    for (name, light) in [("dark", 40), ("light", 220)] {
      try File.createDirectory(scratch("data/\(name)"))
      for number in 0..<10 {
        let picture = Image(
          width: 30 + number, height: 28, channels: 3,
          pixels: .init(repeating: UInt8(light + number), count: (30 + number) * 84))
        try picture.write(to: scratch("data/\(name)/\(number).\(number % 2 == 0 ? "png" : "jpg")"))
      }
    }
    try Image(width: 1, height: 1, channels: 1, pixels: [9]).write(to: scratch("data/dark/small.png"))
    try AtomicFile.write("no picture", to: scratch("data/dark/text.png"))
    let whole = try File.read(scratch("data/light/3.jpg"))
    try AtomicFile.write(Array(whole.prefix(whole.count - 30)), to: scratch("data/light/cut.jpg"))
    let run = try Apus.run(
      "train", "lenet5", "--data", scratch("data"), "--epochs", "1", "--batch-size", "4", "--out", scratch("run"),
      "--quiet")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errorLines.count == 2, "\(run.errors)")
    #expect(run.errorLines[0].hasPrefix("left out: \(scratch("data/dark/text.png")): not a PNG or JPEG image"))
    #expect(run.errorLines[1].hasPrefix("left out: \(scratch("data/light/cut.jpg")): a damaged JPEG image"))
    let strict = try Apus.run(
      "train", "lenet5", "--data", scratch("data"), "--out", scratch("none"), "--strict", "--quiet")
    expectFailure(strict, "data/dark/text.png: not a PNG or JPEG image")
    #expect(!File.exists(scratch("none")))
    let judged = try Apus.run("evaluate", scratch("run"), "--json", "--quiet")
    #expect(try JSONValue(parsing: judged.output)["classes"]?.array?.count == 2)
  }
}
