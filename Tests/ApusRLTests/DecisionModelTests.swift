import Apus
import ApusFilesTestSupport
import Testing

/// Decision processes: what is refused, what files say, and Gymnasium's own tables (fixture_decisions.py).
@Suite struct DecisionModelTests {
  @Test func invalidModelsAreRefusedWithStateActionAndSum() throws {
    do {
      _ = try MarkovDecisionProcess(states: 4, actions: 3) { state, action in
        [.init(state == 2 && action == 1 ? 0.75 : 1, 0)]
      }
      Issue.record("a sum of 0.75 is taken")
    } catch let error as ModelError {
      #expect(error.state == 2 && error.action == 1 && error.sum == 0.75)
      #expect(error.description == "state 2, action 1: the probabilities sum to 0.75, expected 1")
    }
    func fails(_ outcome: MarkovDecisionProcess.Outcome) {
      #expect(throws: ModelError.self) { try MarkovDecisionProcess(states: 2, actions: 1) { _, _ in [outcome] } }
    }
    fails(.init(1, 2))
    fails(.init(1, -1))
    fails(.init(1, 0, reward: .nan))
    fails(.init(.nan, 0))
    fails(.init(2, 0))
    #expect(throws: ModelError.self) { try MarkovDecisionProcess(states: 0, actions: 1) { _, _ in [] } }
    #expect(throws: ModelError.self) {
      try MarkovDecisionProcess(transitions: [[[1, 0], [0, 1]], [[1, 0]]], rewards: [[0, 0], [0, 0]])
    }
    #expect(throws: ModelError.self) {
      try MarkovDecisionProcess(
        states: 2, actions: 1, starts: [0, 2, 1], successors: [0], probabilities: [1], rewards: [0, 0])
    }
  }

  @Test func denseAndSparseModelsAreTheSame() throws {
    let dense = try MarkovDecisionProcess(
      transitions: [[[0.25, 0.75], [0, 1]], [[1, 0], [0.5, 0.5]]], rewards: [[1, 2], [3, 4]])
    let rows = [[0.25, 0.75], [1, 0], [0, 1], [0.5, 0.5]]
    let sparse = try MarkovDecisionProcess(states: 2, actions: 2) { state, action in
      rows[state * 2 + action].enumerated().map { .init($1, $0, reward: Double(state * 2 + action + 1)) }
    }
    #expect(dense.transitions == sparse.transitions && dense.rewards == sparse.rewards)
  }

  @Test(arguments: ["frozen-lake", "frozen-lake-8x8", "cliff-walking", "taxi"])
  func tablesAreGymnasiums(_ name: String) throws {
    let fixture = try #require(try RLFixture.load("decisions")[name])
    let process = try #require(ClassicalModel.named(name)).make()
    let table = try #require(fixture["outcomes"]?.array)
    for (state, actions) in table.enumerated() where !process.isTerminal(state) {
      let actions = try #require(actions.array)
      #expect(actions.count == process.actionCount)
      for (action, outcomes) in actions.enumerated() {
        var expected: [Int: (Double, Double)] = [:]
        for outcome in try #require(outcomes.array) {
          let numbers = try #require(outcome.array).compactMap(\.double)
          expected[Int(numbers[1]), default: (0, 0)].0 += numbers[0]
          expected[Int(numbers[1])]!.1 = numbers[2]
        }
        var found: [Int: (Double, Double)] = [:]
        for outcome in process.outcomes(state, action) {
          let next = process.isTerminal(outcome.state) ? -1 : outcome.state
          // Holes and the goal end the episode both, with rewards of their own.
          found[next, default: (0, 0)].0 += outcome.probability
          found[next]!.1 = max(found[next]!.1, outcome.reward)
          if outcome.reward < 0 { found[next]!.1 = outcome.reward }
        }
        #expect(found.keys.sorted() == expected.keys.sorted(), "state \(state), action \(action)")
        for (next, pair) in expected {
          #expect((found[next]!.0 - pair.0).magnitude < 1e-15, "state \(state), action \(action)")
        }
        let mean = expected.values.reduce(0) { $0 + $1.0 * $1.1 }
        if expected.keys.contains(-1), name.hasPrefix("frozen") { continue }
        #expect((process.rewards[process.actionCount * state + action] - mean).magnitude < 1e-12)
      }
    }
  }

  @Test(arguments: ["frozen-lake", "frozen-lake-8x8", "cliff-walking", "taxi"])
  func valuesAreThoseOfGymnasiumsTables(_ name: String) throws {
    let fixture = try #require(try RLFixture.load("decisions")[name])
    let process = try #require(ClassicalModel.named(name)).make()
    let discount = try #require(fixture["discount"]?.double)
    let expected = try fixture.numbers("values")
    for method in SolutionMethod.allCases {
      let solution = try process.solved(by: method, discount: discount, limits: SolverLimits(tolerance: 1e-10))
      for state in expected.indices where !process.isTerminal(state) {
        #expect((solution.values[state] - expected[state]).magnitude < 1e-9, "\(name) \(method) \(state)")
      }
    }
  }

  @Test func jsonSaysWhatTheModelIs() throws {
    let text = """
      {"format": "apus-decision-process", "states": ["sunny", "rainy", "home"], "actions": ["walk", "bus"],
       "discount": 0.9, "start": ["sunny"], "transitions": [
        {"from": "sunny", "action": "walk", "to": "home", "reward": 5},
        {"from": "sunny", "action": "bus", "to": "rainy", "probability": 0.25, "reward": -1},
        {"from": "sunny", "action": "bus", "to": "home", "probability": 0.75, "reward": 2},
        {"from": "rainy", "action": "bus", "to": "home", "reward": 1}]}
      """
    let process = try MarkovDecisionProcess(JSONValue(parsing: text))
    #expect(process.stateNames == ["sunny", "rainy", "home"] && process.initialStates == [0])
    #expect(process.isTerminal(2) && !process.canTake(0, in: 1) && process.usualDiscount == 0.9)
    #expect(process.rewards == [5, 1.25, 0, 1, 0, 0])
    #expect(try process.solved(by: .policyIteration, discount: 0.9).values == [5, 1, 0])
    #expect(try MarkovDecisionProcess(process.json) == process)
    for model in ["frozen-lake", "recycling-robot", "gambler"] {
      var made = try #require(ClassicalModel.named(model)).make()
      made.layout = nil
      #expect(try MarkovDecisionProcess(made.json) == made)
    }
  }

  @Test func mistakesInFilesAreNamed() throws {
    func problem(_ text: String) throws -> String {
      try withTemporaryDirectory { directory in
        let path = directory + "/model"
        try AtomicFile.write(text, to: path)
        do {
          _ = try MarkovDecisionProcess(contentsOf: path)
          return "none"
        } catch { return "\(error)" }
      }
    }
    let head = "{\"format\": \"apus-decision-process\", \"states\": [\"a\", \"b\"], \"actions\": 1, \"transitions\": "
    #expect(try problem(head + "[{\"from\": \"a\", \"action\": 0, \"to\": \"c\"}]}").contains("\"to\" is \"c\""))
    #expect(
      try problem(head + "[{\"from\": \"a\", \"action\": 0, \"to\": \"b\", \"probability\": 0.5}]}").contains(
        "sum to 0.5, expected 1 (state 0 is a)"))
    #expect(try problem(head + "[{\"from\": \"a\", \"action\": 1, \"to\": \"b\"}]}").contains("transition 1"))
    #expect(try problem("{\"format\": \"other\"}").contains("apus-decision-process"))
    #expect(try problem("{\"states\": }").contains("model"))
    #expect(try problem("reward: x\n. .").contains("line 1: reward"))
    #expect(try problem(". .\n. . .").contains("row 2"))
    #expect(try problem(". Z").contains("\"Z\""))
    #expect(try problem("slip: 0.5 0.4\n. .").contains("sum to 0.9"))
    #expect(try problem("").contains("no rows"))
    #expect(try problem("cell A: jump B\nA .").contains("jumps to \"B\""))
    #expect(try problem("moves: 4 up\n. .").contains("moves"))
  }

  @Test func gridsAreReadFromText() throws {
    let process = try GridWorld.process(
      """
      ; a corridor with a pit
      reward: -1
      moves: left right
      cell P: end reward -10
      P S . +5
      """)
    #expect(process.stateCount == 5 && process.actionNames == ["left", "right"] && process.initialStates == [1])
    #expect(process.outcomes(1, 0) == [.init(1, 0, reward: -10)])
    #expect(process.outcomes(1, 1) == [.init(1, 2, reward: -1)])
    #expect(process.outcomes(3, 0) == [.init(1, 4, reward: 5)])
    #expect(process.isTerminal(0) && process.isTerminal(4))
    let solution = try process.solved(by: .valueIteration, discount: 1)
    #expect(solution.values == [0, 3, 4, 5, 0])
    #expect(solution.policy == [nil, 1, 1, 0, nil])
  }
}
