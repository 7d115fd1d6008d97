import ApusData

/// Several copies of an environment that go on side by side; one that is over or cut off begins anew at once.
public struct VectorEnvironment<E: Environment>: Sendable {
  /// What follows the actions in all copies.
  public struct Step: Sendable {
    /// Of each copy, after a new beginning where there was one.
    public var observations: [E.Observation]
    public var rewards: [Double]
    /// Where the episode was over.
    public var isTerminated: [Bool]
    /// Where it was cut off.
    public var isTruncated: [Bool]
    /// What was seen last where an episode ended: what comes after a cut is worth what this says.
    public var finalObservations: [E.Observation?]
  }

  /// An episode that ended.
  public struct Episode: Hashable, Sendable {
    /// The sum of its rewards.
    public let reward: Double
    public let length: Int
  }

  public internal(set) var copies: [E]
  /// What is seen of each copy.
  public internal(set) var observations: [E.Observation]
  /// Episodes that ended since they were last taken: see ``takeEpisodes()``.
  private var ended: [Episode] = []
  var randoms: [SplitMix64]
  var rewards: [Double]
  var lengths: [Int]

  public init(_ environment: E, count: Int, seed: UInt64) {
    precondition(count > 0, "VectorEnvironment: of \(count) copies")
    var seeds = SplitMix64(seed: seed)
    copies = [E](repeating: environment, count: count)
    randoms = (0..<count).map { _ in SplitMix64(seed: seeds.next()) }
    rewards = [Double](repeating: 0, count: count)
    lengths = [Int](repeating: 0, count: count)
    observations = []
    for copy in 0..<count { observations.append(copies[copy].reset(&randoms[copy])) }
  }

  public var count: Int { copies.count }

  public mutating func step(_ actions: [E.Action]) -> Step {
    precondition(actions.count == count, "step: \(actions.count) actions for \(count) copies")
    var step = Step(
      observations: observations, rewards: rewards, isTerminated: [Bool](repeating: false, count: count),
      isTruncated: [Bool](repeating: false, count: count),
      finalObservations: [E.Observation?](repeating: nil, count: count))
    for copy in 0..<count {
      let next = copies[copy].step(actions[copy], &randoms[copy])
      rewards[copy] += next.reward
      lengths[copy] += 1
      step.rewards[copy] = next.reward
      step.observations[copy] = next.observation
      step.isTerminated[copy] = next.isTerminated
      step.isTruncated[copy] = !next.isTerminated && lengths[copy] == copies[copy].timeLimit
      guard next.isTerminated || step.isTruncated[copy] else { continue }
      ended.append(Episode(reward: rewards[copy], length: lengths[copy]))
      (rewards[copy], lengths[copy]) = (0, 0)
      step.finalObservations[copy] = next.observation
      step.observations[copy] = copies[copy].reset(&randoms[copy])
    }
    observations = step.observations
    return step
  }

  /// The episodes that ended since this was last called.
  public mutating func takeEpisodes() -> [Episode] {
    defer { ended = [] }
    return ended
  }
}
