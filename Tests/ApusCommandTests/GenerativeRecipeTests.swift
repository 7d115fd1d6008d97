import ApusFiles
import ApusImages
import Foundation
import Testing

/// Adversaries, diffusions and flows, from the command: a few steps of small models.
@Suite(.serialized) struct GenerativeRecipeTests {
  private static let small: [String: [String]] = [
    "gan": ["--latent", "8"], "dcgan": ["--channels", "4"], "wgan-gp": ["--channels", "4", "--critic-steps", "2"],
    "ddpm": ["--width", "8", "--diffusion-steps", "40"], "rectified-flow": ["--width", "8"],
  ]

  private static func train(
    _ recipe: String, _ scratch: Scratch, to name: String, _ data: String, _ more: [String]
  ) throws -> Run {
    try Apus.run(
      ["train", recipe, "--data", data, "--out", scratch(name), "--quiet", "--seed", "1", "--batch-size", "16"]
        + (small[recipe] ?? []) + more)
  }

  /// Two optimizers, the key of the noise and the averages are in the checkpoint.
  @Test(arguments: ["gan", "dcgan", "wgan-gp", "ddpm", "rectified-flow"])
  func runsGoOnToTheSameBitsAndMakeImages(_ recipe: String) throws {
    let scratch = try Scratch()
    let data = try scratch.makeData(train: 96, test: 32)
    let whole = try Self.train(recipe, scratch, to: "whole", data, ["--steps", "5"])
    #expect(whole.status == 0 && whole.output.hasPrefix("test loss "), "\(whole.output)\(whole.errors)")
    let part = try Self.train(recipe, scratch, to: "parts", data, ["--steps", "5", "--max-time", "0.01s"])
    #expect(part.status == 0 && part.errors.contains("the time is over"), "\(part.errors)")
    let rest = try Apus.run("train", recipe, "--out", scratch("parts"), "--quiet", "--resume")
    #expect(rest.status == 0, "\(rest.errors)")
    for file in ["model.safetensors", "checkpoints/last.safetensors"] {
      #expect(try File.read(scratch("whole/\(file)")) == File.read(scratch("parts/\(file)")), "\(file)")
    }
    let losses = try metrics(scratch("whole")).filter { $0["name"]?.string == "loss" }
    #expect(losses.contains { $0["split"]?.string == "test" })
    // Drawn before and after.
    #expect(File.exists(scratch("whole/pictures/samples-training.png")))

    let grid = scratch("grid.png")
    let made = try Apus.run("generate", scratch("whole"), "--samples", "6", "--seed", "3", "--out", grid)
    #expect(made.status == 0 && made.output == "\(grid)\n", "\(made.errors)")
    let image = try Image(contentsOf: grid)
    #expect(image.width == 3 * 58 + 2 && image.height == 2 * 58 + 2)
    // Lines, and more than one shade.
    #expect(Set(image.pixels).count > 2)
    let judged = try Apus.run("evaluate", scratch("whole"), "--json")
    #expect(try #require(try JSONValue(parsing: judged.output)["loss"]?.double).isFinite, "\(judged.errors)")
  }

  @Test func diffusionsAreToldHowToMakeImages() throws {
    let scratch = try Scratch()
    let data = try scratch.makeData(train: 64, test: 32)
    #expect(try Self.train("ddpm", scratch, to: "run", data, ["--steps", "3"]).status == 0)
    func generate(_ name: String, _ more: String...) throws -> Run {
      try Apus.run(["generate", scratch("run"), "--samples", "4", "--out", scratch(name)] + more)
    }
    #expect(try generate("plain.png", "--steps", "5").status == 0)
    #expect(try generate("again.png", "--steps", "5").status == 0)
    #expect(try generate("led.png", "--steps", "5", "--guidance", "2", "--class", "7").status == 0)
    #expect(try generate("drawn.png", "--steps", "40", "--eta", "1").status == 0)
    let pictures = try ["plain", "again", "led", "drawn"].map { try File.read(scratch("\($0).png")) }
    #expect(pictures[0] == pictures[1] && Set(pictures).count == 3)
    #expect(try generate("strip.png", "--steps", "6", "--stages", "4").status == 0)
    let strip = try Image(contentsOf: scratch("strip.png"))
    #expect(strip.width == 4 * 58 + 2 && strip.height == 4 * 58 + 2)

    expectFailure(try generate("x.png", "--class", "seven"), status: 2, "unknown class 'seven'")
    expectFailure(try generate("x.png", "--steps", "41"), status: 2, "--steps 41", "40")
    expectFailure(try generate("x.png", "--solver", "heun"), status: 2, "--solver", "flow")
    expectFailure(try generate("x.png", "--eta", "2"), status: 2, "--eta 2")
    for figure in ["samples", "stages"] {
      let drawn = try Apus.run("figure", figure, scratch("run"), "--out", scratch("\(figure).svg"))
      #expect(drawn.status == 0, "\(drawn.errors)")
    }
  }

