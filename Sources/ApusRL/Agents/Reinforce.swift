import ApusData
import ApusNN
import ApusOptim
import ApusTensor

/// What REINFORCE is told.
public struct ReinforceOptions: Hashable, Sendable {
  public var totalSteps = 500_000
  public var learningRate = 1e-3
  public var discount = 0.99
  /// Episodes of one update.
  public var episodes = 8
  public var entropyWeight = 0.0
  public var valueWeight = 0.5
  public var largestNorm = 0.5

  public init() {}
}

/// The plain policy gradient over whole episodes (Williams 1992), less a baseline that is learned with it (Sutton & Barto
/// 2018, section 13.4).
public final class Reinforce<E: DiscreteControlEnvironment>: DeepAgent {
  public let options: ReinforceOptions
  public let network: ActorCriticNetwork
  public private(set) var stepsDone = 0
  public private(set) var measures: [(name: String, value: Double)] = []
  private var environment: E
  private var random: SplitMix64
  private let optimizer: Adam
  private let actor: (Tensor) -> Tensor
  private let update: ([Tensor]) -> [Tensor]

  public init(_ environment: E, options: ReinforceOptions = ReinforceOptions(), seed: UInt64) {
    self.options = options
    var key = RandomKey(seed)
    let network = ActorCriticNetwork(observationSize: E.observationSize, actions: E.actionCount, key: &key)
    let optimizer = Adam(network, learningRate: options.learningRate)
    (self.network, self.optimizer) = (network, optimizer)
    self.environment = environment
    random = SplitMix64(seed: seed &+ 0x5EED)
    actor = compile(updating: network) { network.actor($0) }
    update = compile(updating: [network, optimizer]) { batch in
      var parts: PolicyLoss?
      let (_, gradients) = valueAndGrad(network) {
        let values = network.values(batch[0])
        // Rows that fill the batch up weigh nothing; the others together as much as all rows.
        let scale = batch[3]
        let advantages = (batch[2] - values).stoppingGradient() * scale
        let losses = PolicyLoss(
          logits: network.actor(batch[0]), values: values * scale.sqrt(), actions: batch[1],
          oldLogProbabilities: Tensor.zeros(values.shape), advantages: advantages, returns: batch[2] * scale.sqrt(),
          oldValues: values, clip: nil, clipsValues: false, normalizes: false, entropyWeight: options.entropyWeight,
          valueWeight: options.valueWeight)
        parts = losses
        return losses.total
      }
      optimizer.update(clipped(gradients, norm: options.largestNorm).gradients)
      return [parts!.policy, parts!.value, parts!.entropy]
    }
  }

  public var model: Module { network }
  public var totalSteps: Int { options.totalSteps }

  public var facts: [(name: String, value: String)] {
    [
      ("method", "REINFORCE with a baseline"), ("steps", "\(options.totalSteps)"),
      ("learning rate", "\(options.learningRate)"), ("updates", "from \(options.episodes) episodes each"),
    ]
  }

  public func code(_ coder: AgentCoder) throws {
    try coder.code("network", network)
    try coder.code("optimizer", optimizer)
    try coder.code("steps", &stepsDone, in: 0...Int(Int32.max))
    try coder.code("random", &random)
  }

  public func bestActions(_ observations: [[Float]]) -> [Int] {
    actor(Tensor(observations.flatMap { $0 }, shape: [observations.count, E.observationSize])).scalars()
      .largestPlaces(width: E.actionCount)
  }

  /// Some episodes side by side, and the update from them.
  public func advance() -> [AgentEpisode] {
    var (seen, actions, returns) = ([Float](), [Int32](), [Float]())
    var episodes: [AgentEpisode] = []
    for _ in 0..<options.episodes {
      let (rewards, path) = episode()
      seen += path.observations
      actions += path.actions
      var after = Float(0)
      var own = [Float](repeating: 0, count: rewards.count)
      for step in rewards.indices.reversed() {
        after = rewards[step] + Float(options.discount) * after
        own[step] = after
      }
      returns += own
      episodes.append(AgentEpisode(reward: Double(rewards.reduce(0, +)), length: rewards.count))
    }
    stepsDone += actions.count
    learn(seen, actions, returns)
    return episodes
  }

  private func episode() -> (rewards: [Float], path: (observations: [Float], actions: [Int32])) {
    var observation = environment.reset(&random)
    var (rewards, seen, actions) = ([Float](), [Float](), [Int32]())
    while rewards.count < environment.timeLimit ?? 10_000 {
      let logits = actor(Tensor(observation, shape: [1, E.observationSize])).scalars()
      let (action, _) = logits.drawn(0..<E.actionCount, &random)
      seen += observation
      actions.append(Int32(action))
      let step = environment.step(action, &random)
      rewards.append(Float(step.reward))
      if step.isTerminated { break }
      observation = step.observation
    }
    return (rewards, (seen, actions))
  }

  private func learn(_ seen: [Float], _ actions: [Int32], _ returns: [Float]) {
    // A few lengths, so that few programs are planned.
    var rows = 128
    while rows < actions.count { rows *= 2 }
    let (size, count) = (E.observationSize, actions.count)
    func filled<T>(_ values: [T], _ filler: T, to total: Int) -> [T] {
      values + [T](repeating: filler, count: total - values.count)
    }
    let scale = Float(rows) / Float(count)
    let results = update([
      Tensor(filled(seen, 0, to: rows * size), shape: [rows, size]), Tensor(filled(actions, 0, to: rows)),
      Tensor(filled(returns, 0, to: rows)),
      Tensor(filled([Float](repeating: scale, count: count), 0, to: rows)),
    ])
    let names = ["policy_loss", "value_loss", "entropy"]
    measures = zip(names, results).map { ($0, $1.item()) }
  }
}
