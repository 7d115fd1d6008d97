import ApusFiles
import ApusImages
import Foundation
import Testing

/// The recipes that learn from images without labels, from the command: on bars that are learned in a moment.
@Suite(.serialized) struct RepresentationRecipeTests {
  private static func train(_ recipe: String, _ scratch: Scratch, _ more: [String]) throws -> Run {
    let run = try Apus.run(
      ["train", recipe, "--data", scratch("data"), "--out", scratch(recipe), "--quiet", "--seed", "1"] + more)
    #expect(run.status == 0, "\(run.errors)")
    return run
  }

  private static func judge(_ path: String, _ more: String...) throws -> JSONValue {
    let run = try Apus.run(["evaluate", path, "--json", "--quiet"] + more)
    #expect(run.status == 0, "\(run.errors)")
    return try JSONValue(parsing: run.output)
  }

  private static let small: [(recipe: String, options: [String])] = [
    ("autoencoder", ["--code", "6", "--hidden", "48,24", "--epochs", "6"]),
    ("conv-autoencoder", ["--code", "6", "--epochs", "6"]),
    ("sparse-autoencoder", ["--units", "40", "--epochs", "8", "--learning-rate", "0.01"]),
    ("denoising-autoencoder", ["--code", "8", "--hidden", "48", "--noise", "masking", "--epochs", "8"]),
    ("vae", ["--code", "3", "--units", "48", "--epochs", "10", "--learning-rate", "0.005"]),
    ("rbm", ["--units", "40", "--epochs", "8"]),
    ("deep-belief", ["--hidden", "40,30", "--epochs", "6", "--layer-epochs", "3"]),
  ]

