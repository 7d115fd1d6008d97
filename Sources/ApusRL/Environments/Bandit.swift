import ApusData

/// Arms of which each pays normally distributed rewards around a mean of its own (Sutton & Barto 2018, section 2.3).
public struct Bandit: TabularEnvironment {
  /// What each arm pays on average.
  public let means: [Double]
  public let timeLimit: Int?
  public let stateCount = 1

  public init(means: [Double], timeLimit: Int? = nil) {
    precondition(!means.isEmpty, "Bandit: without arms")
    (self.means, self.timeLimit) = (means, timeLimit)
  }

  /// Arms whose means are normally distributed around 0.
  public init(arms: Int = 10, timeLimit: Int? = nil, random: inout SplitMix64) {
    self.init(means: (0..<arms).map { _ in random.nextNormal() }, timeLimit: timeLimit)
  }

  public var actionCount: Int { means.count }
  public func possibleActions(_ state: Int) -> [Int] { Array(means.indices) }
  public mutating func reset(_ random: inout SplitMix64) -> Int { 0 }

  public mutating func step(_ action: Int, _ random: inout SplitMix64) -> EnvironmentStep<Int> {
    EnvironmentStep(0, reward: means[action] + random.nextNormal(), isTerminated: false)
  }
}

/// How the arms of a bandit are chosen while they are learned (Sutton & Barto 2018, chapter 2).
public enum BanditStrategy: Hashable, Sendable {
  /// The best by the means so far, and at random with a probability; means begin with a number.
  case epsilonGreedy(Double, initialValue: Double = 0, stepSize: Double? = nil)
  /// The largest mean with a bonus of c·√(ln t / n) for what was tried seldom (Auer 2002).
  case upperConfidence(Double)
  /// By preferences that rewards raise and lower around their mean (Williams 1992).
  case gradient(stepSize: Double)

  /// The arms chosen and the rewards had in so many steps.
  public func play(_ bandit: Bandit, steps: Int, random: inout SplitMix64) -> (arms: [Int], rewards: [Double]) {
    var bandit = bandit
    var learner = BanditLearner(self, arms: bandit.actionCount)
    var (arms, rewards) = ([Int](), [Double]())
    for step in 1...max(1, steps) {
      let arm = learner.choose(step, &random)
      let reward = bandit.step(arm, &random).reward
      learner.learn(arm, reward, step)
      arms.append(arm)
      rewards.append(reward)
    }
    return (arms, rewards)
  }
}

private struct BanditLearner {
  private let strategy: BanditStrategy
  /// Means, or preferences.
  private var values: [Double]
  private var counts: [Double]
  private var meanReward = 0.0
  private var shares: [Double] = []

  init(_ strategy: BanditStrategy, arms: Int) {
    self.strategy = strategy
    var first = 0.0
    if case .epsilonGreedy(_, let initial, _) = strategy { first = initial }
    values = [Double](repeating: first, count: arms)
    counts = [Double](repeating: 0, count: arms)
  }

  mutating func choose(_ step: Int, _ random: inout SplitMix64) -> Int {
    switch strategy {
    case .epsilonGreedy(let epsilon, _, _):
      return random.nextUnit() < epsilon ? Int.random(in: values.indices, using: &random) : values.randomBest(&random)
    case .upperConfidence(let c):
      let bounds = values.indices.map { arm in
        counts[arm] == 0 ? Double.infinity : values[arm] + c * (logarithm(Double(step)) / counts[arm]).squareRoot()
      }
      return bounds.randomBest(&random)
    case .gradient:
      let top = values.max()!
      let weights = values.map { exponential($0 - top) }
      let sum = weights.reduce(0, +)
      shares = weights.map { $0 / sum }
      var rest = random.nextUnit()
      for (arm, share) in shares.enumerated() {
        rest -= share
        if rest < 0 { return arm }
      }
      return values.count - 1
    }
  }

  mutating func learn(_ arm: Int, _ reward: Double, _ step: Int) {
    counts[arm] += 1
    switch strategy {
    case .epsilonGreedy(_, _, let stepSize): values[arm] += (stepSize ?? 1 / counts[arm]) * (reward - values[arm])
    case .upperConfidence: values[arm] += (reward - values[arm]) / counts[arm]
    case .gradient(let stepSize):
      // The baseline is the mean of the rewards up to now, this one included.
      meanReward += (reward - meanReward) / Double(step)
      for other in values.indices {
        values[other] += stepSize * (reward - meanReward) * ((other == arm ? 1 : 0) - shares[other])
      }
    }
  }
}

extension [Double] {
  /// The place of the largest, one of several at random.
  func randomBest(_ random: inout SplitMix64) -> Int {
    let best = self.max()!
    let places = indices.filter { self[$0] == best }
    return places.count == 1 ? places[0] : places.randomElement(using: &random)!
  }
}

extension SplitMix64 {
  /// A normally distributed number (Box & Muller 1958).
  mutating func nextNormal() -> Double {
    (-2 * logarithm(1 - nextUnit())).squareRoot() * cosine(2 * .pi * nextUnit())
  }
}
