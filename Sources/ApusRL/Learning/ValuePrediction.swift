import ApusData

/// How the value of states under a policy is learned by following it (Sutton & Barto 2018, chapters 5, 6 and 12).
public enum PredictionMethod: Hashable, Sendable {
  /// The mean of what followed the first visit, or every visit, of each episode.
  case monteCarlo(everyVisit: Bool = false)
  /// From the next reward and the value of the next state (Sutton 1988): λ = 0 is TD(0).
  case temporalDifference(traceDecay: Double = 0, replacing: Bool = false)
}

/// Learning what states are worth under a policy.
public struct ValuePrediction: Hashable, Sendable {
  public var method: PredictionMethod
  public var discount = 1.0
  /// How far a value is moved to what was seen; nil for the mean of all that was seen (1/n).
  public var stepSize: Double? = 0.1
  /// What values are at the beginning; terminal states are worth 0.
  public var initialValue = 0.0
  /// An episode is left after so many steps where the environment has no limit.
  public var mostSteps = 100_000

  public init(_ method: PredictionMethod) { self.method = method }

  /// The value of each state after so many episodes, `[states]`; 0 where no action can be taken.
  public func learn<E: TabularEnvironment>(
    _ environment: E, policy: Policy, episodes: Int, seed: UInt64
  ) -> [Double] {
    precondition(
      policy.stateCount == environment.stateCount && policy.actionCount == environment.actionCount,
      "ValuePrediction: the policy is of another environment")
    var (environment, random) = (environment, SplitMix64(seed: seed))
    let isOpen = (0..<environment.stateCount).map { !environment.possibleActions($0).isEmpty }
    var values = isOpen.map { $0 ? initialValue : 0 }
    var counts = [Double](repeating: 0, count: values.count)
    for _ in 0..<max(0, episodes) {
      let path = episode(&environment, policy, isOpen, &random)
      switch method {
      case .monteCarlo(let everyVisit): learn(path, &values, &counts, everyVisit: everyVisit)
      case .temporalDifference(let decay, let replacing): learn(path, &values, &counts, decay, replacing: replacing)
      }
    }
    return values
  }

  private struct Visit {
    let state: Int
    let reward: Double
    let next: Int
    let isOver: Bool
  }

  private func episode<E: TabularEnvironment>(
    _ environment: inout E, _ policy: Policy, _ isOpen: [Bool], _ random: inout SplitMix64
  ) -> [Visit] {
    var state = environment.reset(&random)
    var path: [Visit] = []
    let limit = environment.timeLimit ?? mostSteps
    while path.count < limit, isOpen[state] {
      var (action, rest) = (0, random.nextUnit())
      for candidate in 0..<policy.actionCount where policy[state, candidate] > 0 {
        action = candidate
        rest -= policy[state, candidate]
        if rest < 0 { break }
      }
      let step = environment.step(action, &random)
      let isOver = step.isTerminated || !isOpen[step.observation]
      path.append(Visit(state: state, reward: step.reward, next: step.observation, isOver: isOver))
      if isOver { break }
      state = step.observation
    }
    return path
  }

  private func rate(_ count: Double) -> Double { stepSize ?? 1 / count }

  private func learn(_ path: [Visit], _ values: inout [Double], _ counts: inout [Double], everyVisit: Bool) {
    var first: [Int: Int] = [:]
    for (number, visit) in path.enumerated() where first[visit.state] == nil { first[visit.state] = number }
    var after = 0.0
    for number in path.indices.reversed() {
      let visit = path[number]
      after = visit.reward + discount * after
      guard everyVisit || first[visit.state] == number else { continue }
      counts[visit.state] += 1
      values[visit.state] += rate(counts[visit.state]) * (after - values[visit.state])
    }
  }

  private func learn(
    _ path: [Visit], _ values: inout [Double], _ counts: inout [Double], _ decay: Double, replacing: Bool
  ) {
    var traces: [Int: Double] = [:]
    for visit in path {
      let error = visit.reward + (visit.isOver ? 0 : discount * values[visit.next]) - values[visit.state]
      counts[visit.state] += 1
      traces[visit.state] = replacing ? 1 : (traces[visit.state] ?? 0) + 1
      for (state, share) in traces {
        values[state] += rate(counts[state]) * error * share
        let rest = share * discount * decay
        traces[state] = rest > 1e-6 ? rest : nil
      }
    }
  }
}
