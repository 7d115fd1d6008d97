import ApusData
import ApusNN
import ApusOptim
import ApusTensor

/// What an actor with a critic is told; the defaults are those of proximal policy optimization in CleanRL.
public struct ActorCriticOptions: Hashable, Sendable {
  public var totalSteps = 500_000
  /// How many copies of the environment are acted in side by side.
  public var environments = 4
  /// Steps of each between two updates.
  public var rolloutSteps = 128
  /// How often an update goes through the steps, and in how many parts.
  public var epochs = 4
  public var minibatches = 4
  public var discount = 0.99
  /// λ of the advantages.
  public var traceDecay = 0.95
  /// ε; nil for the plain policy gradient.
  public var clip: Double? = 0.2
  public var clipsValues = true
  public var normalizesAdvantages = true
  public var entropyWeight = 0.01
  public var valueWeight = 0.5
  /// Of the gradients together.
  public var largestNorm = 0.5
  public var learningRate = 2.5e-4
  /// Whether the learning rate falls to 0 over the steps.
  public var annealsLearningRate = true
  /// Whether steps are taken by Adam (ε = 10⁻⁵) or by RMSProp (α = 0.99, ε = 10⁻⁵).
  public var usesAdam = true

  public init() {}

  /// Proximal policy optimization (Schulman et al. 2017).
  public static let proximal = ActorCriticOptions()

  /// Advantage actor–critic (Mnih et al. 2016, without the asynchrony), as Stable-Baselines3 has it: an update from five
  /// steps of eight copies each.
  public static var advantage: ActorCriticOptions {
    var options = ActorCriticOptions()
    (options.environments, options.rolloutSteps, options.epochs, options.minibatches) = (8, 5, 1, 1)
    (options.traceDecay, options.clip, options.clipsValues, options.normalizesAdvantages) = (1, nil, false, false)
    (options.entropyWeight, options.learningRate, options.annealsLearningRate) = (0, 7e-4, false)
    options.usesAdam = false
    return options
  }
}

/// A policy that is made better by what a critic says of its actions: PPO and A2C (Huang et al. 2022 show the second to
/// be a case of the first).
public final class ActorCritic<E: DiscreteControlEnvironment>: DeepAgent {
  public let options: ActorCriticOptions
  public let network: ActorCriticNetwork
  public private(set) var stepsDone = 0
  public private(set) var measures: [(name: String, value: Double)] = []
  private let optimizer: Optimizer
  private var environment: VectorEnvironment<E>
  private var random: SplitMix64
  private let actor: (Tensor) -> Tensor
  private let both: ([Tensor]) -> [Tensor]
  private let critic: (Tensor) -> Tensor
  private let update: ([Tensor]) -> [Tensor]

  public init(_ environment: E, options: ActorCriticOptions = .proximal, seed: UInt64) {
    self.options = options
    var key = RandomKey(seed)
    let network = ActorCriticNetwork(observationSize: E.observationSize, actions: E.actionCount, key: &key)
    let optimizer: Optimizer =
      options.usesAdam
      ? Adam(network, learningRate: options.learningRate, epsilon: 1e-5)
      : RMSProp(network, learningRate: options.learningRate, alpha: 0.99, epsilon: 1e-5)
    (self.network, self.optimizer) = (network, optimizer)
    self.environment = VectorEnvironment(environment, count: options.environments, seed: seed)
    random = SplitMix64(seed: seed &+ 0x5EED)
    actor = compile(updating: network) { network.actor($0) }
    both = compile(updating: [network]) { [network.actor($0[0]), network.values($0[0])] }
    critic = compile(updating: network) { network.values($0) }
    update = compile(updating: [network, optimizer]) { batch in
      var parts: PolicyLoss?
      let (_, gradients) = valueAndGrad(network) {
        let losses = PolicyLoss(
          logits: network.actor(batch[0]), values: network.values(batch[0]), actions: batch[1],
          oldLogProbabilities: batch[2], advantages: batch[3], returns: batch[4], oldValues: batch[5],
          clip: options.clip, clipsValues: options.clipsValues, normalizes: options.normalizesAdvantages,
          entropyWeight: options.entropyWeight, valueWeight: options.valueWeight)
        parts = losses
        return losses.total
      }
      optimizer.update(clipped(gradients, norm: options.largestNorm).gradients)
      return [parts!.policy, parts!.value, parts!.entropy, parts!.divergence]
    }
  }

  public var model: Module { network }
  public var totalSteps: Int { options.totalSteps }

  public var facts: [(name: String, value: String)] {
    [
      ("method", options.clip == nil ? "advantage actor–critic" : "proximal policy optimization"),
      ("steps", "\(options.totalSteps)"), ("learning rate", "\(options.learningRate)"),
      ("rollouts", "\(options.rolloutSteps) steps in \(options.environments) environments"),
      ("updates", "\(options.epochs) epochs of \(options.minibatches) parts"),
    ]
  }

  public func code(_ coder: AgentCoder) throws {
    try coder.code("network", network)
    try coder.code("optimizer", optimizer)
    try coder.code("steps", &stepsDone, in: 0...Int(Int32.max))
    try coder.code("random", &random)
    try environment.code(coder)
  }

