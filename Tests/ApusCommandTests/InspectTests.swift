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
}
