import ApusCPU

extension MarkovDecisionProcess {
  /// Solves the process: what each state is worth if the best is done from it on.
  ///
  /// - Throws: ``SolverError``, when values have no limit or the sweeps do not suffice.
  public func solved(
    by method: SolutionMethod, discount: Double, limits: SolverLimits = SolverLimits()
  ) throws(SolverError) -> Solution {
    guard 0...1 ~= discount else { throw .invalid("a discount of \(discount), expected 0 to 1") }
    guard limits.tolerance > 0 else { throw .invalid("a tolerance of \(limits.tolerance), expected more than 0") }
    switch method {
    case .valueIteration, .gaussSeidel:
      return try iterated(discount, limits, isInPlace: method == .gaussSeidel)
    case .prioritizedSweeping: return try prioritized(discount, limits)
    case .policyIteration: return try policyIterated(discount)
    case .modifiedPolicyIteration: return try modified(discount, limits)
    }
  }

  private func iterated(
    _ discount: Double, _ limits: SolverLimits, isInPlace: Bool
  ) throws(SolverError) -> Solution {
    let kernels = kernels(discount: discount, isSingle: limits.isSingle)
    var goal = StoppingGoal(self, discount: discount, limits: limits)
    for sweep in 1...max(1, limits.mostSweeps) {
      let change = isInPlace ? kernels.sweepInPlace(backwards: sweep % 2 == 0) : kernels.sweep()
      guard change.isFinite else { throw .notConverged(sweeps: sweep, change: change) }
      if let solution = goal.solution(change, sweep, values: { kernels.values }) { return solution }
    }
    throw .notConverged(sweeps: limits.mostSweeps, change: goal.lastChange)
  }

  /// Backward induction: what states are worth with so many steps to go, and the actions that gain it.
  public struct FiniteHorizon: Hashable, Sendable {
    /// `values[n]`: with n steps to go; `values[0]` is what the end is worth.
    public let values: [[Double]]
    /// `actionValues[n - 1]`: `[states × actions]` with n steps to go.
    public let actionValues: [[Double]]
    let actionCount: Int

    let discount: Double

    /// Values and actions with so many steps to go, at least one. The bound is that of rounding, which is left out.
    public func solution(stepsToGo: Int) -> Solution {
      Solution(
        values: values[stepsToGo], actionValues: actionValues[stepsToGo - 1], bound: 0, iterations: stepsToGo,
        discount: discount, actionCount: actionCount)
    }

    /// The best first actions with so many steps to go, at least one.
    public func bestActions(_ state: Int, stepsToGo: Int) -> [Int] { solution(stepsToGo: stepsToGo).bestActions(state) }
  }

  /// The best that can be done in so many steps (Puterman 1994, section 4.5).
  ///
  /// - Parameter end: What each state is worth when no step is left; 0 unless given.
  public func finiteHorizon(_ steps: Int, discount: Double = 1, end: [Double]? = nil) -> FiniteHorizon {
    precondition(end?.count ?? stateCount == stateCount, "finiteHorizon: \(end?.count ?? 0) values of the end")
    var values = [end ?? [Double](repeating: 0, count: stateCount)]
    var actionValues: [[Double]] = []
    for _ in 0..<max(0, steps) {
      let backups = self.actionValues(of: values[values.count - 1], discount: discount)
      actionValues.append(backups)
      values.append(
        (0..<stateCount).map { state in
          if isTerminal(state) { return end?[state] ?? 0 }
          return backups[(state * actionCount)..<((state + 1) * actionCount)].max()!
        })
    }
    return FiniteHorizon(values: values, actionValues: actionValues, actionCount: actionCount, discount: discount)
  }

  /// The value of each state under a policy, by sweeps until no value is further from the true one than a tolerance.
  public func evaluated(
    _ policy: Policy, discount: Double, limits: SolverLimits = SolverLimits()
  ) throws(SolverError) -> Solution {
    let process = following(policy).decisionProcess
    return try process.solved(by: .valueIteration, discount: discount, limits: limits)
  }

  /// The value of each state under a policy, exactly, by elimination: see ``MarkovRewardProcess/values(discount:)``.
  public func exactValues(of policy: Policy, discount: Double) throws(SolverError) -> [Double] {
    try following(policy).values(discount: discount)
  }
}

/// When sweeps have come near enough.
struct StoppingGoal {
  private let process: MarkovDecisionProcess
  private let discount: Double
  private let limits: SolverLimits
  private let bound: ErrorBound
  /// The change of a sweep below which the bound is looked at.
  private var change: Double
  private(set) var lastChange = Double.infinity
  /// How often the change did not become smaller than ever before.
  private var stalled = 0
  private var least = Double.infinity

  init(_ process: MarkovDecisionProcess, discount: Double, limits: SolverLimits) {
    (self.process, self.discount, self.limits) = (process, discount, limits)
    bound = ErrorBound(process, discount: discount, isSingle: limits.isSingle)
    // The residual after a sweep is at most γ times its change.
    change = discount < 1 ? limits.tolerance * (1 - discount) / max(discount, 1e-12) * 0.99 : limits.tolerance / 100
  }

  /// The solution, if it is near enough after a sweep or sweeps make it no better.
  mutating func solution(_ change: Double, _ sweeps: Int, values: () -> [Double]) -> Solution? {
    lastChange = change
    stalled = change < least ? 0 : stalled + 1
    least = min(least, change)
    guard change <= self.change || isAtRounding(change, values) else { return nil }
    let solution = process.solution(values(), discount: discount, iterations: sweeps)
    guard let found = solution.bound else { return solution }
    if found <= limits.tolerance || isAtRounding(change, values) { return solution }
    self.change = change * min(0.5, limits.tolerance / found)
    return nil
  }

  /// Whether what changes is no more than rounding, for long enough that it will stay so.
  private func isAtRounding(_ change: Double, _ values: () -> [Double]) -> Bool {
    if change == 0 { return true }
    guard stalled >= 20 else { return false }
    let largest = values().reduce(0) { max($0, $1.magnitude) }
    return change <= 2 * bound.rounding(largest: largest)
  }
}
