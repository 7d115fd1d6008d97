import Apus
import Foundation
import Testing

/// Autoencoders, contrastive divergence and the linear probe beside PyTorch, NumPy and scikit-learn:
/// `Tests/Fixtures/fixture_representation.py`.
@Suite struct AutoencoderTests {
  static func cases(_ model: String) throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/representation.json").path
    return try (JSONValue(contentsOf: file)["cases"]?.array ?? []).filter { $0["model"]?.string == model }
  }

  /// The weights of the fixture's formulas.
  private static func fill(_ model: Module) throws {
    var state: [String: Tensor] = [:]
    let entries = model.stateDictionary().filter { $0.tensor.dtype == .float32 }
    for (stream, entry) in entries.sorted(by: { $0.name < $1.name }).enumerated() {
      state[entry.name] = hashedTensor(entry.tensor.shape, UInt32(stream), 0, entry.tensor.rank > 1 ? 0.4 : 0.1)
    }
    try model.load(stateDictionary: state, isStrict: false)
  }

  private static func numbers(_ json: JSONValue?) -> [Double] { (json?.array ?? []).compactMap(\.double) }

  private static func expectClose(
    _ ours: Tensor, _ theirs: [Double], _ tolerance: Double, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let values = ours.doubles()
    #expect(values.count == theirs.count, "\(what)", sourceLocation: sourceLocation)
    let scale = max(1, theirs.map(\.magnitude).max() ?? 0)
    for (a, b) in zip(values, theirs) where !(abs(a - b) <= tolerance * scale) {
      Issue.record("\(what): \(a), expected \(b)", sourceLocation: sourceLocation)
      return
    }
  }

  private static func expectGradients(_ model: Module, _ gradients: [Tensor], _ expected: JSONValue?) throws {
    for (entry, gradient) in zip(model.parameters, gradients) {
      expectClose(gradient, numbers(try #require(expected?[entry.path], "\(entry.path)")), 1e-5, entry.path)
    }
  }

  /// Both parts of the bound and their gradients, the bound of six codes, and twenty steps of Adam, with the noise given.
  @Test func variationalAutoencodersArePyTorchs() throws {
    let expected = try #require(try Self.cases("vae").first)
    func size(_ name: String) -> Int { expected[name]!.int! }
    let (batch, side, code) = (size("batch"), size("side"), size("code"))
    func made() throws -> VariationalAutoencoder {
      var key = RandomKey(0)
      let model = VariationalAutoencoder(
        imageShape: [side, side, 1], hidden: size("hidden"), code: code, beta: expected["beta"]!.double!, key: &key)
      try Self.fill(model)
      return model
    }
    let model = try made()
    let images = hashedTensor([batch, side, side, 1], 90, 0.5, 0.5)
    let noise = hashedTensor([batch, code], 91, 0, 1.5)
    let (reconstruction, divergence) = model.negativeBound(images, noise: noise)
    Self.expectClose(reconstruction, Self.numbers(expected["reconstruction"]), 1e-6)
    Self.expectClose(divergence, Self.numbers(expected["divergence"]), 1e-6)
    let bound = model.importanceWeightedBound(images, noise: hashedTensor([6, batch, code], 92, 0, 1.5))
    Self.expectClose(bound, Self.numbers(expected["bound"]), 1e-6)
    let gradients = valueAndGrad(model) {
      let parts = model.negativeBound(images, noise: noise)
      return (parts.reconstruction + parts.divergence * model.beta).mean()
    }.gradients
    try Self.expectGradients(model, gradients, expected["gradients"])

    let trained = try made()
    let optimizer = Adam(trained, learningRate: 0.01)
    for (step, loss) in Self.numbers(expected["losses"]).enumerated() {
      let noise = hashedTensor([batch, code], UInt32(200 + step), 0, 1.5)
      let result = valueAndGrad(trained) {
        let parts = trained.negativeBound(images, noise: noise)
        return (parts.reconstruction + parts.divergence).mean()
      }
      optimizer.update(result.gradients)
      #expect(abs(result.value.item() - loss) < 1e-4, "step \(step)")
    }
  }

  /// The task itself: what it lowers is the bound that it is judged by, but for the noise.
  @Test func variationalAutoencodersLearn() throws {
    var key = RandomKey(3)
    let model = VariationalAutoencoder(imageShape: [4, 4, 1], hidden: 16, code: 2, key: &key)
    // Bars at one of four heights: two numbers are enough to tell them.
    let bars = (0..<64).flatMap { number in (0..<16).map { Float($0 / 4 == number % 4 ? 1 : 0) } }
    let images = Tensor(bars, shape: [64, 4, 4, 1])
    let labels = Tensor((0..<64).map { Int32($0 % 4) })
    let losses = lower(model.objectives[0], of: model, [images, labels], steps: 600, learningRate: 0.01)
    let judged = model.measures(images, labels).map { $0.mean().item() }
    #expect(abs(judged[0] - judged[1] - judged[2]) < 1e-4)
    // A code for each of four bars costs log 4 at least; without any, 16 pixels of which each is on at a quarter do.
    #expect(judged[0] > 1.386 && judged[0] < 3 && losses[0] > 10, "\(judged)")
    // Codes that are drawn give bars: each pixel nearly on or off.
    let samples = model.samples(SampleRequest(count: 50, seed: 4))
    #expect(samples.shape == [50, 4, 4, 1] && (samples - samples.rounded()).abs().mean().item() < 0.1)
    #expect(samples.doubles() == model.samples(SampleRequest(count: 50, seed: 4)).doubles())
    #expect(samples.doubles() != model.samples(SampleRequest(count: 50, seed: 5)).doubles())
    // More codes give a tighter bound.
    let noise = Tensor.normal([64, 64, 2], key: &key)
    let bounds = [1, 8, 64].map { model.importanceWeightedBound(images, noise: noise[0..<$0]).mean().item() }
    #expect(bounds[0] < bounds[1] && bounds[1] <= bounds[2] + 1e-3 && bounds[2] < -1.386, "\(bounds)")
  }

  @Test(arguments: ["kl", "l1"]) func sparseAutoencodersArePyTorchs(_ kind: String) throws {
    let expected = try #require(try Self.cases("sparse").first { $0["kind"]?.string == kind })
    func size(_ name: String) -> Int { expected[name]!.int! }
    let (target, weight) = (expected["target"]!.double!, expected["weight"]!.double!)
    let side = size("side")
    var key = RandomKey(0)
    let model = SparseAutoencoder(
      imageShape: [side, side, 1], hidden: size("hidden"),
      sparsity: kind == "l1" ? .l1(weight: weight) : .divergence(target: target, weight: weight), key: &key)
    try Self.fill(model)
    let images = hashedTensor([size("batch"), side, side, 1], 90, 0.5, 0.5)
    #expect(abs(model.penalty(model.code(of: images)).item() - expected["penalty"]!.double!) < 1e-5)
    let (loss, gradients) = valueAndGrad(model) { model.objectives[0].loss([images]).loss }
    #expect(abs(loss.item() - expected["loss"]!.double!) < 1e-5)
    try Self.expectGradients(model, gradients, expected["gradients"])
  }

  /// The mean activation of each unit comes to what is wanted, and with the other penalty most units are exactly silent.
  @Test func unitsBecomeSparse() {
    var key = RandomKey(6)
    let images = Tensor.uniform([200, 4, 4, 1], key: &key).evaluated()
    let labels = Tensor.zeros([200], dtype: .int32)
    let model = SparseAutoencoder(
      imageShape: [4, 4, 1], hidden: 24, sparsity: .divergence(target: 0.1, weight: 30), key: &key)
    #expect(abs(model.measures(images, labels)[1].mean().item() - 0.5) < 0.05)
    lower(model.objectives[0], of: model, [images, labels], steps: 800, learningRate: 0.02)
    let means = model.code(of: images).mean(axis: 0)
    #expect((means - 0.1).abs().max().item() < 0.01, "\(means)")
    let rectified = SparseAutoencoder(imageShape: [4, 4, 1], hidden: 24, sparsity: .l1(weight: 0.2), key: &key)
    let before = rectified.measures(images, labels)[2].mean().item()
    lower(rectified.objectives[0], of: rectified, [images, labels], steps: 400, learningRate: 0.01)
    let after = rectified.measures(images, labels)[2].mean().item()
    #expect(before > 0.3 && after < 0.1, "\(before), \(after)")
  }

  @Test func convolutionalAutoencodersArePyTorchs() throws {
    let expected = try #require(try Self.cases("convolutional").first)
    func size(_ name: String) -> Int { expected[name]!.int! }
    var key = RandomKey(0)
    let model = ConvolutionalAutoencoder(
      imageShape: [size("side"), size("side"), 1], channels: Self.numbers(expected["channels"]).map { Int($0) },
      code: size("code"), key: &key)
    try Self.fill(model)
    let images = hashedTensor([size("batch"), size("side"), size("side"), 1], 90, 0.5, 0.5)
    Self.expectClose(model.code(of: images), Self.numbers(expected["codes"]), 1e-5)
    let (loss, gradients) = valueAndGrad(model) { model.objectives[0].loss([images]).loss }
    #expect(abs(loss.item() - expected["loss"]!.double!) < 1e-6)
    for (entry, gradient) in zip(model.parameters, gradients) {
      let norm = try #require(expected["norms"]?[entry.path]?.double, "\(entry.path)")
      #expect(abs(gradient.norm().item() - norm) < 1e-4 * norm + 1e-7, "\(entry.path)")
    }
  }

  /// What is learned is to remove the noise, not to give it back.
  @Test func noiseIsRemoved() {
    var key = RandomKey(8)
    let bars = (0..<128).flatMap { number in (0..<16).map { Float($0 / 4 == number % 4 ? 1 : 0) } }
    let images = Tensor(bars, shape: [128, 4, 4, 1])
    let labels = Tensor((0..<128).map { Int32($0 % 4) })
    for corruption in [Corruption.gaussian(0.4), .masking(0.3), .saltAndPepper(0.2)] {
      let network = Autoencoder(imageShape: [4, 4, 1], hidden: [24], code: 4, key: &key)
      let model = DenoisingAutoencoder(network, corruption: corruption, key: &key)
      lower(model.objectives[0], of: model, [images, labels], steps: 400, learningRate: 0.01)
      let judged = model.measures(images, labels).map { $0.mean().item() }
      #expect(judged[0] < judged[1] / 3, "\(corruption): \(judged)")
    }
  }

  @Test func corruptionsAreWhatTheySay() {
    var key = RandomKey(1)
    let gray = Tensor.full(0.5, [20_000])
    let noise = Corruption.gaussian(0.25)(gray, key: &key) - gray
    #expect(abs(noise.mean().item()) < 0.01 && abs(noise.squared().mean().item() - 0.0625) < 0.002)
    let masked = Corruption.masking(0.3)(gray, key: &key)
    #expect(abs((masked .== 0).cast(to: .float32).mean().item() - 0.3) < 0.015)
    #expect(abs((masked .== 0.5).cast(to: .float32).mean().item() - 0.7) < 0.015)
    let spotted = Corruption.saltAndPepper(0.2)(gray, key: &key)
    for shade in [0.0, 1] { #expect(abs((spotted .== shade).cast(to: .float32).mean().item() - 0.1) < 0.015) }
    #expect(Corruption(name: "masking", level: 0.5) == .masking(0.5) && Corruption(name: "rain", level: 1) == nil)
  }

  @Test func probesAreScikitLearns() throws {
    let expected = try #require(try Self.cases("probe").first)
    let (examples, classes) = (expected["examples"]!.int!, expected["classes"]!.int!)
    let codes = Tensor(
      Self.numbers(expected["codes"]).map(Float.init), shape: [examples, expected["features"]!.int!])
    let labels = Tensor(Self.numbers(expected["labels"]).map { Int32($0) })
    let probe = LinearProbe(codes, labels, classes: classes)
    Self.expectClose(probe(codes).softmax(), Self.numbers(expected["probabilities"]), 3e-4)
    #expect(abs(probe.accuracy(codes, labels) - expected["accuracy"]!.double!) < 1e-6)
  }
}

/// Lowers an objective by so many of Adam's steps on one batch; returns the losses.
@discardableResult
func lower(
  _ draft: ObjectiveDraft, of model: Module, _ batch: [Tensor], steps: Int, learningRate: Double
) -> [Double] {
  let optimizer = Adam(draft.part, learningRate: learningRate)
  let step = compile(updating: [model, optimizer]) { batch in
    let (loss, gradients) = valueAndGrad(draft.part) { draft.loss(batch).loss }
    optimizer.update(gradients)
    return [loss]
  }
  return Phase.with(.training) { (0..<steps).map { _ in step(batch)[0].item() } }
}
