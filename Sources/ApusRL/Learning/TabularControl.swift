import ApusData

/// How the worth of actions is learned by acting (Sutton & Barto 2018, chapters 5 and 6).
public enum ControlMethod: String, CaseIterable, Hashable, Sendable {
  /// From the rewards of whole episodes, at each first visit of a state and action (section 5.4).
  case monteCarlo = "monte-carlo"
  /// From the next reward and the action that is taken next (Rummery & Niranjan 1994).
  case sarsa
  /// The same for several steps at once by eligibility traces (section 12.7).
  case sarsaLambda = "sarsa-lambda"
  /// From the mean over the actions that may be taken next (van Seijen et al. 2009).
  case expectedSarsa = "expected-sarsa"
  /// From the best action that could be taken next (Watkins 1989).
  case qLearning = "q-learning"
  /// With two tables, of which one chooses the best action and the other says what it is worth (van Hasselt 2010).
  case doubleQLearning = "double-q-learning"
}

/// What actions are worth, as it was learned, and how episodes went meanwhile.
public struct LearnedActionValues: Hashable, Sendable {
  public let actionCount: Int
  /// `[states × actions]`
  public internal(set) var actionValues: [Double]
  /// The sum of the rewards of each episode.
  public internal(set) var returns: [Double] = []
  /// The steps of each episode.
  public internal(set) var lengths: [Int] = []

  /// What an action is worth in a state.
  public func value(of action: Int, in state: Int) -> Double { actionValues[state * actionCount + action] }
}

/// Learning by a table of what actions are worth.
public struct TabularControl: Hashable, Sendable {
  public var method: ControlMethod
  public var discount = 1.0
  /// How far a value is moved to what was seen; nil for the mean of all that was seen (1/n).
  public var stepSize: Double? = 0.5
  /// How often an action is tried at random: ε.
  public var exploration = 0.1
  /// λ of ``ControlMethod/sarsaLambda``.
  public var traceDecay = 0.9
  /// What values are at the beginning; terminal states are worth 0.
  public var initialValue = 0.0
  /// An episode is left after so many steps where the environment has no limit: a bad policy may never end.
  public var mostSteps = 100_000

  public init(_ method: ControlMethod) { self.method = method }

  /// Learns from so many episodes.
  ///
  /// - Parameter watch: Called after each episode with its number from 1; false stops.
  public func learn<E: TabularEnvironment>(
    _ environment: E, episodes: Int, seed: UInt64, watch: (Int, LearnedActionValues) -> Bool = { _, _ in true }
  ) -> LearnedActionValues {
    var learner = ControlLearner(self, environment, seed: seed)
    for episode in 1...max(1, episodes) {
      if method == .monteCarlo { learner.wholeEpisode() } else { learner.episode() }
      if !watch(episode, learner.learned) { break }
    }
    return learner.learned
  }
}

private struct ControlLearner<E: TabularEnvironment> {
  private let options: TabularControl
  private var environment: E
  private var random: SplitMix64
  /// The second is of double learning.
  private var tables: [[Double]]
  private var counts: [[Double]]
  private var traces: [Int: Double] = [:]
  private var returns: [Double] = []
  private var lengths: [Int] = []
  private let actionCount: Int
  private let possible: [[Int]]

  init(_ options: TabularControl, _ environment: E, seed: UInt64) {
    (self.options, self.environment, random) = (options, environment, SplitMix64(seed: seed))
    actionCount = environment.actionCount
    possible = (0..<environment.stateCount).map { environment.possibleActions($0) }
    let size = environment.stateCount * actionCount
    let tableCount = options.method == .doubleQLearning ? 2 : 1
    tables = [[Double]](repeating: [Double](repeating: options.initialValue, count: size), count: tableCount)
    counts = [[Double]](repeating: [Double](repeating: 0, count: size), count: tableCount)
  }

  var learned: LearnedActionValues {
    let values =
      tables.count == 1 ? tables[0] : zip(tables[0], tables[1]).map { ($0 + $1) / 2 }
    return LearnedActionValues(actionCount: actionCount, actionValues: values, returns: returns, lengths: lengths)
  }

  private func value(_ state: Int, _ action: Int) -> Double {
    let place = state * actionCount + action
    return tables.count == 1 ? tables[0][place] : tables[0][place] + tables[1][place]
  }

