import Apus
import Testing

@Suite struct ApproximationTests {
  /// Coefficients of the series of exp, sin, log and the geometric one, to order 10.
  @Test func taylorCoefficientsAreTheClosedForms() {
    func expect(_ polynomial: TaylorPolynomial, _ expected: (Int) -> Double) {
      for (order, coefficient) in polynomial.coefficients.enumerated() {
        #expect((coefficient - expected(order)).magnitude < 1e-12 * max(1, expected(order).magnitude), "\(order)")
      }
    }
    func factorial(_ n: Int) -> Double { (1..<(n + 1)).reduce(1.0) { $0 * Double($1) } }
    let e = 2.718281828459045
    expect(taylor({ $0.exp() }, at: 1, order: 10)) { e / factorial($0) }
    expect(taylor({ $0.sin() }, at: 0, order: 10)) { [0, 1, 0, -1][$0 % 4] / factorial($0) }
    expect(taylor({ $0.log() }, at: 2, order: 8)) { order in
      order == 0
        ? 0.6931471805599453 : (order % 2 == 0 ? -1 : 1) / (Double(order) * (0..<order).reduce(1) { a, _ in a * 2 })
    }
    expect(taylor({ 1 / (1 - $0) }, at: 0, order: 8)) { _ in 1 }
    #expect(taylor({ $0 * $0 * $0 }, at: 2, order: 5).coefficients == [8, 12, 6, 1, 0, 0])
  }

  @Test func taylorPolynomialsComeNearerWithTheirOrder() {
    let polynomial = taylor({ $0.exp() }, at: 0, order: 8)
    let errors = (0...8).map { (polynomial.truncated(to: $0)(1) - 2.718281828459045).magnitude }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
    // The remainder at 1 is below e / 9!.
    #expect(errors[8] < 2.72 / 362_880)
  }

  /// A single tower: 0 outside, its height inside, half of it at its edges.
  @Test func twoSigmoidsMakeATower() {
    let network = TowerNetwork([.init(-1...2, height: 3)], steepness: 100)
    let values = network.values(at: Tensor([-2, -1, 0, 1, 2, 3], dtype: .float64)).doubles()
    for (value, expected) in zip(values, [0, 1.5, 3, 3, 1.5, 0]) { #expect((value - expected).magnitude < 1e-12) }
    #expect(network.parameterCount == 2 + 2 + 2 + 1)
  }

  /// Each doubling of the towers halves the error of a function with bounded slope: it is at most the slope times half
  /// a tower's width, and what a step adds.
  @Test func towersComeNearerToAFunction() {
    let f = { (x: Tensor) in x * x * x - x }
    let errors = [8, 16, 32, 64, 128].map {
      TowerNetwork(approximating: f, over: -1.5...1.5, count: $0).supError(from: f, over: -1.5...1.5)
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) { #expect(fine < coarse * 0.6) }
    // The steepest slope is 3 · 1.5² − 1.
    for (count, error) in zip([8, 16, 32, 64, 128], errors) { #expect(error < 5.75 * 3 / Double(count) * 0.55) }
  }

  /// Four sigmoids make 2 over the rectangle, 1 over the arms of the cross, 0 elsewhere; the fifth leaves the rectangle.
  @Test func fourSigmoidsAndAThresholdMakeAClosedTower() {
    let network = PlaneTowerNetwork([.init(x: -1...1, y: 0...2, height: 5)], steepness: 60)
    let (x, y) = (Tensor([0, 0, 4, 4], dtype: .float64), Tensor([1, 5, 1, 5], dtype: .float64))
    let crosses = network.crosses(stack([x, y], axis: 1)).doubles()
    for (value, expected) in zip(crosses, [2.0, 1, 1, 0]) { #expect((value - expected).magnitude < 1e-9) }
    for (value, expected) in zip(network.values(x, y).doubles(), [5.0, 0, 0, 0]) {
      #expect((value - expected).magnitude < 1e-7)
    }
  }

  @Test func closedTowersComeNearerToAFunctionOfThePlane() {
    let f = { (x: Tensor, y: Tensor) in x * y + x }
    // The mean error: where four towers meet, none reaches its threshold.
    let errors = [3, 6, 12].map {
      PlaneTowerNetwork(approximating: f, x: -1...1, y: -1...1, count: $0).meanError(from: f, x: -1...1, y: -1...1)
    }
    #expect(errors[1] < errors[0] * 0.6 && errors[2] < errors[1] * 0.6)
  }
}
