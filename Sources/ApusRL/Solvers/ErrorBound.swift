import ApusCPU

/// How far values may be from the true ones, from how far they are from what their successors say.
struct ErrorBound {
  let process: MarkovDecisionProcess
  let discount: Double
  /// The relative error of one operation.
  private let unit: Double
  private let longestRow: Int
  private let largestReward: Double

  init(_ process: MarkovDecisionProcess, discount: Double, isSingle: Bool) {
    (self.process, self.discount) = (process, discount)
    unit = isSingle ? Double(Float.ulpOfOne) / 2 : Double.ulpOfOne / 2
    longestRow = process.transitions.longestRow
    largestReward = process.rewards.reduce(0) { max($0, $1.magnitude) }
  }

  /// What rounding may do to one backup of values of such a size: the terms of a sum, their products and the storage of
  /// probabilities and rewards.
  func rounding(largest: Double) -> Double {
    Double(longestRow + 4) * unit * (largestReward + discount * largest)
  }

  /// With a discount: ‖v − v*‖ ≤ (‖Tv − v‖ + rounding) / (1 − γ) (Puterman 1994, theorem 6.3.3).
  func discounted(residual: Double, largest: Double) -> Double {
    (residual + rounding(largest: largest)) / (1 - discount)
  }

  /// Without one: the residual as often as there are steps to the end, by the policy that is greedy and by the best.
  /// The latter's steps are bounded where each costs something: no more than all its cost.
  func undiscounted(residual: Double, values: [Double], actionValues: [Double]) -> Double? {
    // What comes but once, with the end, may be of either sign.
    var (dearest, largestEnd) = (-Double.infinity, 0.0)
    for row in process.rewards.indices where !process.transitions.entries(row).isEmpty {
      let isEnd = process.transitions.entries(row).allSatisfy {
        process.isTerminal(Int(process.transitions.successors[$0]))
      }
      if isEnd {
        largestEnd = max(largestEnd, process.rewards[row])
      } else {
        dearest = max(dearest, process.rewards[row])
      }
    }
    let live = values.indices.filter { !process.isTerminal($0) }
    guard live.count <= largestElimination else { return nil }
    if live.isEmpty { return 0 }
    let count = process.actionCount
    let greedy = (0..<process.stateCount).map { state -> Int in
      let own = actionValues[(state * count)..<((state + 1) * count)]
      return own.firstIndex(of: own.max()!)! - state * count
    }
    guard let policy = try? Policy(greedy, for: process),
      let steps = try? process.following(policy).stepsToEnd().max(), steps.isFinite
    else { return nil }
    let largest = values.reduce(0) { max($0, $1.magnitude) }
    let each = residual + rounding(largest: largest)
    guard dearest < 0 else { return nil }
    // v* is no less than the greedy policy's value, which is no less than v less the error of its steps.
    let least = (values.min() ?? 0) - each * steps
    return each * max(steps, (largestEnd - least) / -dearest + 1)
  }

  func bound(residual: Double, values: [Double], actionValues: [Double]) -> Double? {
    let largest = values.reduce(0) { max($0, $1.magnitude) }
    return discount < 1
      ? discounted(residual: residual, largest: largest)
      : undiscounted(residual: residual, values: values, actionValues: actionValues)
  }
}

extension MarkovDecisionProcess {
  /// The kernels' copy of the model, with values to begin with.
  func kernels(discount: Double, values: [Double]? = nil, isSingle: Bool = false) -> DecisionKernels {
    DecisionKernels(
      states: stateCount, actions: actionCount, starts: transitions.starts, successors: transitions.successors,
      probabilities: transitions.probabilities, rewards: rewards, discount: discount,
      values: values ?? [Double](repeating: 0, count: stateCount), isSingle: isSingle)
  }

  /// What each action is worth given what states are worth: r(s, a) + γ Σ p v; −∞ where it cannot be taken.
  /// `[states × actions]`
  public func actionValues(of values: [Double], discount: Double) -> [Double] {
    precondition(values.count == stateCount, "actionValues: \(values.count) values of \(stateCount) states")
    return kernels(discount: discount, values: values).backups()
  }

  /// Values with what each action is worth by them, and how far off they may be.
  package func solution(_ values: [Double], discount: Double, iterations: Int, isSingle: Bool = false) -> Solution {
    let actionValues = actionValues(of: values, discount: discount)
    var residual = 0.0
    for state in 0..<stateCount where !isTerminal(state) {
      let best = actionValues[(state * actionCount)..<((state + 1) * actionCount)].max()!
      residual = max(residual, (best - values[state]).magnitude)
    }
    let bound = ErrorBound(self, discount: discount, isSingle: false)
      .bound(residual: residual, values: values, actionValues: actionValues)
    return Solution(
      values: values, actionValues: actionValues, bound: bound, iterations: iterations, discount: discount,
      actionCount: actionCount)
  }
}
