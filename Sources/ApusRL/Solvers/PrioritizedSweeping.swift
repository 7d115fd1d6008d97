extension MarkovDecisionProcess {
  /// Backs up the state whose value may be furthest from what its successors say, and tells those that lead to it by how
  /// much theirs may now be off (Moore & Atkeson 1993; Andre, Friedman & Parr 1998).
  func prioritized(_ discount: Double, _ limits: SolverLimits) throws(SolverError) -> Solution {
    var goal = StoppingGoal(self, discount: discount, limits: limits)
    var values = [Double](repeating: 0, count: stateCount)
    let sources = predecessors()
    // At most how far each value is off.
    var errors = [Double](repeating: 0, count: stateCount)
    var queue = StateQueue()
    for state in 0..<stateCount where !isTerminal(state) {
      errors[state] = backup(state, values, discount).magnitude
      queue.push(state, errors[state])
    }
    let (most, first) = (limits.mostSweeps.multipliedReportingOverflow(by: max(1, stateCount)), 1)
    var backups = 0
    while backups < (most.overflow ? Int.max : most.partialValue) {
      guard let (state, error) = queue.pop() else {
        return solution(values, discount: discount, iterations: backups / max(1, stateCount))
      }
      // What was pushed before the error changed counts no more.
      if error != errors[state] { continue }
      let sweeps = max(first, backups / max(1, stateCount))
      if let solution = goal.solution(error, sweeps, values: { values }) { return solution }
      let value = backup(state, values, discount)
      let change = (value - values[state]).magnitude
      guard change.isFinite else { throw .notConverged(sweeps: sweeps, change: change) }
      values[state] = value
      backups += 1
      errors[state] = 0
      for (source, share) in sources[state] {
        errors[source] += discount * share * change
        if errors[source] > 0 { queue.push(source, errors[source]) }
      }
      queue.compact(above: 4 * stateCount + 1024) { errors[$0] }
    }
    throw .notConverged(sweeps: limits.mostSweeps, change: goal.lastChange)
  }

  private func backup(_ state: Int, _ values: [Double], _ discount: Double) -> Double {
    var best = -Double.infinity
    for action in 0..<actionCount where canTake(action, in: state) {
      let row = row(state, action)
      best = max(best, rewards[row] + discount * transitions.expectation(row, of: values))
    }
    return best
  }

  /// The states that lead to each, with the most likely of the actions that do.
  private func predecessors() -> [[(state: Int, probability: Double)]] {
    var result = [[(state: Int, probability: Double)]](repeating: [], count: stateCount)
    for state in 0..<stateCount {
      for action in 0..<actionCount {
        var shares: [Int: Double] = [:]
        for entry in transitions.entries(row(state, action)) {
          shares[Int(transitions.successors[entry]), default: 0] += transitions.probabilities[entry]
        }
        for (next, share) in shares.sorted(by: { $0.key < $1.key }) {
          if let last = result[next].last, last.state == state {
            result[next][result[next].count - 1].probability = max(last.probability, share)
          } else {
            result[next].append((state, share))
          }
        }
      }
    }
    return result
  }
}

/// States by a number, the largest first: a binary heap.
private struct StateQueue {
  private var heap: [(state: Int, number: Double)] = []

  mutating func push(_ state: Int, _ number: Double) {
    heap.append((state, number))
    var place = heap.count - 1
    while place > 0, heap[(place - 1) / 2].number < heap[place].number {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func pop() -> (state: Int, number: Double)? {
    guard let top = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return top }
    heap[0] = last
    var place = 0
    while true {
      var largest = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if heap[child].number > heap[largest].number { largest = child }
      }
      if largest == place { return top }
      heap.swapAt(place, largest)
      place = largest
    }
  }

  /// Drops what counts no more when there is too much of it.
  mutating func compact(above limit: Int, _ current: (Int) -> Double) {
    guard heap.count > limit else { return }
    let kept = heap.filter { $0.number == current($0.state) }
    heap = []
    for entry in kept { push(entry.state, entry.number) }
  }
}
