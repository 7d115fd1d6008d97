/// How likely each action is in each state.
public struct Policy: Hashable, Sendable {
  public let stateCount: Int
  public let actionCount: Int
  /// `[states × actions]`: rows that sum to 1; of terminal states all 0.
  public private(set) var probabilities: [Double]

  /// - Throws: A ``ModelError`` unless each state's probabilities sum to 1 over actions that can be taken there.
  public init(_ probabilities: [[Double]], for process: MarkovDecisionProcess) throws(ModelError) {
    guard probabilities.count == process.stateCount else {
      throw ModelError("a policy for \(probabilities.count) states, expected \(process.stateCount)")
    }
    self.init(states: process.stateCount, actions: process.actionCount)
    for (state, row) in probabilities.enumerated() where !process.isTerminal(state) {
      guard row.count == process.actionCount else {
        throw ModelError("state \(state): probabilities of \(row.count) actions", state: state)
      }
      let sum = row.reduce(0, +)
      guard (sum - 1).magnitude <= sumTolerance, row.allSatisfy({ $0 >= 0 }) else {
        throw ModelError("state \(state): the policy's probabilities sum to \(sum)", state: state, sum: sum)
      }
      for (action, share) in row.enumerated() where share > 0 {
        guard process.canTake(action, in: state) else {
          throw ModelError(
            "state \(state), action \(action): cannot be taken", state: state, action: action)
        }
        self[state, action] = share
      }
    }
  }

  /// One action for each state; those of terminal states do not count.
  public init(_ actions: [Int], for process: MarkovDecisionProcess) throws(ModelError) {
    guard actions.count == process.stateCount else {
      throw ModelError("a policy for \(actions.count) states, expected \(process.stateCount)")
    }
    self.init(states: process.stateCount, actions: process.actionCount)
    for (state, action) in actions.enumerated() where !process.isTerminal(state) {
      guard 0..<process.actionCount ~= action, process.canTake(action, in: state) else {
        throw ModelError("state \(state), action \(action): cannot be taken", state: state, action: action)
      }
      self[state, action] = 1
    }
  }

  /// All actions that can be taken, equally likely.
  public init(uniformFor process: MarkovDecisionProcess) {
    self.init(states: process.stateCount, actions: process.actionCount)
    for state in 0..<stateCount {
      let possible = (0..<actionCount).filter { process.canTake($0, in: state) }
      for action in possible { self[state, action] = 1 / Double(possible.count) }
    }
  }

  init(states: Int, actions: Int) {
    (stateCount, actionCount) = (states, actions)
    probabilities = [Double](repeating: 0, count: states * actions)
  }

  subscript(state: Int, action: Int) -> Double {
    get { probabilities[state * actionCount + action] }
    set { probabilities[state * actionCount + action] = newValue }
  }

  /// How likely an action is.
  public func probability(of action: Int, in state: Int) -> Double { self[state, action] }

  /// Takes one action alone from now on.
  mutating func choose(_ action: Int, in state: Int) {
    for other in 0..<actionCount { self[state, other] = other == action ? 1 : 0 }
  }

  /// The likeliest action of each state, the first of equals; nil where there is none.
  public var actions: [Int?] {
    (0..<stateCount).map { state in
      let row = probabilities[(state * actionCount)..<((state + 1) * actionCount)]
      guard let most = row.max(), most > 0 else { return nil }
      return row.firstIndex(of: most).map { $0 - state * actionCount }
    }
  }
}
