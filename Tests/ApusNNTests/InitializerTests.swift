import Apus
import Testing

@Suite struct InitializerTests {
  /// Bounds and deviations by the papers' formulas.
  @Test func scales() {
    #expect(abs(Initializer.kaimingUniform().scale(fanIn: 6, fanOut: 1) - 1) < 1e-12)
    #expect(abs(Initializer.kaimingNormal().scale(fanIn: 8, fanOut: 1) - 0.5) < 1e-12)
    #expect(abs(Initializer.xavierUniform().scale(fanIn: 2, fanOut: 4) - 1) < 1e-12)
    #expect(abs(Initializer.xavierNormal(gain: 2).scale(fanIn: 3, fanOut: 5) - 1) < 1e-12)
    #expect(abs(Initializer.standard.scale(fanIn: 25, fanOut: 1) - 0.2) < 1e-12)
  }

  // A uniform distribution over ±b has the variance b²/3, a normal one its own.
  private static let expectations: [(Initializer, Double)] = [
    (.kaimingUniform(), 2.0 / 400), (.kaimingNormal(), 2.0 / 400), (.xavierUniform(), 2.0 / 700),
    (.xavierNormal(), 2.0 / 700),
  ]

  @Test(arguments: expectations) func variances(_ initializer: Initializer, _ expected: Double) {
    var key = RandomKey(7)
    let values = initializer([300, 400], fanIn: 400, fanOut: 300, key: &key).doubles()
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    // 120,000 draws: the deviation of the variance is well under a percent.
    #expect(abs(variance / expected - 1) < 0.02)
    #expect(abs(mean) < 4 * (expected / Double(values.count)).squareRoot())
  }
}
