import Apus
import ApusLinearAlgebra
import Foundation
import Testing

/// Roots of matrices and distances of normal distributions, as SciPy's.
@Suite struct FrechetDistanceTests {
  private static func cases() throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/generative.json").path
    return try (JSONValue(contentsOf: file)["cases"]?.array ?? []).filter { $0["kind"]?.string == "frechet" }
  }

  @Test(arguments: try! cases())
  func frechetDistanceIsSciPys(_ expected: JSONValue) throws {
    let features = try #require(expected["features"]?.int)
    func statistics(_ name: String) -> FeatureStatistics {
      let values = (expected[name]?.array ?? []).compactMap(\.double)
      let thousandths = Tensor(values.map { Int32(($0 * 1000).rounded()) }, shape: [values.count / features, features])
      return FeatureStatistics(thousandths.cast(to: .float64) / 1000)
    }
    let (a, b) = (statistics("x"), statistics("y"))
    let distance = try #require(expected["distance"]?.double)
    // SciPy's root of a singular product is itself exact to a few digits.
    let tolerance = features == 8 ? 1e-4 : 1e-9
    #expect(abs(a.frechetDistance(from: b) - distance) < tolerance * max(1, distance))
    #expect(abs(b.frechetDistance(from: a) - distance) < tolerance * max(1, distance))
    #expect(abs(a.frechetDistance(from: a)) < 1e-6)
    if let root = expected["root"]?.array?.compactMap(\.double) {
      let ours = a.covariance.symmetricSquareRoot().doubles()
      #expect(zip(ours, root).allSatisfy { abs($0 - $1) < 1e-9 } && ours.count == root.count)
    }
  }

  /// Of one feature: (μ₁ − μ₂)² + (σ₁ − σ₂)².
  @Test func frechetDistanceOfNumbersIsTheClosedForm() {
    let a = FeatureStatistics(mean: Tensor([1] as [Float]), covariance: Tensor([4] as [Float], shape: [1, 1]))
    let b = FeatureStatistics(mean: Tensor([-2] as [Float]), covariance: Tensor([9] as [Float], shape: [1, 1]))
    #expect(abs(a.frechetDistance(from: b) - 10) < 1e-12)
    #expect(throws: (any Error).self) {
      try checked { FeatureStatistics(mean: .zeros([2]), covariance: .zeros([3, 3])) }
    }
  }
}
