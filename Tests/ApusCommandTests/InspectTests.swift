import ApusCompression
import ApusData
import ApusFiles
import ApusImages
import Foundation
import Testing

/// `apus inspect` and `apus ensemble` on runs of a small data set.
@Suite struct InspectTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.makeData()
    for seed in ["1", "2", "3"] {
      let run = try Apus.run(
        "train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--epochs", "2", "--seed", seed, "--quiet",
        "--out", scratch("run\(seed)"))
      #expect(run.status == 0, "\(run.errors)")
    }
  }

  @Test func whatAModelSeesIsDrawn() throws {
    let images = try Apus.run(
      "datasets", "extract", "fashion-mnist", "--data", scratch("data"), "--count", "1", "--out", scratch("images"))
    let image = try #require(images.output.split(separator: "\n").first.map(String.init))
    let run = try Apus.run("inspect", scratch("run1"), image, "--out", scratch("seen"), "--shift", "3")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    let json = try JSONValue(contentsOf: scratch("seen/inspection.json"))
    // As `apus predict` says.
    let predicted = try JSONValue(parsing: try Apus.run("predict", scratch("run1"), image, "--json").output)
    let best = try #require(predicted["predictions"]?.array?.first)
    let name = try #require(best["class"]?.string)
    #expect(json["class"]?.string == name)
    let share = try #require(json["probabilities"]?[name]?.double)
    #expect(abs(share - (try #require(best["probability"]?.double))) < 1e-6)
    #expect(json["layers"]?.array?.compactMap { $0["layer"]?.string } == ["conv1", "pool", "conv2", "pool"])
    #expect(json["grad_cam"]?["layer"]?.string == "pool")
    #expect(json["saliency"]?.array?.count == 28)
    let shifted = json["translation"]?["probability_right"]?.array?.compactMap(\.double) ?? []
    #expect(shifted.count == 7 && abs(shifted[3] - share) < 1e-5, "not moved it is the answer itself")
    for (file, width) in [
      ("filters-conv1", 3 * 32 + 2), ("filters-conv2", 4 * 32 + 2), ("maps-conv1", 3 * (3 * 28 + 2) + 2),
      ("maps-pool-2", 4 * (13 * 5 + 2) + 2), ("saliency", 228), ("grad-cam", 224),
    ] {
      #expect(try Image(contentsOfPNG: scratch("seen/\(file).png")).width == width, "\(file)")
    }
    let svg = String(decoding: try File.read(scratch("seen/translation.svg")), as: UTF8.self)
    #expect(svg.contains("Similarity of the logits"))

    expectFailure(
      try Apus.run("inspect", scratch("run1"), image, "--layer", "conv3"), status: 2, "unknown layer 'conv3'",
      "did you mean conv1?")
    expectFailure(
      try Apus.run("inspect", scratch("run1"), image, "--class", "Cat"), status: 2, "unknown class 'Cat'")
    expectFailure(try Apus.run("inspect", image), status: 2, "expected a run and an image, or --model and --weights")
    expectFailure(
      try Apus.run("inspect", image, "--model", "resnet18"), status: 2, "--model and --weights go together")
    expectFailure(
      try Apus.run("inspect", image, "--model", "resnet18", "--weights", scratch("run1/model.safetensors")),
      "not a state dictionary of ResNet")
  }

  @Test func ensemblesVoteAndAverage() throws {
    let runs = ["1", "2", "3"].map { scratch("run\($0)") }
    let result = try Apus.run(["ensemble"] + runs + ["--json"])
    #expect(result.status == 0, "\(result.errors)")
    let json = try JSONValue(parsing: result.output)
    let members = try #require(json["members"]?.array).compactMap { $0["accuracy"]?.double }
    for (run, accuracy) in zip(runs, members) {
      let judged = try JSONValue(parsing: try Apus.run("evaluate", run, "--json").output)
      #expect(judged["accuracy"]?.double == accuracy)
    }
    let (vote, average) = (try #require(json["vote"]?.double), try #require(json["average"]?.double))
    let (low, high) = (try #require(members.min()), try #require(members.max()))
    #expect(members.count == 3 && vote >= low && average >= low && max(vote, average) <= 1 && high > 0)
    // A model with itself is itself.
    let same = try JSONValue(parsing: try Apus.run("ensemble", runs[0], runs[0], "--json").output)
    #expect(same["vote"]?.double == members[0] && same["average"]?.double == members[0])
    expectFailure(try Apus.run("ensemble", runs[0]), status: 2, "expected RUN RUN…")
  }

  /// Three models on three draws of the training set answer together.
  @Test func bagsAreDrawnTrainedAndAsked() throws {
    var runs: [String] = []
    for seed in ["1", "2"] {
      let drawn = try Apus.run(
        "bootstrap", "fashion-mnist", "--data", scratch("data"), "--seed", seed, "--out", scratch("bag\(seed)"))
      #expect(drawn.status == 0 && drawn.output.contains("256 images"), "\(drawn.errors)")
      runs.append(scratch("bagged\(seed)"))
      let trained = try Apus.run(
        "train", "lenet5", "--data", scratch("bag\(seed)"), "--batch-size", "32", "--epochs", "2", "--quiet", "--out",
        runs[runs.count - 1])
      #expect(trained.status == 0, "\(trained.errors)")
    }
    func bytes(_ path: String) throws -> [UInt8] { try IDXFile(bytes: try File.read(scratch(path)), path: path).bytes }
    func zipped(_ path: String) throws -> [UInt8] {
      let file = try Gzip.decompress(try File.read(scratch(path)), maximumSize: 1 << 20, path: path)
      return try IDXFile(bytes: file, path: path).bytes
    }
    #expect(try bytes("bag1/t10k-images-idx3-ubyte") == zipped("data/t10k-images-idx3-ubyte.gz"))
    // An image of the small set is known by its bright row and that row's brightness.
    func names(_ labels: [UInt8], _ pixels: [UInt8]) -> [Int] {
      labels.indices.map { Int(labels[$0]) * 256 + Int(pixels[$0 * 784 + (Int(labels[$0]) * 2 + 4) * 28]) }
    }
    let bag = names(try bytes("bag1/train-labels-idx1-ubyte"), try bytes("bag1/train-images-idx3-ubyte"))
    let whole = names(try zipped("data/train-labels-idx1-ubyte.gz"), try zipped("data/train-images-idx3-ubyte.gz"))
    #expect(bag.count == 256 && bag.allSatisfy { $0 % 256 >= 200 }, "images keep their labels")
    #expect(Set(bag).isSubset(of: Set(whole)))
    #expect(try Apus.run(["ensemble"] + runs).status == 0)
    expectFailure(
      try Apus.run("bootstrap", "fashion-mnist", "--data", scratch("data"), "--out", scratch("bag1")),
      "is there already")
  }
}
