/// States of which each leads to the next at random, whatever was before (Markov 1906).
public struct MarkovChain: Hashable, Sendable {
  /// A row for each state.
  public let transitions: TransitionRows
  /// Empty where states have numbers only.
  public let stateNames: [String]

  /// - Throws: A ``ModelError`` if a row is empty or does not sum to 1.
  public init(_ transitions: TransitionRows, stateNames: [String] = []) throws(ModelError) {
    for state in 0..<transitions.count where transitions.entries(state).isEmpty {
      throw ModelError(
        "state \(state): the probabilities sum to 0.0, expected 1 (what ends leads to itself)", state: state, sum: 0)
    }
    guard stateNames.isEmpty || stateNames.count == transitions.count else {
      throw ModelError("\(stateNames.count) names for \(transitions.count) states")
    }
    (self.transitions, self.stateNames) = (transitions, stateNames)
  }

  /// - Parameter matrix: `matrix[state][next]`, rows that sum to 1.
  public init(_ matrix: [[Double]], stateNames: [String] = []) throws(ModelError) {
    try self.init(TransitionRows(matrix), stateNames: stateNames)
  }

  public var stateCount: Int { transitions.count }

  /// Where the chain is after so many steps, from a distribution of its beginning: p·Pⁿ.
  public func distribution(after steps: Int, from start: [Double]) -> [Double] {
    precondition(start.count == stateCount, "distribution: \(start.count) probabilities for \(stateCount) states")
    var now = start
    for _ in 0..<max(0, steps) {
      var next = [Double](repeating: 0, count: stateCount)
      for state in 0..<stateCount where now[state] != 0 {
        for entry in transitions.entries(state) {
          next[Int(transitions.successors[entry])] += now[state] * transitions.probabilities[entry]
        }
      }
      now = next
    }
    return now
  }

  /// The chance to be in a state after so many steps from another: an element of Pⁿ.
  public func probability(from state: Int, to other: Int, steps: Int) -> Double {
    var start = [Double](repeating: 0, count: stateCount)
    start[state] = 1
    return distribution(after: steps, from: start)[other]
  }
}

/// What a class of states that lead to each other is like.
public struct CommunicatingClass: Hashable, Sendable {
  /// In their order.
  public let states: [Int]
  /// Whether it is never left: otherwise its states are transient.
  public let isClosed: Bool
  /// The greatest common divisor of the lengths of all ways back; 0 for a state that never comes back.
  public let period: Int
}
