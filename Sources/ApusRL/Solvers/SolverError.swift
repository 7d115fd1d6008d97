/// Why a model has no solution of the kind that was asked for.
public enum SolverError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Without a discount: from this state it never ends, and what it brings has no limit.
  case endless(state: Int)
  /// There are more states than are solved exactly.
  case tooLarge(states: Int, limit: Int)
  /// The bound was not reached after so many sweeps.
  case notConverged(sweeps: Int, change: Double)
  /// The chain has several classes that are never left, and a stationary distribution for each.
  case severalClasses(count: Int)
  /// An argument is out of range.
  case invalid(String)

  public var description: String {
    switch self {
    case .endless(let state):
      "from state \(state) it never ends: without a discount its value has no limit"
    case .tooLarge(let states, let limit):
      "\(states) states, at most \(limit) are solved exactly: use value-iteration or modified-policy-iteration"
    case .notConverged(let sweeps, let change):
      "not solved after \(sweeps) sweeps: values still change by \(change)"
    case .severalClasses(let count):
      "\(count) classes of states are never left, and each has a stationary distribution of its own"
    case .invalid(let problem): problem
    }
  }
}

/// The most states that are eliminated one by one: their matrix takes half a gigabyte.
let largestElimination = 8192
