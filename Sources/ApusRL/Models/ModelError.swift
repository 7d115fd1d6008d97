/// What is wrong with a Markov model: the state, the action where there is one, and what was found.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  /// The number of the state.
  public let state: Int?
  /// The number of the action.
  public let action: Int?
  /// What probabilities sum to, where that is the problem.
  public let sum: Double?

  init(_ description: String, state: Int? = nil, action: Int? = nil, sum: Double? = nil) {
    (self.description, self.state, self.action, self.sum) = (description, state, action, sum)
  }
}

/// How far from 1 a sum of probabilities may be: what rounding adds up to.
let sumTolerance = 1e-9
