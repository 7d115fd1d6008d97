import Apus
import Foundation
import Testing

/// Every layer, activation and loss that is public is compared with PyTorch by three configurations at least, values and
/// gradients. What is public is read in the sources, so that nothing can be added without its cases.
@Suite struct CoverageTests {
  /// What is drawn and PyTorch has not, or not so that the same can be drawn here, and the tests that hold it to closed
  /// forms.
  private static let others = [
    "GaussianNoise": "gaussianNoiseLetsGradientsThrough", "GaussianDropout": "gaussianNoiseLetsGradientsThrough",
    "rrelu": "randomisedSlopesAreDrawnInTraining", "gumbelSoftmax": "gumbelSoftmaxChooses",
  ]

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// What is declared by lines that begin so, in the Swift files of some folders.
  private static func declared(_ pattern: Regex<(Substring, Substring)>, in folders: String...) throws -> Set<String> {
    var names: Set<String> = []
    for folder in folders {
      let files = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      for file in files where file.hasSuffix(".swift") {
        let text = try String(contentsOf: root.appendingPathComponent("\(folder)/\(file)"), encoding: .utf8)
        for line in text.split(separator: "\n") {
          if let match = line.prefixMatch(of: pattern) { names.insert(String(match.1)) }
        }
      }
    }
    return names
  }

  /// The kinds of layers that a case calls, itself or inside of others.
  private static func kinds(_ body: () -> Void) -> Set<String> { Set(LayerTrace.record(body).map(\.kind)) }

  private static func layerCounts() throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for json in try LayerFixtureTests.all() {
      let layer = try #require(FixtureLayer(json))
      let inputs = (json["inputs"]?.array ?? []).map(LayerFixtureTests.tensor)
      let met = kinds { _ = layer.call(inputs) }.union(["\(type(of: layer.module))"])
      for kind in met { counts[kind, default: 0] += 1 }
    }
    for fixture in VocabularyCase.all {
      let inputs = fixture.inputs.map { $0.tensor(.float32) }
      let calls = VocabularyCalls.all[fixture.op] ?? []
      for kind in kinds({ for call in calls { _ = call(fixture.arguments(inputs)) } }) { counts[kind, default: 0] += 1 }
    }
    for fixture in try LayerFixture.load("sequences") {
      let kind: String =
        switch fixture.layer {
        case "Sinusoidal", "Learned", "Rotary": fixture.layer + "PositionalEncoding"
        case "SequenceAttention": fixture.string("form") == "bahdanau" ? "BahdanauAttention" : "LuongAttention"
        default: fixture.layer
        }
      counts[kind, default: 0] += 1
    }
    return counts
  }

  @Test func everyLayerHasThreeConfigurations() throws {
    let layers = try Self.declared(
      /public final class (\w+)/, in: "Sources/ApusNN/Layers", "Sources/ApusNN/Regularization")
    #expect(layers.count > 110)
    let counts = try Self.layerCounts()
    for layer in layers.sorted() where Self.others[layer] == nil {
      #expect(counts[layer, default: 0] >= 3, "\(layer) is compared by \(counts[layer, default: 0]) configurations")
    }
  }

  @Test func everyActivationHasThreeConfigurations() throws {
    let functions = try Self.declared(/\ \ public func (\w+)/, in: "Sources/ApusTensor/Activations")
      .subtracting(["callAsFunction", "derivative"])
    #expect(functions.count > 25)
    let counts = Dictionary(grouping: VocabularyCase.all, by: \.op).mapValues(\.count)
    for function in functions.sorted() where Self.others[function] == nil {
      #expect(counts[function, default: 0] >= 3, "\(function) is compared by \(counts[function, default: 0]) cases")
    }
    for activation in Activation.allCases where activation != .identity {
      #expect(counts["\(activation)", default: 0] >= 3, "\(activation)")
    }
  }

  @Test func everyLossHasThreeConfigurations() throws {
    let losses = try Self.declared(/public func (\w+)/, in: "Sources/ApusTensor/Losses")
    #expect(losses.count >= 20)
    let counts = Dictionary(grouping: VocabularyCase.all, by: \.op).mapValues(\.count)
    for loss in losses.sorted() {
      #expect(counts[loss, default: 0] >= 3, "\(loss) is compared by \(counts[loss, default: 0]) cases")
    }
    // The other forms of two of them.
    for form in ["softCrossEntropy", "logitsBinaryCrossEntropy", "binaryCrossEntropy"] {
      #expect(counts[form, default: 0] >= 3, "\(form)")
    }
  }

  @Test func whatPyTorchHasNotIsTestedByItself() throws {
    let tests = try Self.declared(/\s+@Test.*func (\w+)/, in: "Tests/ApusNNTests", "Tests/ApusModelsTests/Classical")
    for (name, test) in Self.others { #expect(tests.contains(test), "\(name): \(test)") }
  }
}
