import ApusData
import ApusNN
import ApusTensor

/// An agent whose policy is a network.
public protocol DeepAgent: AnyObject {
  /// What is learned.
  var model: Module { get }
  /// How many steps were taken in environments, of how many.
  var stepsDone: Int { get }
  var totalSteps: Int { get }
  /// What was measured in the last update, by name.
  var measures: [(name: String, value: Double)] { get }
  /// How the last updates were made, in words.
  var facts: [(name: String, value: String)] { get }

  /// Acts and learns for some steps; gives the episodes that ended meanwhile.
  func advance() -> [AgentEpisode]
  /// Writes or reads all that acting and learning go on from, between two calls of ``advance()``.
  func code(_ coder: AgentCoder) throws
  /// The action that the policy holds best for each of some observations.
  func bestActions(_ observations: [[Float]]) -> [Int]
}

/// An episode that ended: the sum of its rewards, and its steps.
public struct AgentEpisode: Hashable, Sendable {
  public let reward: Double
  public let length: Int

  public init(reward: Double, length: Int) { (self.reward, self.length) = (reward, length) }
}

extension DeepAgent {
  /// The rewards of episodes in which the best is done, side by side in copies of an environment.
  public func evaluate<E: DiscreteControlEnvironment>(
    _ environment: E, episodes: Int = 100, seed: UInt64
  ) -> [Double] {
    var seeds = SplitMix64(seed: seed)
    var randoms = (0..<episodes).map { _ in SplitMix64(seed: seeds.next()) }
    var copies = [E](repeating: environment, count: episodes)
    var seen = copies.indices.map { copies[$0].reset(&randoms[$0]) }
    var rewards = [Double](repeating: 0, count: episodes)
    var open = Array(copies.indices)
    var step = 0
    while !open.isEmpty {
      let actions = bestActions(seen)
      step += 1
      open = open.filter { copy in
        let next = copies[copy].step(actions[copy], &randoms[copy])
        rewards[copy] += next.reward
        seen[copy] = next.observation
        return !next.isTerminated && step != environment.timeLimit
      }
    }
    return rewards
  }

  /// The states that one episode goes through when the best is done.
  public func episode<E: DiscreteControlEnvironment>(_ environment: E, seed: UInt64) -> [[Double]] {
    var (environment, random) = (environment, SplitMix64(seed: seed))
    var seen = environment.reset(&random)
    var states = [environment.state]
    while states.count <= environment.timeLimit ?? 1000 {
      let next = environment.step(bestActions([seen])[0], &random)
      states.append(environment.state)
      if next.isTerminated { break }
      seen = next.observation
    }
    return states
  }
}

extension [Float] {
  /// The place of the largest in each row of so many.
  func largestPlaces(width: Int) -> [Int] {
    stride(from: 0, to: count, by: width).map { first in
      var best = first
      for place in first..<(first + width) where self[place] > self[best] { best = place }
      return best - first
    }
  }
}
