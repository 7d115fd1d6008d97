import Apus
import Foundation
import Testing

/// Networks of torchvision's and others in plain PyTorch: `Tests/Fixtures/fixture_zoo.py`.
@Suite struct ZooTests {
  private static func cases() throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/zoo.json").path)["cases"]?.array ?? []
  }

  private static func answered() throws -> [JSONValue] { try cases().filter { $0["logits"] != nil } }

  @Test(arguments: try! cases())
  func parametersAndKeysArePyTorchs(_ expected: JSONValue) throws {
    let name = try #require(expected["name"]?.string)
    let architecture = try #require(Architecture.named(name))
    var key = RandomKey(0)
    let model = architecture.makeModel(architecture.classes, &key)
    #expect(model.parameterCount == expected["parameters"]?.int)
    let state = model.stateDictionary()
    #expect(state.count == expected["entries"]?.int)
    let lines = state.map { "\($0.name) [\($0.tensor.shape.map(String.init).joined(separator: ", "))]\n" }
    #expect(Self.hash(lines.joined()) == expected["keys"]?.string, "\(lines.prefix(20))")
  }

  @Test func everyArchitectureIsCompared() throws {
    let compared = Set(try Self.cases().compactMap { $0["name"]?.string })
    // It was published as a program of its own, without a name for its parts.
    let known = Architecture.all.filter { $0.inputShape.rank == 3 }
    #expect(Set(known.map(\.name)).subtracting(compared) == ["resnet9"])
  }

  @Test(arguments: try! answered())
  func logitsArePyTorchs(_ expected: JSONValue) throws {
    let (model, images) = try Self.filled(expected)
    let logits = Phase.with(.inference) { model(images) }
    let numbers: [Double]
    if logits.rank == 4 {
      #expect(expected["name"]?.string == "unet")
      numbers = logits[0..<1, 1..<3, 1..<3].doubles()
    } else {
      #expect(Array(logits.shape) == expected["shape"]?.array?.compactMap(\.int))
      numbers = Array(logits.doubles().prefix(64))
    }
    let reference = (expected["logits"]?.array ?? []).compactMap(\.double)
    #expect(numbers.count == reference.count)
    for (ours, theirs) in zip(numbers, reference) { #expect(abs(ours - theirs) < 1e-4) }
  }

  @Test func resNetTrainsAsTorchvisions() throws {
    let expected = try #require(try Self.cases().first { $0["loss"] != nil })
    let (model, images) = try Self.filled(expected)
    let labels = Tensor((0..<images.shape[0]).map { Int32($0) })
    let (loss, gradients) = Phase.with(.training) { valueAndGrad(model) { crossEntropy(model(images), labels) } }
    let reference = try #require(expected["loss"]?.double)
    #expect(abs(loss.item() - reference) < 1e-4 * reference)
    let norms = (expected["gradients"]?.array ?? []).compactMap(\.double)
    #expect(gradients.count == norms.count)
    for (gradient, norm) in zip(gradients, norms) {
      #expect(abs(gradient.norm().item() - norm) < 2e-3 * norm + 1e-5)
    }
    let means = model.entries.filter { $0.path.hasSuffix("running_mean") }.map { $0.slot.tensor!.mean().item() }
    let runningMeans = (expected["runningMeans"]?.array ?? []).compactMap(\.double)
    #expect(means.count == runningMeans.count)
    for (ours, theirs) in zip(means, runningMeans) { #expect(abs(ours - theirs) < 1e-4) }
  }

  /// The paper's figure 1: of 572 × 572 pixels 388 × 388 are left.
  @Test func uNetLeavesWhatThePaperSays() throws {
    var key = RandomKey(0)
    let model = UNet(key: &key)
    #expect(model(.zeros([1, 572, 572, 1])).shape == [1, 388, 388, 2])
    #expect(throws: (any Error).self) { try checked { model(.zeros([1, 570, 572, 1])) } }
    let padded = UNet(.small, classes: 3, key: &key)
    #expect(padded(.zeros([2, 28, 32, 1])).shape == [2, 28, 32, 3])
  }

  @Test func recipesTakeTheirInputs() {
    for recipe in Recipe.all {
      var key = RandomKey(0)
      let example = recipe.work.makeExample(batch: 2, key: &key)
      let outputs = example.outputs
      #expect(outputs.shape.first == 2 && outputs.isFinite().all().item() == 1, "\(recipe.name)")
    }
  }

  // MARK: The formulas of the fixture

  private static func filled(_ expected: JSONValue) throws -> (model: any Layer, images: Tensor) {
    let name = try #require(expected["name"]?.string)
    let gain = try #require(expected["gain"]?.double)
    let architecture = try #require(Architecture.named(name))
    var key = RandomKey(0)
    let model = architecture.makeModel(architecture.classes, &key)
    var state: [String: Tensor] = [:]
    for (stream, entry) in model.stateDictionary().enumerated() where entry.tensor.dtype == .float32 {
      let shape = entry.tensor.shape
      let fanIn = Double(shape.elementCount) / Double(max(1, shape.first ?? 1))
      let (offset, scale): (Double, Double) =
        switch entry.name {
        case _ where shape.rank >= 2 && !["embedding", "token", "layer_scale"].contains(where: entry.name.contains):
          (0, (gain / fanIn).squareRoot())
        case _ where entry.name.hasSuffix("running_var"): (1, 0.5)
        case _ where entry.name.hasSuffix(".weight") && shape.rank == 1: (1, 0.2)
        default: (0, 0.1)
        }
      state[entry.name] = hashedTensor(shape, UInt32(stream), offset, scale)
    }
    try model.load(stateDictionary: state, isStrict: false)
    let sizes = (expected["input"]?.array ?? []).compactMap(\.int)
    // The formula fills PyTorch's order of axes.
    let images = hashedTensor([sizes[0], sizes[3], sizes[1], sizes[2]], 1000, 0, 1).transposed([0, 2, 3, 1])
    return (model, images)
  }

  /// FNV-1a in 64 bits.
  private static func hash(_ text: String) -> String {
    let value = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