  private func matrix(_ observations: [[Float]]) -> Tensor {
    Tensor(observations.flatMap { $0 }, shape: [observations.count, E.observationSize])
  }

  public func bestActions(_ observations: [[Float]]) -> [Int] {
    actor(matrix(observations)).scalars().largestPlaces(width: E.actionCount)
  }

  /// One rollout and the update from it.
  public func advance() -> [AgentEpisode] {
    if options.annealsLearningRate {
      optimizer.learningRate = options.learningRate * (1 - Double(stepsDone) / Double(options.totalSteps))
    }
    var rollout = Rollout()
    for _ in 0..<options.rolloutSteps { act(&rollout) }
    stepsDone += options.rolloutSteps * options.environments
    learn(rollout)
    return environment.takeEpisodes().map { AgentEpisode(reward: $0.reward, length: $0.length) }
  }

  /// What was seen and done, step by step.
  private struct Rollout {
    var observations: [Float] = []
    var actions: [Int32] = []
    var logProbabilities: [Float] = []
    var rewards: [[Float]] = []
    var values: [[Float]] = []
    var nextValues: [[Float]] = []
    var ends: [[Bool]] = []
  }

  private func act(_ rollout: inout Rollout) {
    let seen = environment.observations
    let results = both([matrix(seen)])
    let (logits, values) = (results[0].scalars(), results[1].scalars())
    // What the state before was worth afterwards is what this one is worth, unless an episode lies between.
    if !rollout.nextValues.isEmpty { fillNextValues(&rollout, values) }
    var actions: [Int] = []
    for copy in 0..<environment.count {
      let (action, logProbability) = logits.drawn(
        copy * E.actionCount..<(copy + 1) * E.actionCount, &random)
      actions.append(action)
      rollout.actions.append(Int32(action))
      rollout.logProbabilities.append(logProbability)
    }
    for observation in seen { rollout.observations += observation }
    let step = environment.step(actions)
    rollout.values.append(values)
    rollout.rewards.append(step.rewards.map { Float($0) })
    rollout.ends.append(zip(step.isTerminated, step.isTruncated).map { $0 || $1 })
    // NaN stands for what is not known yet.
    var next = [Float](repeating: .nan, count: environment.count)
    for copy in next.indices where step.isTerminated[copy] { next[copy] = 0 }
    let cut = next.indices.filter { step.isTruncated[$0] }
    if !cut.isEmpty {
      let worth = critic(matrix(cut.map { step.finalObservations[$0]! })).scalars()
      for (place, copy) in cut.enumerated() { next[copy] = worth[place] }
    }
    rollout.nextValues.append(next)
  }

  private func fillNextValues(_ rollout: inout Rollout, _ values: [Float]) {
    let last = rollout.nextValues.count - 1
    for copy in values.indices where rollout.nextValues[last][copy].isNaN {
      rollout.nextValues[last][copy] = values[copy]
    }
  }

  private func learn(_ rollout: Rollout) {
    var rollout = rollout
    fillNextValues(&rollout, critic(matrix(environment.observations)).scalars())
    let advantages = advantageEstimates(
      rewards: rollout.rewards, values: rollout.values, nextValues: rollout.nextValues, ends: rollout.ends,
      discount: options.discount, traceDecay: options.traceDecay
    ).flatMap { $0 }
    let values = rollout.values.flatMap { $0 }
    let size = E.observationSize
    var order = Array(0..<values.count)
    let part = order.count / options.minibatches
    var sums = [Double](repeating: 0, count: 4)
    for _ in 0..<options.epochs {
      order.shuffle(using: &random)
      for number in 0..<options.minibatches {
        let places = order[(number * part)..<((number + 1) * part)]
        var seen: [Float] = []
        seen.reserveCapacity(part * size)
        for place in places { seen += rollout.observations[(place * size)..<((place + 1) * size)] }
        let results = update([
          Tensor(seen, shape: [part, size]), Tensor(places.map { rollout.actions[$0] }),
          Tensor(places.map { rollout.logProbabilities[$0] }), Tensor(places.map { advantages[$0] }),
          Tensor(places.map { advantages[$0] + values[$0] }), Tensor(places.map { values[$0] }),
        ])
        for place in sums.indices { sums[place] += results[place].item() }
      }
    }
    let count = Double(options.epochs * options.minibatches)
    let names = ["policy_loss", "value_loss", "entropy", "divergence"]
    measures = zip(names, sums).map { ($0, $1 / count) }
  }
}

extension [Float] {
  /// One of the places of a row of logits, drawn by its softmax, and the logarithm of its probability.
  func drawn(_ row: Range<Int>, _ random: inout SplitMix64) -> (place: Int, logProbability: Float) {
    let top = Double(self[row].max()!)
    var sum = 0.0
    for place in row { sum += exponential(Double(self[place]) - top) }
    var (chosen, rest) = (row.upperBound - 1, random.nextUnit() * sum)
    for place in row {
      rest -= exponential(Double(self[place]) - top)
      if rest < 0 {
        chosen = place
        break
      }
    }
    return (chosen - row.lowerBound, Float(Double(self[chosen]) - top - logarithm(sum)))
  }
}
