import Apus
import ApusLinearPrograms
import Testing

/// Solvers against the values that books print, against each other, and within their bounds.
@Suite struct SolverTests {
  private static func model(_ name: String) throws -> MarkovDecisionProcess {
    try #require(ClassicalModel.named(name)).make()
  }

  /// Whether values print as a book has them.
  private static func prints(_ values: [Double], _ book: [Double], digits: Double) -> Bool {
    distance(values, book) <= 0.5 / digits + 1e-9
  }

  /// Russell & Norvig, figure 17.3.
  @Test(arguments: SolutionMethod.allCases)
  func valuesOfRussellAndNorvigsWorld(_ method: SolutionMethod) throws {
    let process = try Self.model("russell-norvig")
    let solution = try process.solved(by: method, discount: 1)
    let book = [0.812, 0.868, 0.918, 1, 0.762, 0.660, -1, 0.705, 0.655, 0.611, 0.388, 0]
    #expect(Self.prints(solution.values, book, digits: 1000), "\(solution.values)")
    let bound = try #require(solution.bound)
    #expect(bound <= 1e-6)
    // The policy of figure 17.2: in the lower right corner away from −1, by the long way round.
    let names = solution.policy.map { $0.map { process.name(action: $0) } ?? "" }
    #expect(names[0...2] == ["right", "right", "right"] && names[4] == "up" && names[5] == "up")
    #expect(names[7...10] == ["up", "left", "left", "left"])
  }

  /// Sutton & Barto 2018, figures 3.2 and 3.5.
  @Test func valuesOfTheGridWithJumps() throws {
    let process = try Self.model("jumps")
    let even = try process.exactValues(of: Policy(uniformFor: process), discount: 0.9)
    let random = [
      3.3, 8.8, 4.4, 5.3, 1.5, 1.5, 3.0, 2.3, 1.9, 0.5, 0.1, 0.7, 0.7, 0.4, -0.4, -1.0, -0.4, -0.4, -0.6, -1.2, -1.9,
      -1.3, -1.2, -1.4, -2.0,
    ]
    #expect(Self.prints(even, random, digits: 10), "\(even)")
    let swept = try process.evaluated(
      Policy(uniformFor: process), discount: 0.9, limits: SolverLimits(tolerance: 1e-11))
    #expect(distance(swept.values, even) < 1e-10)
    let best = [
      22.0, 24.4, 22.0, 19.4, 17.5, 19.8, 22.0, 19.8, 17.8, 16.0, 17.8, 19.8, 17.8, 16.0, 14.4, 16.0, 17.8, 16.0, 14.4,
      13.0, 14.4, 16.0, 14.4, 13.0, 11.7,
    ]
    let solution = try process.solved(by: .policyIteration, discount: 0.9)
    #expect(Self.prints(solution.values, best, digits: 10), "\(solution.values)")
    // All four actions jump alike, and from the corner two ways are as good.
    #expect(solution.bestActions(1).count == 4 && solution.bestActions(3).count == 4)
    #expect(solution.bestActions(20).map { process.name(action: $0) } == ["up", "right"])
  }

  /// Sutton & Barto 2018, figure 4.1.
  @Test func valuesOfTheGridWithTwoCorners() throws {
    let process = try Self.model("corners")
    let even = try process.exactValues(of: Policy(uniformFor: process), discount: 1)
    let book: [Double] = [0, -14, -20, -22, -14, -18, -20, -20, -20, -20, -18, -14, -22, -20, -14, 0]
    #expect(distance(even, book) < 1e-12)
    let best: [Double] = [0, -1, -2, -3, -1, -2, -3, -2, -2, -3, -2, -1, -3, -2, -1, 0]
    for method in SolutionMethod.allCases {
      #expect(distance(try process.solved(by: method, discount: 1).values, best) < 1e-9, "\(method)")
    }
    // Three sweeps of policy evaluation, as the figure shows them.
    let three = process.following(Policy(uniformFor: process))
    var values = [Double](repeating: 0, count: 16)
    for _ in 0..<3 {
      values = (0..<16).map { state in
        three.rewards[state]
          + three.transitions.entries(state).reduce(0) {
            $0 + three.transitions.probabilities[$1] * values[Int(three.transitions.successors[$1])]
          }
      }
    }
    #expect(Self.prints(Array(values[1...3]), [-2.4, -2.9, -3.0], digits: 10))
  }

  /// Sutton & Barto 2018, example 6.5 (15 steps) and exercise 6.9 (7 steps).
  @Test func theWindIsCrossedInFewestSteps() throws {
    for (name, steps) in [("windy", -15.0), ("windy-king", -7), ("cliff-walking", -13)] {
      let process = try Self.model(name)
      let solution = try process.solved(by: .policyIteration, discount: 1)
      #expect((solution.values[process.initialStates[0]] - steps).magnitude < 1e-9, "\(name)")
    }
  }