  /// Each learns bars better than by its first weights, is judged beside principal components, and leaves its pictures.
  @Test(arguments: small.map(\.recipe)) func codesAreLearned(_ recipe: String) throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let options = Self.small.first { $0.recipe == recipe }!.options
    _ = try Self.train(recipe, scratch, options + ["--batch-size", "32", "--optimizer", "adam", "--tensorboard"])
    let metrics = try String(decoding: File.read(scratch(recipe) + "/metrics.jsonl"), as: UTF8.self)
    let losses = try metrics.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
      .filter { $0["split"]?.string == "test" && $0["name"]?.string == "loss" }.compactMap { $0["value"]?.double }
    #expect(losses.count > 4 && losses[losses.count - 1] < 0.9 * losses[0], "\(losses)")
    let judged = try Self.judge(scratch(recipe))
    // The loss of a run is judged anew to the same number.
    #expect(judged["loss"]?.double == losses.last, "\(judged)")
    let accuracy = try #require(judged["probe_accuracy"]?.double)
    #expect(accuracy > 0.5, "\(accuracy)")
    // Nothing of ten bars is lost in ten numbers.
    let size = try #require(judged["code_size"]?.int ?? judged["code_size"]?.double.map { Int($0) })
    if size < 784 {
      let error = try #require(judged["pca_squared_error"]?.double)
      #expect(size < 9 ? error > 1e-4 : error < 1e-3, "\(error) of \(size)")
    }
    let kind = recipe == "denoising-autoencoder" ? "denoised" : "reconstructions"
    for name in ["\(kind)-0000", "\(kind)-0002", kind, "\(kind)-training"] {
      let picture = try Image(contentsOfPNG: scratch(recipe) + "/pictures/\(name).png")
      #expect(picture.width > 400 && picture.height > (recipe == "denoising-autoencoder" ? 150 : 100))
    }
    let report = String(decoding: try File.read(scratch(recipe) + "/report.html"), as: UTF8.self)
    #expect(report.contains("Pictures of training") && report.contains("\(kind): test images"))
    let drawn = try Apus.run("figure", "reconstructions", scratch(recipe), "--out", scratch("r.svg"))
    #expect(drawn.status == 0, "\(drawn.errors)")
    let summary = try Apus.run("summary", scratch(recipe))
    #expect(summary.status == 0 && summary.output.contains("parameters"), "\(summary.errors)")
  }

  @Test func imagesAreMade() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let vae = Self.small.first { $0.recipe == "vae" }!.options
    _ = try Self.train("vae", scratch, vae + ["--batch-size", "32"])
    func make(_ out: String, _ more: String...) throws -> Image {
      let run = try Apus.run(
        ["generate", scratch("vae"), "--samples", "6", "--out", scratch(out)] + more)
      #expect(run.status == 0 && run.output == scratch(out) + "\n", "\(run.errors)")
      return try Image(contentsOfPNG: scratch(out))
    }
    let first = try make("a.png")
    // Three in a row, two rows, each pixel four, lines between.
    #expect(first.width == 3 * 58 + 2 && first.height == 2 * 58 + 2)
    #expect(try make("b.png") == first)
    #expect(try make("c.png", "--seed", "5") != first)
    let judged = try Self.judge(scratch("vae"), "--importance-samples", "20")
    let (bound, loss) = (judged["importance_weighted_bound"]?.double ?? .nan, judged["loss"]?.double ?? .nan)
    // Tighter than the bound of one code, which is the loss.
    #expect(bound > -loss - 0.5 && bound < 0, "\(bound), \(loss)")
    for figure in ["traversal", "features"] {
      let drawn = try Apus.run("figure", figure, scratch("vae"), "--out", scratch("f.svg"))
      #expect(drawn.status == 0, "\(drawn.errors)")
    }
    expectFailure(
      try Apus.run("figure", "denoising", scratch("vae")), status: 1, "models images; expected one that removes noise")
    expectFailure(
      try Apus.run("generate", scratch("vae"), "a cat", "--out", "x.png"), status: 2, "take no prompt")
    expectFailure(
      try Apus.run("generate", scratch("vae"), "--top-k", "3", "--out", "x.png"), status: 2, "--top-k", "write texts")
    expectFailure(try Apus.run("generate", scratch("vae")), status: 2, "expected --out", ".png")
    expectFailure(
      try Apus.run("generate", scratch("vae"), "--chain-steps", "3", "--out", "x.png"), status: 2, "Boltzmann")
    _ = try Self.train("rbm", scratch, ["--units", "20", "--epochs", "1", "--batch-size", "32", "--chains", "16"])
    let chains = try Apus.run(
      "generate", scratch("rbm"), "--samples", "4", "--chain-steps", "5", "--out", scratch("d.png"))
    #expect(chains.status == 0, "\(chains.errors)")
  }

  /// Layers one after the other, then few labels: in parts and at once to the same bits.
  @Test(arguments: ["stacked-autoencoder", "deep-belief", "vae", "denoising-autoencoder"])
  func partsEndWithTheSameBits(_ recipe: String) throws {
    let scratch = try Scratch()
    try scratch.makeData()
    var options = ["--batch-size", "32", "--checkpoint-every", "3", "--ema", "0.9"]
    switch recipe {
    case "stacked-autoencoder":
      options += [
        "--hidden", "30,20", "--layer-epochs", "1", "--labels", "50", "--epochs", "4", "--noise-level", "0.2",
      ]
    case "deep-belief": options += ["--hidden", "30,20", "--layer-epochs", "2", "--epochs", "4"]
    default: options += ["--code", "4", "--epochs", "3"]
    }
    _ = try Self.train(recipe, scratch, options)
    let parts = ["train", recipe, "--out", scratch("parts"), "--quiet"]
    var run = try Apus.run(
      parts + ["--data", scratch("data"), "--seed", "1", "--max-time", "0.06s"] + options)
    for _ in 0..<100 where run.output.isEmpty {
      #expect(run.status == 0, "\(run.errors)")
      run = try Apus.run(parts + ["--resume", "--max-time", "0.06s"])
    }
    for file in ["model.safetensors", "metrics.jsonl", "checkpoints/last.safetensors"] {
      #expect(try File.read(scratch(recipe) + "/" + file) == File.read(scratch("parts/" + file)), "\(file)")
    }
  }

  /// With labels of a fifth of the images bars are told apart.
  @Test func fewLabelsAreEnough() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let run = try Self.train(
      "stacked-autoencoder", scratch,
      [
        "--hidden", "40,30", "--layer-epochs", "2", "--labels", "50", "--epochs", "14", "--batch-size", "32",
        "--learning-rate", "0.01",
      ])
    let judged = try Self.judge(scratch("stacked-autoencoder"))
    #expect(try #require(judged["accuracy"]?.double) > 0.95, "\(run.output)")
    let metrics = String(decoding: try File.read(scratch("stacked-autoencoder") + "/metrics.jsonl"), as: UTF8.self)
    for name in ["layer1_loss", "layer2_loss", "labelled_loss"] { #expect(metrics.contains("epoch_\(name)")) }
    expectFailure(
      try Apus.run("generate", scratch("stacked-autoencoder"), "--out", "x.png"), "makes no images of its own")
  }

  @Test func wrongOptionsAreRefused() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let data = ["--data", scratch("data"), "--out", scratch("run")]
    for (arguments, message) in [
      (["vae", "--code", "0"], "--code 0: expected a whole number from 1 to 4096"),
      (["vae", "--beta", "-1"], "--beta -1: expected a number from 0 to 10000"),
      (["autoencoder", "--hidden", "30,,20"], "--hidden 30,,20: expected whole numbers"),
      (["autoencoder", "--beta", "2"], "--beta is not for recipe autoencoder, which models images"),
      (["lenet5", "--code", "2"], "--code is not for recipe lenet5, which classifies images"),
      (["sparse-autoencoder", "--sparsity", "l2"], "--sparsity l2: expected kl or l1"),
      (
        ["sparse-autoencoder", "--sparsity-target", "1"], "--sparsity-target 1: expected a number from 0.0001 to 0.9999"
      ),
      (["rbm", "--gibbs-steps", "none"], "--gibbs-steps none: expected a whole number"),
      (["vae", "--augment", "flip"], "--augment is not for recipe vae"),
    ] {
      expectFailure(try Apus.run(["train"] + arguments + data), status: 2, message)
    }
    #expect(!File.exists(scratch("run/config.json")))
    // A configuration that was changed by hand.
    _ = try Self.train("vae", scratch, ["--epochs", "1", "--units", "8", "--code", "2", "--batch-size", "64"])
    let path = scratch("vae/config.json")
    let text = String(decoding: try File.read(path), as: UTF8.self)
    for (from, to, message) in [
      ("\"units\": 8", "\"units\": \"many\"", "\"units\" is not a whole number from 1 to 65536"),
      ("\"units\": 8", "\"unist\": 8", "has \"unist\", which recipe vae has not"),
      ("\"units\": 8", "\"units\": 9", "fc1.weight is float32[8, 784]"),
      ("\"units\": 8", "\"units\": {}", "\"model\" is not an object of numbers and words"),
    ] {
      try AtomicFile.write(text.replacingOccurrences(of: from, with: to), to: path)
      expectFailure(try Apus.run("evaluate", scratch("vae")), message)
    }
    expectFailure(
      try Apus.run("train", "vae", "--out", scratch("vae"), "--resume", "--units", "9"), status: 2,
      "--units cannot be changed by --resume")
  }
}