  @Test func optionsGoWithWhatTheyAreFor() throws {
    let scratch = try Scratch()
    let data = try scratch.makeData(train: 32, test: 16)
    #expect(try Self.train("gan", scratch, to: "run", data, ["--steps", "1"]).status == 0)
    for option in [["--steps", "3"], ["--guidance", "1"], ["--class", "7"], ["--stages", "4"]] {
      expectFailure(
        try Apus.run(["generate", scratch("run"), "--out", scratch("x.png")] + option), status: 2, option[0],
        "step by step")
    }
    expectFailure(
      try Apus.run("figure", "stages", scratch("run"), "--out", scratch("x.svg")), status: 1, "step by step")
    expectFailure(try Self.train("gan", scratch, to: "y", data, ["--adversarial-loss", "hing"]), status: 2, "hinge")
    expectFailure(try Self.train("mlp", scratch, to: "y", data, ["--classifier", "z"]), status: 2, "--classifier")
  }

  /// A loss that is no number ends a run of two optimizers too.
  @Test func divergingAdversariesAreTold() throws {
    let scratch = try Scratch()
    let data = try scratch.makeData(train: 64, test: 16)
    let run = try Self.train(
      "gan", scratch, to: "run", data,
      ["--steps", "30", "--optimizer", "gd", "--learning-rate", "1e30", "--adversarial-loss", "least-squares"])
    expectFailure(run, status: 1, "_loss became", "lower the learning rate")
  }

  /// Fréchet distance, confidence and shares by a classifier, after training and during it.
  @Test func imagesAreJudgedByAClassifier() throws {
    let scratch = try Scratch()
    let data = try scratch.makeData(train: 256, test: 64)
    let classifier = try Apus.run(
      "train", "lenet5", "--data", data, "--out", scratch("lenet5"), "--quiet", "--epochs", "4", "--batch-size", "16")
    #expect(classifier.status == 0, "\(classifier.errors)")
    let trained = try Self.train("gan", scratch, to: "run", data, ["--epochs", "2", "--classifier", scratch("lenet5")])
    #expect(trained.status == 0, "\(trained.errors)")
    let lines = try metrics(scratch("run")).filter { $0["split"]?.string == "samples" }
    let distances = lines.filter { $0["name"]?.string == "frechet_distance" }.compactMap { $0["value"]?.double }
    #expect(distances.count == 3 && distances.allSatisfy { $0 > 0 }, "\(distances)")
    #expect(lines.filter { $0["name"]?.string == "confidence" }.count == 3)

    let judged = try Apus.run(
      "evaluate", scratch("run"), "--classifier", scratch("lenet5"), "--samples", "40", "--json")
    let json = try JSONValue(parsing: judged.output)
    let confidence = try #require(json["confidence"]?.double, "\(judged.errors)")
    #expect(0.1...1 ~= confidence && (json["frechet_distance"]?.double ?? -1) > 0)
    let shares = (json.object?.keys ?? []).filter { $0.hasPrefix("share_") }.compactMap { json[$0]?.double }
    #expect(shares.count == 10 && abs(shares.reduce(0, +) - 1) < 1e-9)
    let told = try Apus.run("evaluate", scratch("run"), "--classifier", scratch("lenet5"), "--samples", "40")
    #expect(told.output.contains("frechet distance ") && told.output.contains("share 7 "), "\(told.output)")
    expectFailure(
      try Apus.run("evaluate", scratch("run"), "--classifier", scratch("run")), status: 1,
      "expected one that classifies")
    expectFailure(
      try Apus.run("evaluate", scratch("lenet5"), "--classifier", scratch("lenet5")), status: 2, "--classifier")
  }

  private func metrics(_ run: String) throws -> [JSONValue] {
    String(decoding: try File.read(run + "/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
      .compactMap { try? JSONValue(parsing: String($0)) }
  }
}
