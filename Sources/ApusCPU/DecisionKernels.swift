import CApusKernels

/// A decision process in the kernels' memory, with two sets of values: those that are, and those that come next.
package final class DecisionKernels {
  /// The numbers of one type.
  private enum Numbers {
    case single(probabilities: Memory<Float>, rewards: Memory<Float>, values: Memory<Float>, next: Memory<Float>)
    case double(probabilities: Memory<Double>, rewards: Memory<Double>, values: Memory<Double>, next: Memory<Double>)
  }

  private let states: Int
  private let rows: Int
  private let starts: Memory<Int32>
  private let successors: Memory<Int32>
  private var numbers: Numbers
  /// Keeps what ``process`` points to.
  private let patterns: AnyObject
  private var process: apus_decision
  /// What a sweep reads and writes at least.
  package let bytes: Int

  /// - Parameters:
  ///   - starts: `[states × actions + 1]`: where the entries of each row begin.
  ///   - successors: Of each entry, from 0 to below `states`.
  ///   - rewards: `[states × actions]`
  ///   - isSingle: Whether numbers are kept and computed in single precision.
  package init(
    states: Int, actions: Int, starts: [Int32], successors: [Int32], probabilities: [Double], rewards: [Double],
    discount: Double, values: [Double], isSingle: Bool
  ) {
    precondition(starts.count == states * actions + 1 && rewards.count == states * actions)
    precondition(successors.count == probabilities.count && Int(starts.last!) == successors.count)
    precondition(values.count == states)
    (self.states, rows) = (states, states * actions)
    self.starts = Memory(starts)
    self.successors = Memory(successors)
    let found = DecisionPatterns(
      states: states, actions: actions, starts: starts, successors: successors, probabilities: probabilities,
      rewards: rewards, discount: discount, numberSize: isSingle ? 4 : 8)
    bytes = found.bytes + 2 * (isSingle ? 4 : 8) * states
    process = apus_decision()
    (process.states, process.actions) = (states, actions)
    (process.starts, process.successors) = (UnsafePointer(self.starts.start), UnsafePointer(self.successors.start))
    (process.discount, process.single) = (discount, isSingle)
    if isSingle {
      let (p, r) = (Memory<Float>(probabilities) { Float($0) }, Memory<Float>(rewards) { Float($0) })
      let v = Memory<Float>(values) { Float($0) }
      numbers = .single(probabilities: p, rewards: r, values: v, next: Memory(repeating: 0, count: states))
      (process.probabilities, process.rewards) = (UnsafeRawPointer(p.start), UnsafeRawPointer(r.start))
      let memory = DecisionPatternMemory<Float>(found)
      (patterns, process.patterns) = (memory, memory.pointers)
    } else {
      let (p, r) = (Memory(probabilities), Memory(rewards))
      numbers = .double(
        probabilities: p, rewards: r, values: Memory(values), next: Memory(repeating: 0, count: states))
      (process.probabilities, process.rewards) = (UnsafeRawPointer(p.start), UnsafeRawPointer(r.start))
      let memory = DecisionPatternMemory<Double>(found)
      (patterns, process.patterns) = (memory, memory.pointers)
    }
  }

  /// `[states]`
  package var values: [Double] {
    switch numbers {
    case .single(_, _, let values, _): (0..<states).map { Double(values.start[$0]) }
    case .double(_, _, let values, _): (0..<states).map { values.start[$0] }
    }
  }

  /// One sweep over all states on all threads, from the values that were; returns the largest change.
  package func sweep() -> Double {
    switch numbers {
    case .single(let p, let r, let values, let next):
      numbers = .single(probabilities: p, rewards: r, values: next, next: values)
      return apus_decision_sweep(&process, values.start, next.start)
    case .double(let p, let r, let values, let next):
      numbers = .double(probabilities: p, rewards: r, values: next, next: values)
      return apus_decision_sweep(&process, values.start, next.start)
    }
  }

  /// One sweep in which each state sees the new values of those before it, on one thread; returns the largest change.
  package func sweepInPlace(backwards: Bool) -> Double {
    switch numbers {
    case .single(_, _, let values, _): apus_decision_sweep_in_place(&process, values.start, backwards)
    case .double(_, _, let values, _): apus_decision_sweep_in_place(&process, values.start, backwards)
    }
  }

  /// What each action is worth in each state, `[states × actions]`: −∞ where it cannot be taken.
  package func backups() -> [Double] {
    switch numbers {
    case .single(_, _, let values, _):
      let result = Memory(repeating: Float(0), count: rows)
      apus_decision_backups(&process, values.start, result.start)
      return (0..<rows).map { Double(result.start[$0]) }
    case .double(_, _, let values, _):
      let result = Memory(repeating: 0.0, count: rows)
      apus_decision_backups(&process, values.start, result.start)
      return (0..<rows).map { result.start[$0] }
    }
  }
}

/// A substochastic matrix that states are eliminated from, without subtractions.
package final class StateElimination {
  private let count: Int
  private let matrix: Memory<Double>
  private let leak: Memory<Double>
  private let pivots: Memory<Double>

  /// - Parameter leak: What leaves the states for good, each: one less the sum of its row.
  package init(leak: [Double]) {
    count = leak.count
    matrix = Memory(repeating: 0, count: count * count)
    self.leak = Memory(leak)
    pivots = Memory(repeating: 0, count: count)
  }

  /// Adds to the probability of going from one state to another.
  package func add(_ probability: Double, from row: Int, to column: Int) {
    precondition(0..<count ~= row && 0..<count ~= column)
    matrix.start[row * count + column] += probability
  }

  /// Solves x = P x + b for `width` right-hand sides, `[count, width]`; throws a state that nothing leaves. Once only.
  package func solve(_ sides: [Double], width: Int = 1) throws(Endless) -> [Double] {
    precondition(sides.count == count * width)
    if count == 0 { return [] }
    let b = Memory(sides)
    let stuck = apus_decision_eliminate(count, width, matrix.start, leak.start, b.start, pivots.start)
    if stuck >= 0 { throw Endless(state: stuck) }
    if pivots.start[0] <= 0 { throw Endless(state: 0) }
    apus_decision_substitute(count, width, matrix.start, pivots.start, b.start)
    return (0..<(count * width)).map { b.start[$0] }
  }

  /// The distribution that P leaves as it is, for a P that leads from every state to every other and leaks nothing.
  package func stationary() throws(Endless) -> [Double] {
    if count == 0 { return [] }
    let none = Memory<Double>([])
    let stuck = apus_decision_eliminate(count, 0, matrix.start, leak.start, none.start, pivots.start)
    if stuck >= 0 { throw Endless(state: stuck) }
    var shares = [1.0]
    shares.reserveCapacity(count)
    for state in 1..<max(1, count) {
      var sum = 0.0
      for other in 0..<state { sum += shares[other] * matrix.start[other * count + state] }
      shares.append(sum / pivots.start[state])
    }
    let total = shares.reduce(0, +)
    return shares.map { $0 / total }
  }

  /// A state that is never left.
  package struct Endless: Error {
    package let state: Int
  }
}
