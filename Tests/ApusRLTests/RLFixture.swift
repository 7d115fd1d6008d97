import ApusFiles
import Testing

/// Numbers that other programs made: a file of Tests/Fixtures.
enum RLFixture {
  static func load(_ name: String) throws -> JSONValue {
    let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
      separator: "/")
    return try JSONValue(contentsOf: "\(folder)/Fixtures/\(name).json")
  }
}

extension JSONValue {
  func numbers(_ key: String) throws -> [Double] {
    try #require(self[key]?.array).map { try #require($0.double) }
  }

  func rows(_ key: String) throws -> [[Double]] {
    try #require(self[key]?.array).map { row in try #require(row.array).map { try #require($0.double) } }
  }
}

/// The largest difference of two lists of numbers; infinite where they differ in length.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).magnitude) } : .infinity
}