  /// The best actions by the table, or by the sum of both.
  private func best(_ state: Int) -> [Int] {
    let actions = possible[state]
    let top = actions.map { value(state, $0) }.max() ?? 0
    return actions.filter { value(state, $0) == top }
  }

  /// ε-greedy, ties broken at random.
  private mutating func choose(_ state: Int) -> Int {
    if random.nextUnit() < options.exploration { return possible[state].randomElement(using: &random)! }
    let best = best(state)
    return best.count == 1 ? best[0] : best.randomElement(using: &random)!
  }

  private mutating func move(_ table: Int, _ place: Int, to goal: Double, weight: Double = 1) {
    counts[table][place] += weight
    tables[table][place] += (options.stepSize ?? 1 / counts[table][place]) * (goal - tables[table][place])
  }

  /// What comes after a step is worth, as the method sees it, given the action that is taken next.
  private func worth(_ state: Int, _ next: Int) -> Double {
    switch options.method {
    case .expectedSarsa:
      let (actions, best) = (possible[state], best(state))
      let mean = actions.reduce(0.0) { $0 + value(state, $1) } / Double(actions.count)
      return options.exploration * mean + (1 - options.exploration) * value(state, best[0])
    case .qLearning: return value(state, best(state)[0])
    default: return value(state, next)
    }
  }

  private mutating func doubleStep(_ place: Int, _ reward: Double, _ state: Int, isOver: Bool) {
    let own = random.next() & 1 == 0 ? 0 : 1
    var goal = reward
    if !isOver {
      let first = state * actionCount
      let top = possible[state].map { tables[own][first + $0] }.max()!
      let best = possible[state].filter { tables[own][first + $0] == top }
      let action = best.count == 1 ? best[0] : best.randomElement(using: &random)!
      goal += options.discount * tables[1 - own][first + action]
    }
    move(own, place, to: goal)
  }

  mutating func episode() {
    var state = environment.reset(&random)
    var action = choose(state)
    var (sum, steps) = (0.0, 0)
    let limit = environment.timeLimit ?? options.mostSteps
    traces = [:]
    while steps < limit {
      let step = environment.step(action, &random)
      sum += step.reward
      steps += 1
      let place = state * actionCount + action
      let isOver = step.isTerminated || possible[step.observation].isEmpty
      if options.method == .doubleQLearning {
        // What is learned from this step already guides the next.
        doubleStep(place, step.reward, step.observation, isOver: isOver)
        if isOver { break }
        (state, action) = (step.observation, choose(step.observation))
        continue
      }
      // Whatever is learned off the policy chooses by what it has just learned.
      let isOnPolicy = options.method == .sarsa || options.method == .sarsaLambda
      let next = isOver || !isOnPolicy ? action : choose(step.observation)
      let goal = step.reward + (isOver ? 0 : options.discount * worth(step.observation, next))
      if options.method == .sarsaLambda { trace(place, goal) } else { move(0, place, to: goal) }
      if isOver { break }
      state = step.observation
      action = isOnPolicy ? next : choose(state)
    }
    returns.append(sum)
    lengths.append(steps)
  }

  /// All places that led here move by what the last step was off, the longer ago the less; a visit renews its trace.
  private mutating func trace(_ place: Int, _ goal: Double) {
    let error = goal - tables[0][place]
    counts[0][place] += 1
    traces[place] = 1
    let decay = options.discount * options.traceDecay
    for (other, share) in traces {
      tables[0][other] += (options.stepSize ?? 1 / counts[0][other]) * error * share
      traces[other] = share * decay > 1e-6 ? share * decay : nil
    }
  }

  /// An episode to its end, then the mean of what followed each first visit.
  mutating func wholeEpisode() {
    var state = environment.reset(&random)
    var path: [(place: Int, reward: Double)] = []
    let limit = environment.timeLimit ?? options.mostSteps
    while path.count < limit {
      let action = choose(state)
      let step = environment.step(action, &random)
      path.append((state * actionCount + action, step.reward))
      if step.isTerminated || possible[step.observation].isEmpty { break }
      state = step.observation
    }
    var first: [Int: Int] = [:]
    for (number, visit) in path.enumerated() where first[visit.place] == nil { first[visit.place] = number }
    var after = 0.0
    for number in path.indices.reversed() {
      after = path[number].reward + options.discount * after
      if first[path[number].place] == number { move(0, path[number].place, to: after) }
    }
    returns.append(path.reduce(0) { $0 + $1.reward })
    lengths.append(path.count)
  }
}
