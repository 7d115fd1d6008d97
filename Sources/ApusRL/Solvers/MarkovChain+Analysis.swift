import ApusCPU

extension MarkovChain {
  /// The classes of states that lead to each other, by their first states.
  public var communicatingClasses: [CommunicatingClass] { transitions.communicatingClasses }

  /// The distribution π that a step leaves as it is: π P = π.
  ///
  /// There is one for each class that is never left; what is transient has none of it. It is found by elimination
  /// without subtractions (Grassmann, Taksar & Heyman 1985). Where the chain is periodic it is the share of time spent in
  /// each state, not a limit of ``distribution(after:from:)``.
  ///
  /// - Throws: ``SolverError/severalClasses(count:)`` when it is not unique: see ``stationaryDistributions()``.
  public func stationaryDistribution() throws(SolverError) -> [Double] {
    let all = try stationaryDistributions()
    guard all.count == 1 else { throw .severalClasses(count: all.count) }
    return all[0].distribution
  }

  /// The stationary distribution of each class that is never left. Any mixture of them is stationary too.
  public func stationaryDistributions() throws(SolverError) -> [(class: CommunicatingClass, distribution: [Double])] {
    var result: [(class: CommunicatingClass, distribution: [Double])] = []
    for group in communicatingClasses where group.isClosed {
      guard group.states.count <= largestElimination else {
        throw .tooLarge(states: group.states.count, limit: largestElimination)
      }
      let places = Dictionary(uniqueKeysWithValues: group.states.enumerated().map { ($0.element, $0.offset) })
      let elimination = StateElimination(leak: [Double](repeating: 0, count: group.states.count))
      for (place, state) in group.states.enumerated() {
        for entry in transitions.entries(state) {
          guard let next = places[Int(transitions.successors[entry])] else { continue }
          elimination.add(transitions.probabilities[entry], from: place, to: next)
        }
      }
      var distribution = [Double](repeating: 0, count: stateCount)
      let shares: [Double]
      do { shares = try elimination.stationary() } catch { throw .endless(state: group.states[error.state]) }
      for (state, share) in zip(group.states, shares) { distribution[state] = share }
      result.append((group, distribution))
    }
    return result
  }

  /// The share of time spent in each state in the long run, from a distribution of the beginning: the mean of all
  /// distributions to come, which there is of periodic chains and of those with several classes too.
  public func longRunShares(from start: [Double]) throws(SolverError) -> [Double] {
    precondition(start.count == stateCount, "longRunShares: \(start.count) probabilities for \(stateCount) states")
    let absorption = try absorption()
    var shares = [Double](repeating: 0, count: stateCount)
    for (number, stationary) in try stationaryDistributions().enumerated() {
      let weight = (0..<stateCount).reduce(0.0) { $0 + start[$1] * absorption.probabilities[$1][number] }
      for state in 0..<stateCount { shares[state] += weight * stationary.distribution[state] }
    }
    return shares
  }

  /// Where the chain ends, and when.
  public struct Absorption: Hashable, Sendable {
    /// The classes that are never left.
    public let classes: [CommunicatingClass]
    /// `probabilities[state][class]`: how likely it is that the chain from a state ends in a class.
    public let probabilities: [[Double]]
    /// The expected number of steps until one of the classes is reached.
    public let steps: [Double]
  }

  /// How likely it is to end in each class that is never left, and the expected steps until then (Kemeny & Snell 1960,
  /// chapter 3).
  public func absorption() throws(SolverError) -> Absorption {
    let closed = communicatingClasses.filter(\.isClosed)
    var owner = [Int?](repeating: nil, count: stateCount)
    for (number, group) in closed.enumerated() { for state in group.states { owner[state] = number } }
    let transient = (0..<stateCount).filter { owner[$0] == nil }
    let width = closed.count + 1
    let solution = try transitions.solve(among: transient, width: width) { _, next in
      var side = [Double](repeating: 0, count: width)
      guard let next else {
        side[closed.count] = 1
        return side
      }
      if let number = owner[next] { side[number] = 1 }
      return side
    }
    var probabilities = [[Double]](repeating: [Double](repeating: 0, count: closed.count), count: stateCount)
    var steps = [Double](repeating: 0, count: stateCount)
    for state in 0..<stateCount { if let number = owner[state] { probabilities[state][number] = 1 } }
    for (place, state) in transient.enumerated() {
      probabilities[state] = Array(solution[(place * width)..<(place * width + closed.count)])
      steps[state] = solution[place * width + closed.count]
    }
    return Absorption(classes: closed, probabilities: probabilities, steps: steps)
  }

