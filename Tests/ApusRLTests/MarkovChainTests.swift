import Apus
import Testing

/// Markov chains against closed forms.
@Suite struct MarkovChainTests {
  /// A walk between 0 and `goal` that goes up with probability p and ends at both ends.
  private static func ruin(_ goal: Int, _ p: Double) throws -> MarkovChain {
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: goal + 1), count: goal + 1)
    (matrix[0][0], matrix[goal][goal]) = (1, 1)
    for state in 1..<goal { (matrix[state][state + 1], matrix[state][state - 1]) = (p, 1 - p) }
    return try MarkovChain(matrix)
  }

  /// Feller 1968, chapter XIV: of going broke, and how long it takes.
  @Test(arguments: [0.5, 0.4, 0.7, 0.999])
  func gamblersAreRuinedAsFellerSays(_ p: Double) throws {
    let goal = 12
    let absorption = try Self.ruin(goal, p).absorption()
    #expect(absorption.classes.map(\.states) == [[0], [goal]])
    let ratio = (1 - p) / p
    func power(_ n: Int) -> Double { (0..<n).reduce(1) { value, _ in value * ratio } }
    for state in 0...goal {
      let wins =
        p == 0.5 ? Double(state) / Double(goal) : (1 - power(state)) / (1 - power(goal))
      let steps =
        p == 0.5
        ? Double(state * (goal - state)) : (Double(goal) * wins - Double(state)) / (2 * p - 1)
      #expect((absorption.probabilities[state][1] - wins).magnitude < 1e-13)
      #expect((absorption.probabilities[state].reduce(0, +) - 1).magnitude < 1e-13)
      #expect((absorption.steps[state] - steps).magnitude < 1e-11 * max(1, steps))
    }
  }

  @Test func stationaryDistributionsStayAsTheyAre() throws {
    var random = SplitMix64(seed: 5)
    for round in 0..<200 {
      let count = 2 + round % 30
      // Nearly decoupled, skewed or even.
      let sharpness = [1.0, 8, 30][round % 3]
      let matrix = (0..<count).map { row -> [Double] in
        var weights = (0..<count).map { _ in pow(random.nextUnit(), sharpness) + 1e-14 }
        if round % 4 == 0 { weights[row] += 1e6 }
        return Self.normalized(weights)
      }
      let chain = try MarkovChain(matrix)
      let stationary = try chain.stationaryDistribution()
      #expect((stationary.reduce(0, +) - 1).magnitude < 1e-12)
      #expect(distance(chain.distribution(after: 1, from: stationary), stationary) < 1e-12)
    }
  }

  /// Rows of which the sum is 1 but for rounding.
  private static func normalized(_ weights: [Double]) -> [Double] {
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  private func pow(_ x: Double, _ n: Double) -> Double { (0..<Int(n)).reduce(1) { value, _ in value * x } }

  /// Two states of which each is left with a tiny chance: π = (b, a) / (a + b) to the last digits.
  @Test func nearlyDecoupledStatesKeepTheirDigits() throws {
    for (a, b) in [(1e-15, 3e-15), (0.5, 1e-13), (1e-10, 1.0)] {
      let chain = try MarkovChain([[1 - a, a], [b, 1 - b]])
      let stationary = try chain.stationaryDistribution()
      #expect((stationary[0] - b / (a + b)).magnitude < 1e-15)
      #expect((stationary[1] - a / (a + b)).magnitude < 1e-15)
    }
  }

  @Test func periodsAndClassesAreFound() throws {
    // 0 → 1 → 2 → 0 is closed with period 3; 3 leads there or to 4, which stays; 5 leads to 3.
    let chain = try MarkovChain([
      [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0.25, 0, 0, 0, 0.75, 0], [0, 0, 0, 0, 1, 0],
      [0, 0, 0, 1, 0, 0],
    ])
    let classes = chain.communicatingClasses
    #expect(classes.map(\.states) == [[0, 1, 2], [3], [4], [5]])
    #expect(classes.map(\.isClosed) == [true, false, true, false])
    #expect(classes.map(\.period) == [3, 0, 1, 0])
    #expect(throws: SolverError.severalClasses(count: 2)) { try chain.stationaryDistribution() }
    let shares = try chain.longRunShares(from: [0, 0, 0, 0, 0, 1])
    #expect(distance(shares, [0.25 / 3, 0.25 / 3, 0.25 / 3, 0, 0.75, 0]) < 1e-14)
    // A periodic chain comes back, and spends a third of its time in each state.
    #expect(chain.distribution(after: 3, from: [1, 0, 0, 0, 0, 0]) == [1, 0, 0, 0, 0, 0])
    #expect(chain.probability(from: 0, to: 2, steps: 2) == 1)
  }

  /// On a ring of n states a walk needs k(n − k) steps to the state k away.
  @Test func walksOnARingHit() throws {
    let count = 9
    let ring = try MarkovChain(
      (0..<count).map { state in
        (0..<count).map { [(state + 1) % count, (state + count - 1) % count].contains($0) ? 0.5 : 0 }
      })
    let times = try ring.hittingTimes(of: [0])
    #expect(distance(times, (0..<count).map { Double($0 * (count - $0)) }) < 1e-12)
    #expect(distance(try ring.stationaryDistribution(), [Double](repeating: 1 / 9.0, count: 9)) < 1e-15)
    #expect(distance(try ring.hittingProbabilities(of: [3]), [Double](repeating: 1, count: 9)) < 1e-14)
  }

  @Test func whatMayNeverBeHitTakesForEver() throws {
    let chain = try Self.ruin(4, 0.5)
    #expect(distance(try chain.hittingProbabilities(of: [4]), [0, 0.25, 0.5, 0.75, 1]) < 1e-14)
    #expect(try chain.hittingTimes(of: [4]) == [.infinity, .infinity, .infinity, .infinity, 0])
    #expect(distance(try chain.hittingTimes(of: [0, 4]), [0, 3, 4, 3, 0]) < 1e-14)
  }

  @Test func rowsThatDoNotSumToOneAreRefused() throws {
    do {
      _ = try MarkovChain([[1, 0], [0.5, 0.4]])
      Issue.record("a row of 0.9 is taken")
    } catch {
      #expect(error.state == 1 && error.action == nil && (error.sum! - 0.9).magnitude < 1e-15)
      #expect(error.description == "state 1: the probabilities sum to 0.9, expected 1")
    }
    #expect(throws: ModelError.self) { try MarkovChain([[1.5, -0.5], [0, 1]]) }
    #expect(throws: ModelError.self) { try MarkovChain([[1, 0], [1]]) }
    #expect(throws: ModelError.self) { try MarkovChain([[1, 0], [0, 0]]) }
    #expect(throws: ModelError.self) { try MarkovChain([]) }
  }

  /// The values of a reward process of two states, solved by hand.
  @Test func rewardProcessesHaveTheirValues() throws {
    let process = try MarkovRewardProcess([[0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 0]], rewards: [1, 2, 0])
    // v₁ = 2 / (1 − γ/2), v₀ = (1 + γ/2 v₁) / (1 − γ/2)
    for discount in [0.0, 0.5, 0.9, 1] {
      let v1 = 2 / (1 - discount / 2)
      let v0 = (1 + discount / 2 * v1) / (1 - discount / 2)
      #expect(distance(try process.values(discount: discount), [v0, v1, 0]) < 1e-14)
    }
    #expect(try process.stepsToEnd() == [4, 2, 0])
    let endless = try MarkovRewardProcess([[1]], rewards: [1])
    #expect(throws: SolverError.endless(state: 0)) { try endless.values(discount: 1) }
    #expect(try MarkovRewardProcess([[1]], rewards: [0]).values(discount: 1) == [0])
  }
}
