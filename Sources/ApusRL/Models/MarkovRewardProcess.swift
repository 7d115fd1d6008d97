/// A Markov chain that brings a reward for each step. A state without transitions ends it.
public struct MarkovRewardProcess: Hashable, Sendable {
  /// A row for each state; terminal states have no entries.
  public let transitions: TransitionRows
  /// The expected reward of the step from each state.
  public let rewards: [Double]

  /// - Throws: A ``ModelError`` unless there is a finite reward for each state.
  public init(_ transitions: TransitionRows, rewards: [Double]) throws(ModelError) {
    guard rewards.count == transitions.count else {
      throw ModelError("\(rewards.count) rewards for \(transitions.count) states")
    }
    if let state = rewards.firstIndex(where: { !$0.isFinite }) {
      throw ModelError("state \(state): the reward is \(rewards[state])", state: state)
    }
    (self.transitions, self.rewards) = (transitions, rewards)
  }

  /// - Parameters:
  ///   - matrix: `matrix[state][next]`; a row of zeros ends the process.
  ///   - rewards: Of the step from each state.
  public init(_ matrix: [[Double]], rewards: [Double]) throws(ModelError) {
    try self.init(TransitionRows(matrix), rewards: rewards)
  }

  public var stateCount: Int { transitions.count }

  public func isTerminal(_ state: Int) -> Bool { transitions.entries(state).isEmpty }
}
