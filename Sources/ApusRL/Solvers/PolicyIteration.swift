extension MarkovDecisionProcess {
  /// From the policy of equal chances on: exact values, then in each state the best action if it is better than what is
  /// done there. A policy that ends stays one that ends, so that no discount is needed.
  func policyIterated(_ discount: Double) throws(SolverError) -> Solution {
    var policy = Policy(uniformFor: self)
    let rounding = ErrorBound(self, discount: discount, isSingle: false)
    var improvements = 0
    while true {
      let values = try exactValues(of: policy, discount: discount)
      improvements += 1
      let backups = actionValues(of: values, discount: discount)
      let largest = values.reduce(0) { max($0, $1.magnitude) }
      let slack = 4 * rounding.rounding(largest: largest)
      var isBetter = false
      for state in 0..<stateCount where !isTerminal(state) {
        let own = backups[(state * actionCount)..<((state + 1) * actionCount)]
        let now = (0..<actionCount).reduce(0.0) { sum, action in
          let share = policy.probability(of: action, in: state)
          return share > 0 ? sum + share * own[state * actionCount + action] : sum
        }
        let best = own.max()!
        if best > now + slack {
          policy.choose(own.firstIndex(of: best)! - state * actionCount, in: state)
          isBetter = true
        }
      }
      if !isBetter { return solution(values, discount: discount, iterations: improvements) }
    }
  }

  /// Improvements by one sweep, each followed by sweeps that follow the actions found.
  func modified(_ discount: Double, _ limits: SolverLimits) throws(SolverError) -> Solution {
    var goal = StoppingGoal(self, discount: discount, limits: limits)
    var values = [Double](repeating: 0, count: stateCount)
    for round in 1...max(1, limits.mostSweeps) {
      let backups = actionValues(of: values, discount: discount)
      var (change, best) = (0.0, [Int](repeating: 0, count: stateCount))
      for state in 0..<stateCount where !isTerminal(state) {
        let first = state * actionCount
        var top = first
        for row in first..<(first + actionCount) where backups[row] > backups[top] { top = row }
        best[state] = top - first
        change = max(change, (backups[top] - values[state]).magnitude)
        values[state] = backups[top]
      }
      guard change.isFinite else { throw .notConverged(sweeps: round, change: change) }
      if let solution = goal.solution(change, round, values: { values }) { return solution }
      let kernels = deterministic(best).kernels(discount: discount, values: values, isSingle: limits.isSingle)
      for _ in 0..<max(0, limits.evaluationSweeps) { _ = kernels.sweep() }
      values = kernels.values
    }
    throw .notConverged(sweeps: limits.mostSweeps, change: goal.lastChange)
  }

  /// The process in which one action is taken in each state.
  private func deterministic(_ actions: [Int]) -> MarkovDecisionProcess {
    var builder = RowBuilder()
    for state in 0..<stateCount {
      for entry in transitions.entries(row(state, actions[state])) {
        builder.add(Int(transitions.successors[entry]), transitions.probabilities[entry])
      }
      builder.endRow()
    }
    do {
      return try MarkovDecisionProcess(
        states: stateCount, actions: 1, starts: builder.starts, successors: builder.successors,
        probabilities: builder.probabilities, rewards: (0..<stateCount).map { rewards[row($0, actions[$0])] })
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
