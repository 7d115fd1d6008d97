/// States, of which each leads on partly at random and partly as the action taken there says (Bellman 1957).
///
/// Transitions are kept sparse, a row for each state and action. An action without entries cannot be taken in that
/// state; a state in which none can be taken is terminal, and worth 0.
public struct MarkovDecisionProcess: Hashable, Sendable {
  /// What may follow an action.
  public struct Outcome: Hashable, Sendable {
    public var probability: Double
    public var state: Int
    public var reward: Double

    public init(_ probability: Double, _ state: Int, reward: Double = 0) {
      (self.probability, self.state, self.reward) = (probability, state, reward)
    }
  }

  public let stateCount: Int
  public let actionCount: Int
  /// Row `state * actionCount + action`.
  public let transitions: TransitionRows
  /// The expected reward of each row.
  public let rewards: [Double]
  /// The reward of each entry; empty where it is that of the row.
  public let outcomeRewards: [Double]
  /// States that episodes begin in, equally likely; empty for all that are not terminal.
  public var initialStates: [Int] = []
  /// Empty where states have numbers only.
  public var stateNames: [String] = []
  /// Empty where actions have numbers only.
  public var actionNames: [String] = []
  /// Where states lie, if they are cells of a grid.
  public var layout: GridLayout?
  /// The discount that the model is usually solved with.
  public var usualDiscount = 1.0

  /// A model of compressed rows.
  ///
  /// - Parameters:
  ///   - starts: `[states × actions + 1]`: where the entries of each row begin; empty rows cannot be taken.
  ///   - rewards: `[states × actions]`, expected.
  ///   - outcomeRewards: One for each entry, if the reward depends on where the step leads; those of rows follow.
  /// - Throws: A ``ModelError`` that names the state and the action.
  public init(
    states: Int, actions: Int, starts: [Int32], successors: [Int32], probabilities: [Double], rewards: [Double] = [],
    outcomeRewards: [Double] = []
  ) throws(ModelError) {
    let transitions = try TransitionRows(
      starts: starts, successors: successors, probabilities: probabilities, states: states, actions: actions)
    var rewards = rewards
    if !outcomeRewards.isEmpty {
      guard outcomeRewards.count == successors.count else {
        throw ModelError("\(outcomeRewards.count) rewards for \(successors.count) transitions")
      }
      rewards = (0..<(states * actions)).map { row in
        transitions.entries(row).reduce(0) { $0 + probabilities[$1] * outcomeRewards[$1] }
      }
    }
    guard rewards.count == states * actions else {
      throw ModelError("\(rewards.count) rewards for \(states) states with \(actions) actions each")
    }
    for row in rewards.indices where !rewards[row].isFinite {
      throw ModelError(
        "state \(row / actions), action \(row % actions): the reward is \(rewards[row])", state: row / actions,
        action: row % actions)
    }
    (stateCount, actionCount, self.transitions) = (states, actions, transitions)
    (self.rewards, self.outcomeRewards) = (rewards, outcomeRewards)
  }

  /// A model of what may follow each action in each state: nothing where it cannot be taken.
  public init(
    states: Int, actions: Int, _ outcomes: (_ state: Int, _ action: Int) throws -> [Outcome]
  ) throws {
    var builder = RowBuilder()
    var rewards: [Double] = []
    for state in 0..<max(0, states) {
      for action in 0..<max(0, actions) {
        for outcome in try outcomes(state, action) where outcome.probability != 0 {
          builder.add(outcome.state, outcome.probability)
          rewards.append(outcome.reward)
        }
        builder.endRow()
      }
    }
    // Without a transition at all every state is terminal, and no reward is ever had.
    try self.init(
      states: states, actions: actions, starts: builder.starts, successors: builder.successors,
      probabilities: builder.probabilities,
      rewards: rewards.isEmpty ? [Double](repeating: 0, count: max(0, states * actions)) : [], outcomeRewards: rewards)
  }

  /// A model of dense matrices.
  ///
  /// - Parameters:
  ///   - transitions: `transitions[action][state][next]`; a row of zeros cannot be taken.
  ///   - rewards: `rewards[state][action]`, expected.
  public init(transitions: [[[Double]]], rewards: [[Double]]) throws(ModelError) {
    let (actions, states) = (transitions.count, transitions.first?.count ?? 0)
    guard rewards.count == states else { throw ModelError("rewards of \(rewards.count) states, expected \(states)") }
    var builder = RowBuilder()
    for state in 0..<states {
      guard rewards[state].count == actions else {
        throw ModelError("state \(state): \(rewards[state].count) rewards for \(actions) actions", state: state)
      }
      for action in 0..<actions {
        guard transitions[action].count == states, transitions[action][state].count == states else {
          throw ModelError(
            "state \(state), action \(action): not \(states) probabilities for \(states) states", state: state,
            action: action)
        }
        for (next, probability) in transitions[action][state].enumerated() where probability != 0 {
          builder.add(next, probability)
        }
        builder.endRow()
      }
    }
    try self.init(
      states: states, actions: actions, starts: builder.starts, successors: builder.successors,
      probabilities: builder.probabilities, rewards: rewards.flatMap { $0 })
  }

  func row(_ state: Int, _ action: Int) -> Int { state * actionCount + action }

  /// Whether an action can be taken.
  public func canTake(_ action: Int, in state: Int) -> Bool { !transitions.entries(row(state, action)).isEmpty }

  /// Whether it ends in a state: no action can be taken there.
  public func isTerminal(_ state: Int) -> Bool {
    transitions.starts[row(state, 0)] == transitions.starts[row(state, 0) + actionCount]
  }

  /// What may follow an action.
  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let row = row(state, action)
    return transitions.entries(row).map { entry in
      Outcome(
        transitions.probabilities[entry], Int(transitions.successors[entry]),
        reward: outcomeRewards.isEmpty ? rewards[row] : outcomeRewards[entry])
    }
  }

  /// A state's name, or its number.
  public func name(state: Int) -> String { state < stateNames.count ? stateNames[state] : "\(state)" }

  /// An action's name, or its number.
  public func name(action: Int) -> String { action < actionNames.count ? actionNames[action] : "\(action)" }

  /// The process that is left when a policy takes the actions.
  public func following(_ policy: Policy) -> MarkovRewardProcess {
    precondition(
      policy.stateCount == stateCount && policy.actionCount == actionCount,
      "following: a policy of \(policy.stateCount) states with \(policy.actionCount) actions each")
    var builder = RowBuilder()
    var means = [Double](repeating: 0, count: stateCount)
    for state in 0..<stateCount {
      for action in 0..<actionCount {
        let (row, share) = (row(state, action), policy.probability(of: action, in: state))
        if share == 0 { continue }
        means[state] += share * rewards[row]
        for entry in transitions.entries(row) {
          builder.add(Int(transitions.successors[entry]), share * transitions.probabilities[entry])
        }
      }
      builder.endRow()
    }
    do {
      let rows = try TransitionRows(
        starts: builder.starts, successors: builder.successors, probabilities: builder.probabilities,
        states: stateCount)
      return try MarkovRewardProcess(rows, rewards: means)
    } catch {
      preconditionFailure("following: the policy takes an action that cannot be taken: \(error)")
    }
  }
}
