import Apus
import Foundation

/// What `Tests/Fixtures/fixture_pretrained.py` wrote: tiny models of Hugging Face's, and what they answer.
enum PretrainedFixture {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// The folder of a model.
  static func directory(_ name: String) -> String { folder.appendingPathComponent("pretrained/\(name)").path }

  static func cases() throws -> [JSONValue] {
    try JSONValue(contentsOf: folder.appendingPathComponent("pretrained.json").path)["cases"]?.array ?? []
  }

  static func cases(ofModel name: String) throws -> JSONValue {
    try cases().first { $0["model"]?.string == name } ?? .null
  }
}

extension JSONValue {
  var integers: [Int] { array?.compactMap(\.int) ?? [] }
  var rows: [[Int]] { array?.map(\.integers) ?? [] }
  var numbers: [Double] { array?.compactMap(\.double) ?? [] }
  /// Numbers, −∞ for null.
  var floats: [Float] { array?.map { $0.double.map { Float($0) } ?? -.infinity } ?? [] }
}
