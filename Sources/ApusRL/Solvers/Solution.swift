/// How a decision process is solved.
public enum SolutionMethod: String, CaseIterable, Hashable, Sendable {
  /// Sweeps over all states at once (Bellman 1957).
  case valueIteration = "value-iteration"
  /// Sweeps in which each state sees what is new of those before it, forwards and backwards in turns.
  case gaussSeidel = "gauss-seidel"
  /// The state whose value is furthest from what its successors say comes next (Moore & Atkeson 1993).
  case prioritizedSweeping = "prioritized-sweeping"
  /// Exact values of a policy, then the best actions by them, until none is better (Howard 1960).
  case policyIteration = "policy-iteration"
  /// A few sweeps instead of exact values between improvements (Puterman & Shin 1978).
  case modifiedPolicyIteration = "modified-policy-iteration"
}

/// What the states of a decision process are worth, and what to do in them.
public struct Solution: Hashable, Sendable {
  /// `[states]`
  public let values: [Double]
  /// `[states × actions]`: what each action is worth; −∞ where it cannot be taken.
  public let actionValues: [Double]
  /// How far a value may be from the true one, at most, rounding included; nil where that cannot be told: without a
  /// discount it can if every step costs something.
  public let bound: Double?
  /// Sweeps over all states, or improvements of a policy.
  public let iterations: Int
  public let discount: Double
  let actionCount: Int

  /// The best actions in a state, all that are within `tolerance` of the best; none where it ends.
  ///
  /// - Parameter tolerance: Relative to the value, where that is above 1. By default twice the bound, and no less than
  ///   rounding asks for: what may be equal is shown as equal.
  public func bestActions(_ state: Int, tolerance: Double? = nil) -> [Int] {
    let own = actionValues[(state * actionCount)..<((state + 1) * actionCount)]
    guard let best = own.max(), best > -.infinity else { return [] }
    let slack = (tolerance ?? max(1e-9, 2 * (bound ?? 1e-7))) * max(1, best.magnitude)
    return own.indices.filter { own[$0] >= best - slack }.map { $0 - state * actionCount }
  }

  /// The best action of each state, the first of equals; nil where it ends.
  public var policy: [Int?] { values.indices.map { bestActions($0).first } }
}

/// When to stop.
public struct SolverLimits: Hashable, Sendable {
  /// How far values may be from the true ones.
  public var tolerance = 1e-6
  /// After how many sweeps to give up.
  public var mostSweeps = 1_000_000
  /// How many sweeps modified policy iteration makes between improvements.
  public var evaluationSweeps = 20
  /// Whether sweeps are made in single precision: half the memory, and values with seven digits.
  public var isSingle = false

  public init(tolerance: Double = 1e-6) { self.tolerance = tolerance }
}
