import Apus
import Foundation

/// `Tests/Fixtures/generative.json`, which `fixture_generative.py` writes.
enum GenerativeFixture {
  static func cases(_ kind: String) throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/generative.json").path
    return try (JSONValue(contentsOf: file)["cases"]?.array ?? []).filter { $0["kind"]?.string == kind }
  }

  /// The weights of the fixture's formulas: the stream of an entry is its place among the sorted names.
  static func fill(_ model: Module) throws {
    var state: [String: Tensor] = [:]
    let entries = model.stateDictionary().filter { $0.tensor.dtype == .float32 }
    for (stream, entry) in entries.sorted(by: { $0.name < $1.name }).enumerated() {
      let isVector = entry.tensor.rank == 1
      let isNorm = entry.name.contains("norm") && entry.name.hasSuffix("weight")
      let isScale = isVector && (isNorm || entry.name.hasSuffix("running_var"))
      state[entry.name] = hashedTensor(entry.tensor.shape, UInt32(stream), isScale ? 1 : 0, isVector ? 0.1 : 0.3)
    }
    try model.load(stateDictionary: state, isStrict: false)
  }

  /// Images of a formula that fills PyTorch's order of axes.
  static func images(_ stream: UInt32, _ batch: Int, _ channels: Int, _ height: Int, _ width: Int) -> Tensor {
    hashedTensor([batch, channels, height, width], stream, 0, 1).transposed([0, 2, 3, 1])
  }
}

extension JSONValue {
  /// The numbers of an array.
  func numbers(_ name: String) -> [Double] { (self[name]?.array ?? []).compactMap(\.double) }
}

/// The largest difference of two lists of numbers, infinite where they are not as long.
func largestGap(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count, !a.isEmpty else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}
