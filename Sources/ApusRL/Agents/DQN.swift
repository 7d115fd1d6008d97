import ApusData
import ApusNN
import ApusOptim
import ApusTensor

/// What deep Q-learning is told; the defaults are CleanRL's for CartPole.
public struct DQNOptions: Hashable, Sendable {
  public var totalSteps = 500_000
  public var learningRate = 2.5e-4
  /// How many steps are kept to learn from.
  public var bufferSize = 10_000
  public var batchSize = 128
  public var discount = 0.99
  /// Steps between two copies of the network to that of the targets.
  public var targetInterval = 500
  /// Steps that are taken before anything is learned.
  public var learningStarts = 10_000
  /// Steps between two times that something is learned, and in how many updates.
  public var trainingInterval = 10
  public var updates = 1
  /// The units of the network's two layers.
  public var hidden = [120, 84]
  /// Whether errors above 1 count linearly.
  public var isHuber = false
  /// Of the gradients together; nil for any.
  public var largestNorm: Double?
  /// How often actions are random at first, in the end, and over which share of the steps it falls.
  public var firstExploration = 1.0
  public var lastExploration = 0.05
  public var explorationShare = 0.5
  /// Whether the network chooses the action that the target network values (van Hasselt et al. 2016).
  public var isDouble = false
  /// Whether the network has a head for the state and one for the actions (Wang et al. 2016).
  public var isDueling = false
  /// α of prioritised replay (Schaul et al. 2016); nil for drawing evenly.
  public var priorityExponent: Double?
  /// β of prioritised replay at first; it rises to 1.
  public var firstCorrection = 0.4

  public init() {}

  /// Three of the parts of Hessel et al. 2018: double, duelling and with priorities.
  public static var rainbow: DQNOptions {
    var options = DQNOptions()
    (options.isDouble, options.isDueling, options.priorityExponent) = (true, true, 0.6)
    return options
  }
}

/// Deep Q-learning from replayed steps, with a network for the targets (Mnih et al. 2015).
public final class DQN<E: DiscreteControlEnvironment>: DeepAgent {
  public let options: DQNOptions
  public let network: QNetwork
  public private(set) var stepsDone = 0
  public private(set) var measures: [(name: String, value: Double)] = []
  private let target: QNetwork
  private let optimizer: Adam
  private var environment: VectorEnvironment<E>
  private var buffer: ReplayBuffer
  private var random: SplitMix64
  private let actionValues: (Tensor) -> Tensor
  private let update: ([Tensor]) -> [Tensor]

  public init(_ environment: E, options: DQNOptions = DQNOptions(), seed: UInt64) {
    self.options = options
    var key = RandomKey(seed)
    let size = E.observationSize
    let network = QNetwork(
      observationSize: size, actions: E.actionCount, hidden: options.hidden, isDueling: options.isDueling, key: &key)
    let target = QNetwork(
      observationSize: size, actions: E.actionCount, hidden: options.hidden, isDueling: options.isDueling, key: &key)
    (self.network, self.target) = (network, target)
    self.environment = VectorEnvironment(environment, count: 1, seed: seed)
    random = SplitMix64(seed: seed &+ 0x5EED)
    buffer = ReplayBuffer(
      capacity: options.bufferSize, observationSize: size, exponent: options.priorityExponent)
    actionValues = compile(updating: network) { network($0) }
    let optimizer = Adam(network, learningRate: options.learningRate)
    self.optimizer = optimizer
    update = compile(updating: [network, target, optimizer]) { batch in
      let goals = temporalDifferenceTargets(
        rewards: batch[2], next: target(batch[3]), choosing: options.isDouble ? network(batch[3]) : nil,
        terminated: batch[4], discount: options.discount)
      var errors = goals
      let (loss, gradients) = valueAndGrad(network) {
        let result = temporalDifferenceLoss(
          network(batch[0]), actions: batch[1], targets: goals, weights: batch[5], isHuber: options.isHuber)
        errors = result.errors
        return result.loss
      }
      optimizer.update(options.largestNorm.map { clipped(gradients, norm: $0).gradients } ?? gradients)
      return [loss, errors.stoppingGradient()]
    }
    copyToTarget()
  }

  public var model: Module { network }
  public var totalSteps: Int { options.totalSteps }

  public var facts: [(name: String, value: String)] {
    [
      (
        "method",
        "DQN" + (options.isDouble ? ", double" : "") + (options.isDueling ? ", duelling" : "")
          + (options.priorityExponent == nil ? "" : ", prioritised")
      ),
      ("steps", "\(options.totalSteps)"), ("learning rate", "\(options.learningRate)"),
      ("replay", "\(options.bufferSize) steps, batches of \(options.batchSize)"),
    ]
  }

  public func code(_ coder: AgentCoder) throws {
    try coder.code("network", network)
    try coder.code("target", target)
    try coder.code("optimizer", optimizer)
    try coder.code("steps", &stepsDone, in: 0...options.totalSteps)
    try coder.code("random", &random)
    try environment.code(coder)
    try buffer.code(coder, actions: E.actionCount)
  }

  private func copyToTarget() {
    for (to, from) in zip(target.parameters, network.parameters) { to.slot.tensor = from.slot.tensor }
  }

  /// How often actions are random now.
  private var exploration: Double {
    let share = Double(stepsDone) / (options.explorationShare * Double(options.totalSteps))
    return max(
      options.lastExploration, options.firstExploration + share * (options.lastExploration - options.firstExploration))
  }

  public func bestActions(_ observations: [[Float]]) -> [Int] {
    let x = Tensor(observations.flatMap { $0 }, shape: [observations.count, E.observationSize])
    return actionValues(x).scalars().largestPlaces(width: E.actionCount)
  }

  /// 500 steps.
  public func advance() -> [AgentEpisode] {
    for _ in 0..<min(500, options.totalSteps - stepsDone) {
      let seen = environment.observations[0]
      let isRandom = random.nextUnit() < exploration
      let action = isRandom ? Int(random.next() % UInt64(E.actionCount)) : bestActions([seen])[0]
      let step = environment.step([action])
      let after = step.finalObservations[0] ?? step.observations[0]
      buffer.add(seen, action, step.rewards[0], after, isTerminated: step.isTerminated[0])
      stepsDone += 1
      guard stepsDone > options.learningStarts else { continue }
      if stepsDone % options.trainingInterval == 0 { for _ in 0..<options.updates { learn() } }
      if stepsDone % options.targetInterval == 0 { copyToTarget() }
    }
    return environment.takeEpisodes().map { AgentEpisode(reward: $0.reward, length: $0.length) }
  }

  private func learn() {
    let share = Double(stepsDone) / Double(options.totalSteps)
    let correction = options.firstCorrection + (1 - options.firstCorrection) * share
    let batch = buffer.batch(options.batchSize, correction: correction, &random)
    let shape = Shape([options.batchSize, E.observationSize])
    let results = update([
      Tensor(batch.observations, shape: shape), Tensor(batch.actions), Tensor(batch.rewards),
      Tensor(batch.nextObservations, shape: shape), Tensor(batch.terminated), Tensor(batch.weights),
    ])
    measures = [("loss", results[0].item()), ("exploration", exploration)]
    if options.priorityExponent != nil { buffer.update(batch.places, errors: results[1].scalars()) }
  }
}