  /// Bold play is optimal against a coin that falls wrong (Dubins & Savage 1965): values at the quarters by hand.
  @Test func theGamblerPlaysBoldly() throws {
    let process = try Self.model("gambler")
    for method in SolutionMethod.allCases {
      let values = try process.solved(by: method, discount: 1, limits: SolverLimits(tolerance: 1e-12)).values
      let quarters = [25, 50, 75].map { values[$0] }
      #expect(distance(quarters, [0.16, 0.4, 0.64]) < 1e-9, "\(method)")
      #expect((values[1] - 0.4 * values[2]).magnitude < 1e-9)
    }
    let solution = try process.solved(by: .valueIteration, discount: 1, limits: SolverLimits(tolerance: 1e-12))
    #expect(solution.bestActions(50, tolerance: 1e-9).contains(49))
  }

  /// Sutton & Barto 2018, figure 4.2, by NumPy (fixture_decisions.py).
  @Test func jacksCarsAreMoved() throws {
    let fixture = try #require(try RLFixture.load("decisions")["car-rental"])
    let process = try Self.model("car-rental")
    let expected = try fixture.numbers("values")
    let policy = try fixture.numbers("policy").map { Int($0) }
    for method in [SolutionMethod.policyIteration, .modifiedPolicyIteration, .valueIteration] {
      let solution = try process.solved(by: method, discount: 0.9, limits: SolverLimits(tolerance: 1e-8))
      #expect(distance(solution.values, expected) < 1e-7, "\(method)")
      for state in policy.indices { #expect(solution.bestActions(state).contains(policy[state] + 5)) }
    }
    // The ends of the figure's scale of moves, and its corner of 20 and 0 cars.
    #expect(policy.min() == -4 && policy.max() == 5 && policy[20 * 21] == 5)
  }

  @Test func finiteHorizonsAreSolvedBackwards() throws {
    let process = try Self.model("corners")
    let plan = process.finiteHorizon(2)
    #expect(plan.values[0] == [Double](repeating: 0, count: 16))
    #expect(plan.values[2][1] == -1 && plan.values[2][5] == -2 && plan.values[2][3] == -2)
    #expect(plan.bestActions(1, stepsToGo: 2).map { process.name(action: $0) } == ["left"])
    // With one step to go every step costs the same, but the one that ends is no better.
    #expect(plan.bestActions(5, stepsToGo: 1).count == 4)
    let far = process.finiteHorizon(50)
    #expect(distance(far.values[50], try process.solved(by: .policyIteration, discount: 1).values) < 1e-12)
    let ended = process.finiteHorizon(1, discount: 0.5, end: (0..<16).map(Double.init))
    #expect(ended.values[1][5] == -1 + 0.5 * 9)
  }

  /// A process of some kind at random: even, nearly deterministic, nearly endless, periodic, with ends and with actions
  /// that cannot be taken.
  private static func random(_ number: Int) throws -> (MarkovDecisionProcess, Double) {
    var random = SplitMix64(seed: UInt64(number))
    let (states, actions) = (2 + Int(random.next() % 12), 1 + Int(random.next() % 4))
    let kind = number % 5
    let hasEnd = number % 2 == 0
    let process = try MarkovDecisionProcess(states: states, actions: actions) { state, action in
      if hasEnd, state == states - 1 { return [] }
      if action > 0, random.nextUnit() < 0.2 { return [] }
      let reward = { (random.nextUnit() - 0.5) * 10 }
      if kind == 1 { return [.init(1, (state + 1 + action) % states, reward: reward())] }
      let count = 1 + Int(random.next() % 4)
      var weights = (0..<count).map { _ in random.nextUnit() + 1e-3 }
      if kind == 2 { weights[0] = 1e12 }
      if kind == 3 { weights = weights.map { $0 * $0 * $0 * $0 * $0 * $0 } }
      let sum = weights.reduce(0, +)
      return weights.map { .init($0 / sum, Int(random.next() % UInt64(states)), reward: reward()) }
    }
    return (process, number % 100 == 3 ? 0.999 : [0.5, 0.9, 0.99, 0.95, 0][number / 5 % 5])
  }

  @Test func allSolversAgreeWithinTheirBoundsOnAThousandProcesses() throws {
    for number in 0..<1000 {
      let (process, discount) = try Self.random(number)
      var limits = SolverLimits(tolerance: 1e-7)
      limits.evaluationSweeps = 10
      var solutions = try SolutionMethod.allCases.map { method in
        ("\(method)", try process.solved(by: method, discount: discount, limits: limits))
      }
      solutions.append(("linear program", try process.solvedByLinearProgram(discount: discount)))
      let (_, exact) = solutions[3]
      for (name, solution) in solutions {
        let bound = try #require(solution.bound, "\(name)")
        if name != "linear program" { #expect(bound <= 1e-7, "\(name) on \(number): \(bound)") }
        let off = distance(solution.values, exact.values)
        #expect(off <= bound + exact.bound!, "\(name) on \(number): \(off) beyond \(bound)")
      }
    }
  }

  @Test func whatHasNoLimitIsSaid() throws {
    let endless = try MarkovDecisionProcess(states: 2, actions: 1) { state, _ in [.init(1, 1 - state, reward: 1)] }
    #expect(throws: SolverError.self) { try endless.solved(by: .policyIteration, discount: 1) }
    var limits = SolverLimits()
    limits.mostSweeps = 100
    for method in [SolutionMethod.valueIteration, .gaussSeidel, .prioritizedSweeping, .modifiedPolicyIteration] {
      #expect(throws: SolverError.self) { try endless.solved(by: method, discount: 1, limits: limits) }
    }
    #expect(throws: LinearProgram.Failure.self) { try endless.solvedByLinearProgram(discount: 1) }
    #expect(throws: SolverError.self) { try endless.solved(by: .valueIteration, discount: 1.5) }
    // With a discount it is worth 1 / (1 − γ).
    #expect((try endless.solved(by: .policyIteration, discount: 0.75).values[0] - 4).magnitude < 1e-12)
  }

  @Test func linearProgramsAreSolved() throws {
    // The least x + y with x + 2y ≥ 4, 3x + y ≥ 6: at (1.6, 1.2).
    var program = LinearProgram(columns: 2)
    program.costs = [1, 1]
    program.require([(0, 1), (1, 2)], atLeast: 4)
    program.require([(0, 3), (1, 1)], atLeast: 6)
    #expect(distance(try program.solved(), [1.6, 1.2]) < 1e-9)
    program.require([(0, -1), (1, -1)], atLeast: -1)
    #expect(throws: LinearProgram.Failure.infeasible) { try program.solved() }
    #expect(throws: LinearProgram.Failure.unbounded) {
      var open = LinearProgram(columns: 1)
      open.costs = [1]
      return try open.solved()
    }
  }

  /// Single precision finds the same to seven digits, and says how near it is in double precision.
  @Test func singlePrecisionHasABound() throws {
    let process = try Self.model("frozen-lake-8x8")
    var limits = SolverLimits(tolerance: 1e-3)
    limits.isSingle = true
    let single = try process.solved(by: .valueIteration, discount: 0.99, limits: limits)
    let exact = try process.solved(by: .policyIteration, discount: 0.99)
    let bound = try #require(single.bound)
    #expect(bound <= 1e-3 && distance(single.values, exact.values) <= bound + exact.bound!)
  }

  /// States that share transitions are swept as vectors, others one by one: both give what each row says.
  @Test(arguments: [(71, 53, 0), (71, 53, 7), (3, 400, 0), (130, 130, 3)], [false, true])
  func sweepsAreTheBestOfWhatRowsSay(_ size: (rows: Int, columns: Int, varying: Int), isSingle: Bool) throws {
    let lake = try SlipperyLake.process(rows: size.rows, columns: size.columns)
    var key = RandomKey(9)
    // The rewards of some stretches differ from state to state.
    var rewards = lake.rewards
    if size.varying > 0 {
      let noise = Tensor.normal([rewards.count], key: &key).scalars()
      for row in rewards.indices where row / 997 % size.varying == 0 { rewards[row] += Double(noise[row]) }
    }
    let process = try MarkovDecisionProcess(
      states: lake.stateCount, actions: lake.actionCount, starts: lake.transitions.starts,
      successors: lake.transitions.successors, probabilities: lake.transitions.probabilities, rewards: rewards)
    let start = Tensor.normal([process.stateCount], key: &key).scalars().map(Double.init)
    let sweeps = ValueSweeps(process, discount: 0.9, values: start, isSingle: isSingle)
    var expected = start
    for _ in 0..<4 {
      let worth = process.actionValues(of: expected, discount: 0.9)
      let next = (0..<process.stateCount).map { state in
        let best = worth[(state * process.actionCount)..<((state + 1) * process.actionCount)].max()!
        return best == -.infinity ? 0 : best
      }
      let change = zip(next, expected).map { abs($0 - $1) }.max()!
      let tolerance = isSingle ? 1e-5 : 1e-13
      #expect(abs(sweeps.sweep() - change) < tolerance)
      #expect(zip(sweeps.values, next).allSatisfy { abs($0 - $1) < tolerance })
      expected = next
    }
  }
}
