import Apus
import Foundation
import Testing

/// Numbers that PyTorch computed: `Tests/Fixtures/generate.py` writes them, with the versions that wrote them.
private func fixture(_ name: String) throws -> JSONValue {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/\(name).json").path)
}

extension JSONValue {
  fileprivate var doubles: [Double] { (array ?? []).compactMap(\.double) }
  fileprivate func number(_ key: String) -> Double? { self[key]?.double }
}

/// A module that is nothing but one vector.
private final class Vector: Module {
  @Parameter var values: Tensor
  init(_ values: [Double]) { self.values = Tensor(values.map(Float.init)) }
}

@Suite struct OptimizerTests {
  static func cases() throws -> [JSONValue] { try fixture("optimizers")["cases"]?.array ?? [] }

  /// Fifty steps on a problem with a known gradient.
  @Test(arguments: try! cases())
  func optimizerTrajectoriesMatch(_ expected: JSONValue) throws {
    let problem = try #require(try fixture("optimizers")["problem"])
    let (a, b) = (problem["a"]!.doubles, problem["b"]!.doubles)
    let (c, k) = (problem["c"]!.doubles, problem["k"]!.doubles)
    let model = Vector(problem["start"]!.doubles)
    let optimizer = try #require(Self.makeOptimizer(expected, model))
    var checked = 0
    for step in 1...50 {
      let gradient = model.values.doubles().enumerated().map { i, w in
        a[i] * (w - c[i]) - b[i] * k[i] * sin(k[i] * w)
      }
      optimizer.update([Tensor(gradient.map(Float.init))])
      guard let point = expected["trajectory"]?.array?.first(where: { $0["step"]?.int == step }) else { continue }
      for (ours, theirs) in zip(model.values.doubles(), point["parameters"]!.doubles) {
        #expect(abs(ours - theirs) <= 2e-5 * max(1, abs(theirs)), "step \(step): \(ours), PyTorch \(theirs)")
        checked += 1
      }
    }
    #expect(checked == 30)
  }

  private static func makeOptimizer(_ json: JSONValue, _ model: Module) -> Optimizer? {
    guard let attributes = json["attributes"], let rate = attributes.number("learningRate") else { return nil }
    let known = [
      "learningRate", "momentum", "dampening", "weightDecay", "nesterov", "beta1", "beta2", "epsilon", "amsgrad",
    ]
    guard (attributes.object?.keys ?? []).allSatisfy(known.contains) else { return nil }
    switch json["optimizer"]?.string {
    case "SGD":
      return SGD(
        model, learningRate: rate, momentum: attributes.number("momentum") ?? 0,
        dampening: attributes.number("dampening") ?? 0, weightDecay: attributes.number("weightDecay") ?? 0,
        nesterov: attributes["nesterov"]?.bool ?? false)
    case "Adam":
      return Adam(
        model, learningRate: rate, beta1: attributes.number("beta1") ?? 0.9, beta2: attributes.number("beta2") ?? 0.999,
        epsilon: attributes.number("epsilon") ?? 1e-8, weightDecay: attributes.number("weightDecay") ?? 0,
        amsgrad: attributes["amsgrad"]?.bool ?? false)
    default: return nil
    }
  }
}

@Suite struct PyTorchInitializerTests {
  static func cases() throws -> [JSONValue] { try fixture("initializers")["cases"]?.array ?? [] }

  @Test(arguments: try! cases())
  func scalesMatch(_ expected: JSONValue) throws {
    let fanIn = try #require(expected["fanIn"]?.int)
    let fanOut = try #require(expected["fanOut"]?.int)
    func check(_ initializer: Initializer, _ name: String, _ key: String) throws {
      let theirs = try #require(expected[name]?[key]?.double)
      #expect(abs(initializer.scale(fanIn: fanIn, fanOut: fanOut) / theirs - 1) < 1e-12, "\(name)")
    }
    try check(.standard, "kaimingUniformSqrt5", "bound")
    try check(.kaimingNormal(), "kaimingNormal", "deviation")
    try check(.xavierUniform(), "xavierUniform", "bound")
    try check(.xavierNormal(), "xavierNormal", "deviation")
  }
}

/// LeNet-5 from known weights on a known batch: logits, gradients and five training steps as PyTorch's.
@Suite struct LeNet5TrainingTests {
  static func cases() throws -> [JSONValue] { try fixture("lenet5")["cases"]?.array ?? [] }

  /// Element `index` of a stream of `Benchmarks/hashed_values.py`, in ±½.
  private static func hashed(_ index: Int, _ stream: UInt32) -> Double {
    var x = UInt32(truncatingIfNeeded: index) &* 2_654_435_761 ^ (stream &* 0x9E37_79B9)
    x ^= x >> 16
    x = x &* 0x85EB_CA6B
    x ^= x >> 13
    return Double(x) / 0x1p32 - 0.5
  }

  private static func tensor(_ shape: Shape, _ stream: UInt32, _ scale: Double) -> Tensor {
    Tensor((0..<shape.elementCount).map { Float(hashed($0, stream) * 2 * scale) }, shape: shape)
  }

  private static func makeModel() -> LeNet5 {
    var key = RandomKey(0)
    let model = LeNet5(key: &key)
    for (number, entry) in model.parameters.enumerated() {
      let shape = entry.slot.tensor!.shape
      let fanIn = shape.rank == 4 ? shape[0] * shape[1] * shape[2] : shape[shape.rank - 1]
      let scale = (6 / Double(fanIn)).squareRoot()
      entry.slot.tensor = shape.rank == 1 ? .zeros(shape) : tensor(shape, UInt32(number), scale)
    }
    return model
  }

  @Test(arguments: try! cases())
  func trainsAsPyTorch(_ expected: JSONValue) throws {
    let batch = try #require(expected["batch"]?.int)
    let images = Self.tensor([batch, 28, 28, 1], 100, 0.5) + 0.5
    let labels = Tensor((0..<batch).map { Int32($0 % 10) })
    let model = Self.makeModel()
    let attributes = try #require(expected["attributes"])
    let rate = try #require(attributes.number("learningRate"))
    let optimizer: Optimizer =
      expected["optimizer"]?.string == "Adam"
      ? Adam(model, learningRate: rate)
      : SGD(model, learningRate: rate, momentum: attributes.number("momentum") ?? 0)

    let logits = model(images)[0..<2].doubles()
    let theirs = try #require(expected["logits"]?["values"]?.doubles)
    for (a, b) in zip(logits, theirs) { #expect(abs(a - b) < 2e-5 * max(1, abs(b)), "logit \(a), PyTorch \(b)") }

    let (_, gradients) = valueAndGrad(model) { crossEntropy(model(images), labels) }
    for (entry, gradient) in zip(model.parameters, gradients) {
      let norm = gradient.squared().sum().sqrt().item()
      let expected = try #require(expected["gradientNorms"]?.number(entry.path))
      #expect(abs(norm / expected - 1) < 2e-5, "\(entry.path): norm \(norm), PyTorch \(expected)")
    }

    let step = compile(updating: model, optimizer) { (x: Tensor, y: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(x), y) }
      optimizer.update(gradients)
      return loss
    }
    for (number, exact) in try #require(expected["lossesInDouble"]?.doubles).enumerated() {
      let loss = step(images, labels).item()
      #expect(abs(loss - exact) < 2e-5 * exact, "step \(number): loss \(loss), in double precision \(exact)")
    }
  }
}