  /// How likely it is to ever come to one of some states.
  public func hittingProbabilities(of goals: Set<Int>) throws(SolverError) -> [Double] {
    let reaching = transitions.reaching(goals)
    let inner = (0..<stateCount).filter { reaching[$0] && !goals.contains($0) }
    let solution = try transitions.solve(among: inner, width: 1) { _, next in
      [next.map { goals.contains($0) ? 1 : 0 } ?? 0]
    }
    var result = (0..<stateCount).map { goals.contains($0) ? 1.0 : 0 }
    for (place, state) in inner.enumerated() { result[state] = solution[place] }
    return result
  }

  /// The expected number of steps until one of some states is come to; infinite where that may never be.
  public func hittingTimes(of goals: Set<Int>) throws(SolverError) -> [Double] {
    let reaching = transitions.reaching(goals)
    // Who may get lost before the goal: what leads on without passing it counts.
    var open = (0..<stateCount).filter { !reaching[$0] }
    var isLost = reaching.map { !$0 }
    var sources = [[Int]](repeating: [], count: stateCount)
    for state in 0..<stateCount where !goals.contains(state) {
      for entry in transitions.entries(state) where transitions.probabilities[entry] > 0 {
        sources[Int(transitions.successors[entry])].append(state)
      }
    }
    while let state = open.popLast() {
      for source in sources[state] where !isLost[source] {
        isLost[source] = true
        open.append(source)
      }
    }
    let inner = (0..<stateCount).filter { !isLost[$0] && !goals.contains($0) }
    let solution = try transitions.solve(among: inner, width: 1) { _, next in [next == nil ? 1 : 0] }
    var result = (0..<stateCount).map { goals.contains($0) ? 0 : Double.infinity }
    for (place, state) in inner.enumerated() { result[state] = solution[place] }
    return result
  }
}

extension TransitionRows {
  /// Solves x(s) = side(s) + discount · Σ p(s, s′)·x(s′) over some states, where x of the others is no unknown.
  ///
  /// - Parameter side: `width` numbers: what a state adds by itself (next nil), and what a step to a state outside adds
  ///   for each unit of its probability.
  func solve(
    among states: [Int], width: Int, discount: Double = 1, side: (_ state: Int, _ next: Int?) -> [Double]
  ) throws(SolverError) -> [Double] {
    guard states.count <= largestElimination else { throw .tooLarge(states: states.count, limit: largestElimination) }
    var places = [Int](repeating: -1, count: count)
    for (place, state) in states.enumerated() { places[state] = place }
    var (leak, sides) = ([Double](), [Double]())
    for state in states {
      var own = side(state, nil)
      // What is lost by the discount is the same from every state, and exact.
      var lost = 1 - discount
      for entry in entries(state) where places[Int(successors[entry])] < 0 {
        let share = discount * probabilities[entry]
        lost += share
        for (number, value) in side(state, Int(successors[entry])).enumerated() { own[number] += share * value }
      }
      leak.append(lost)
      sides += own
    }
    let elimination = StateElimination(leak: leak)
    for (place, state) in states.enumerated() {
      for entry in entries(state) {
        let next = places[Int(successors[entry])]
        if next >= 0 { elimination.add(discount * probabilities[entry], from: place, to: next) }
      }
    }
    do { return try elimination.solve(sides, width: width) } catch { throw .endless(state: states[error.state]) }
  }
}
