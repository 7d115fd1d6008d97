import ApusFiles
import Foundation
import Testing

/// A directory with `efficientnet-lite0.safetensors` (Scripts/convert_efficientnet_lite.py), `chelsea.png` and `coffee.png`
/// of scikit-image, `flower.jpg` and `china.jpg` of scikit-learn.
private let pretrained = ProcessInfo.processInfo.environment["APUS_PRETRAINED"]

/// Real photographs and published weights, which are too large for the tree.
@Suite(.enabled(if: pretrained != nil, "APUS_PRETRAINED names no directory")) struct PretrainedTests {

  /// PyTorch's probabilities, with Pillow's resizing.
  @Test(arguments: [
    ("chelsea.png", [("Egyptian cat", 0.385), ("tiger cat", 0.332)]), ("coffee.png", [("espresso", 0.940)]),
    ("flower.jpg", [("daisy", 0.228)]), ("china.jpg", [("palace", 0.301)]),
  ])
  func photographsAreKnown(_ photograph: String, _ expected: [(String, Double)]) throws {
    let directory = try #require(pretrained)
    let run = try Apus.run(
      "predict", "--model", "efficientnet-lite0", "--weights", "\(directory)/efficientnet-lite0.safetensors",
      "\(directory)/\(photograph)", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let answers = try #require(try JSONValue(parsing: run.output)["predictions"]?.array)
    for ((name, share), answer) in zip(expected, answers) {
      #expect(answer["class"]?.string == name)
      #expect(abs((answer["probability"]?.double ?? 0) - share) < 0.01)
    }
  }
}
