import Apus
import Testing

/// Learning by acting, against exact values and the examples of Sutton & Barto.
@Suite struct TabularLearningTests {
  /// Example 6.2: a walk over five states from the middle, 1 for the right end. True values are 1/6, 2/6, …, 5/6.
  private static func walk() throws -> MarkovDecisionProcess {
    var process = try MarkovDecisionProcess(states: 7, actions: 1) { state, _ in
      (1...5).contains(state) ? [.init(0.5, state - 1), .init(0.5, state + 1, reward: state == 5 ? 1 : 0)] : []
    }
    process.initialStates = [3]
    return process
  }

  @Test(arguments: [
    PredictionMethod.monteCarlo(), .monteCarlo(everyVisit: true), .temporalDifference(),
    .temporalDifference(traceDecay: 0.8), .temporalDifference(traceDecay: 0.8, replacing: true),
    .temporalDifference(traceDecay: 1),
  ])
  func valuesOfTheWalkAreLearned(_ method: PredictionMethod) throws {
    let process = try Self.walk()
    var prediction = ValuePrediction(method)
    prediction.stepSize = 0.001
    if case .monteCarlo = method { prediction.stepSize = nil }
    prediction.initialValue = 0.5
    let values = prediction.learn(
      ProcessEnvironment(process), policy: Policy(uniformFor: process), episodes: 20_000, seed: 2)
    let error = distance(Array(values[1...5]), (1...5).map { Double($0) / 6 })
    // A constant step leaves noise, the more the longer traces are.
    let isWhole = method == .temporalDifference(traceDecay: 1)
    #expect(error < (isWhole ? 0.07 : 0.03), "\(values)")
    #expect(values[0] == 0 && values[6] == 0)
  }

  /// Batch-like averages: with 1/n steps TD(1) with replacing traces of whole episodes is Monte Carlo's first visit
  /// (Singh & Sutton 1996); here that a step of TD(0) is what the book says it is.
  @Test func aStepOfTemporalDifferencesIsAsInTheBook() throws {
    let process = try MarkovDecisionProcess(states: 2, actions: 1) { state, _ in
      state == 0 ? [.init(1, 1, reward: 3)] : []
    }
    var prediction = ValuePrediction(.temporalDifference())
    (prediction.stepSize, prediction.initialValue) = (0.25, 2)
    let values = prediction.learn(
      ProcessEnvironment(process), policy: Policy(uniformFor: process), episodes: 2, seed: 0)
    #expect(values == [2 + 0.25 * 1 + 0.25 * (3 - 2.25), 0])
  }

  @Test(arguments: ControlMethod.allCases)
  func windsAreCrossedByLearning(_ method: ControlMethod) throws {
    // A small grid, so that Monte Carlo's first episodes end.
    let process = try #require(ClassicalModel.named("corners")).make()
    var control = TabularControl(method)
    control.exploration = 0.2
    control.stepSize = method == .monteCarlo ? nil : 0.3
    control.mostSteps = 1000
    let learned = control.learn(ProcessEnvironment(process), episodes: 3000, seed: 1)
    let best = try process.solved(by: .policyIteration, discount: 1)
    let right = (0..<process.stateCount).count { state in
      let actions = 0..<process.actionCount
      let chosen = actions.max { learned.value(of: $0, in: state) < learned.value(of: $1, in: state) }!
      return best.bestActions(state).contains(chosen)
    }
    // Of the 14 that do not end it; means over all that was seen are slow to forget the beginning.
    #expect(right >= (method == .monteCarlo ? 12 : 14), "\(method): \(right)")
    #expect(learned.returns.count == 3000 && learned.lengths.suffix(100).reduce(0, +) < 500)
  }

  /// Example 6.6: Q-learning walks along the edge of the cliff, SARSA keeps away from it and gains more meanwhile.
  @Test func sarsaKeepsAwayFromTheCliff() throws {
    let process = try #require(ClassicalModel.named("cliff-walking")).make()
    func learned(_ method: ControlMethod) -> LearnedActionValues {
      TabularControl(method).learn(ProcessEnvironment(process), episodes: 4000, seed: 3)
    }
    func path(_ learned: LearnedActionValues) -> Double {
      var (state, sum) = (process.initialStates[0], 0.0)
      while !process.isTerminal(state), sum > -200 {
        let action = (0..<4).max { learned.value(of: $0, in: state) < learned.value(of: $1, in: state) }!
        let outcome = process.outcomes(state, action)[0]
        (state, sum) = (outcome.state, sum + outcome.reward)
      }
      return sum
    }
    let (q, sarsa) = (learned(.qLearning), learned(.sarsa))
    #expect(path(q) == -13)
    #expect(path(sarsa) < -13 && path(sarsa) >= -25, "\(path(sarsa))")
    func mean(_ learned: LearnedActionValues) -> Double { learned.returns.suffix(2000).reduce(0, +) / 2000 }
    // The book's figure: about −50 and −25.
    #expect(-65 ... -35 ~= mean(q) && -35 ... -17 ~= mean(sarsa), "\(mean(q)) \(mean(sarsa))")
  }

  /// Example 6.7: of two actions the one with noisy rewards of mean −0.1 looks better to Q-learning's maximum.
  @Test func doubleLearningIsNotFooledByNoise() throws {
    // 0 → right ends with 0; left leads to 1, from where ten actions bring −0.1 ± 1.
    var process = try MarkovDecisionProcess(states: 3, actions: 10) { state, action in
      switch state {
      case 0: action == 0 ? [.init(1, 2)] : action == 1 ? [.init(1, 1)] : []
      case 1: [.init(0.5, 2, reward: 0.9), .init(0.5, 2, reward: -1.1)]
      default: []
      }
    }
    process.initialStates = [0]
    func leftShare(_ method: ControlMethod) -> Double {
      var control = TabularControl(method)
      (control.stepSize, control.exploration) = (0.1, 0.1)
      var left = 0
      for seed in 0..<200 {
        let learned = control.learn(ProcessEnvironment(process), episodes: 100, seed: UInt64(seed))
        left += learned.lengths.prefix(60).count { $0 == 2 }
      }
      return Double(left) / 12_000
    }
    let (single, double) = (leftShare(.qLearning), leftShare(.doubleQLearning))
    #expect(single > double + 0.1, "\(single) against \(double)")
  }

  @Test func theSameSeedLearnsTheSame() throws {
    let process = try #require(ClassicalModel.named("frozen-lake")).make()
    for method in ControlMethod.allCases {
      let runs = (0..<2).map { _ in
        TabularControl(method).learn(ProcessEnvironment(process, timeLimit: 100), episodes: 200, seed: 9)
      }
      #expect(runs[0] == runs[1], "\(method)")
    }
  }
}
