import Apus
import ApusFiles
import Testing

/// What deep agents learn by, against PyTorch (fixture_agents.py), and that they learn.
@Suite struct AgentTests {
  private static func tensor(_ json: JSONValue, _ key: String, _ shape: Shape? = nil) throws -> Tensor {
    Tensor(try json.numbers(key), shape: shape, dtype: .float64)
  }

  @Test func advantagesAreThoseOfCleanRL() throws {
    let fixture = try #require(try RLFixture.load("agents")["advantages"])
    func floats(_ key: String) throws -> [[Float]] { try fixture.rows(key).map { $0.map { Float($0) } } }
    let (rewards, values) = (try floats("rewards"), try floats("values"))
    let last = try fixture.numbers("last").map { Float($0) }
    let ends = try #require(fixture["ends"]?.array).map { try #require($0.array).map { $0.bool! } }
    let next = rewards.indices.map { step in
      (0..<last.count).map { copy -> Float in
        ends[step][copy] ? 0 : step + 1 < values.count ? values[step + 1][copy] : last[copy]
      }
    }
    for (discount, decay) in [(0.99, 0.95), (0.9, 1.0), (1.0, 0.0)] {
      let expected = try #require(fixture["advantages"]).rows("\(discount) \(decay)")
      let found = advantageEstimates(
        rewards: rewards, values: values, nextValues: next, ends: ends, discount: discount, traceDecay: decay)
      for (row, wanted) in zip(found, expected) { #expect(distance(row.map { Double($0) }, wanted) < 2e-6) }
    }
  }

  @Test func lossesOfPoliciesAreThoseOfPyTorch() throws {
    let fixture = try RLFixture.load("agents")
    let (batch, actions) = (try #require(fixture["batch"]?.int), try #require(fixture["actions"]?.int))
    for (number, json) in try #require(fixture["proximal"]?.array).enumerated() {
      func loss(_ logits: Tensor, _ values: Tensor) throws -> PolicyLoss {
        PolicyLoss(
          logits: logits, values: values, actions: Tensor(try json.numbers("actions").map { Int32($0) }),
          oldLogProbabilities: try Self.tensor(json, "old"), advantages: try Self.tensor(json, "advantages"),
          returns: try Self.tensor(json, "returns"), oldValues: try Self.tensor(json, "old_values"),
          clip: json["clip"]?.double, clipsValues: json["clips_values"]?.bool ?? false,
          normalizes: json["normalizes"]?.bool ?? false, entropyWeight: try #require(json["entropy_weight"]?.double),
          valueWeight: try #require(json["value_weight"]?.double))
      }
      let (logits, values) = (try Self.tensor(json, "logits", [batch, actions]), try Self.tensor(json, "values"))
      let (total, gradients) = try valueAndGradient(at: [logits, values]) { try loss($0[0], $0[1]).total }
      let parts = try loss(logits, values)
      let found = [total, parts.policy, parts.value, parts.entropy, parts.divergence].map { $0.item() }
      let wanted = try ["loss", "policy", "value", "entropy", "divergence"].map { try #require(json[$0]?.double) }
      #expect(distance(found, wanted) < 1e-9, "case \(number)")
      #expect(distance(gradients[0].scalars(Double.self), try json.numbers("logits_gradient")) < 1e-9, "case \(number)")
      #expect(distance(gradients[1].scalars(Double.self), try json.numbers("values_gradient")) < 1e-9, "case \(number)")
    }
  }

  @Test func lossesOfDeepQLearningAreThoseOfPyTorch() throws {
    let fixture = try RLFixture.load("agents")
    let (batch, actions) = (try #require(fixture["batch"]?.int), try #require(fixture["actions"]?.int))
    for (number, json) in try #require(fixture["deep_q"]?.array).enumerated() {
      let goals = temporalDifferenceTargets(
        rewards: try Self.tensor(json, "rewards"), next: try Self.tensor(json, "target", [batch, actions]),
        choosing: json["double"]?.bool == true ? try Self.tensor(json, "choosing", [batch, actions]) : nil,
        terminated: try Self.tensor(json, "terminated"), discount: 0.97)
      #expect(distance(goals.scalars(Double.self), try json.numbers("goals")) < 1e-12, "case \(number)")
      let (loss, gradients) = try valueAndGradient(at: [try Self.tensor(json, "own", [batch, actions])]) {
        temporalDifferenceLoss(
          $0[0], actions: Tensor(try json.numbers("actions").map { Int32($0) }), targets: goals,
          weights: try Self.tensor(json, "weights"), isHuber: json["huber"]?.bool == true
        ).loss
      }
      #expect((loss.item() - (try #require(json["loss"]?.double))).magnitude < 1e-10, "case \(number)")
      #expect(distance(gradients[0].scalars(Double.self), try json.numbers("gradient")) < 1e-10, "case \(number)")
    }
  }

  @Test func theHeadsOfADuellingNetworkAreAddedUp() throws {
    var key = RandomKey(2)
    let network = QNetwork(observationSize: 4, actions: 3, isDueling: true, key: &key)
    let x = Tensor.normal([5, 4], key: &key)
    let hidden = network.network(x)
    let (value, advantage) = (network.value!(hidden).doubles(), network.advantage!(hidden).doubles())
    let found = network(x).doubles()
    for row in 0..<5 {
      let own = Array(advantage[(3 * row)..<(3 * row + 3)])
      for action in 0..<3 {
        let expected = value[row] + own[action] - own.reduce(0, +) / 3
        #expect((found[3 * row + action] - expected).magnitude < 1e-6)
      }
    }
    // PyTorch's shapes and CleanRL's keys.
    let plain = QNetwork(observationSize: 4, actions: 2, key: &key)
    #expect(plain.entries.map(\.path).prefix(2) == ["network.0.weight", "network.0.bias"])
    #expect(plain.parameterCount == 5 * 120 + 121 * 84 + 85 * 2)
    let actor = ActorCriticNetwork(observationSize: 4, actions: 2, key: &key)
    #expect(actor.entries.map(\.path).first == "critic.0.weight" && actor.entries.count == 12)
    #expect(actor.parameterCount == 2 * (5 * 64 + 65 * 64) + 65 + 65 * 2)
  }

  /// The mean reward of the last episodes while an agent learns for so many steps.
  private static func learn(_ agent: any DeepAgent, steps: Int) -> (first: Double, last: Double) {
    var rewards: [Double] = []
    while agent.stepsDone < steps { rewards += agent.advance().map(\.reward) }
    func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(max(1, part.count)) }
    return (mean(rewards.prefix(20)), mean(rewards.suffix(10)))
  }

  @Test func proximalPolicyOptimizationLearns() {
    var options = ActorCriticOptions.proximal
    options.totalSteps = 30_000
    let agent = ActorCritic(CartPole(), options: options, seed: 1)
    let (first, last) = Self.learn(agent, steps: options.totalSteps)
    #expect(first < 60 && last > 100, "\(first) to \(last)")
    let judged = agent.evaluate(CartPole(), episodes: 20, seed: 5)
    #expect(judged.count == 20 && judged.reduce(0, +) / 20 > 150, "\(judged)")
  }

  @Test func advantageActorCriticLearns() {
    var options = ActorCriticOptions.advantage
    options.totalSteps = 40_000
    let (first, last) = Self.learn(ActorCritic(CartPole(), options: options, seed: 1), steps: options.totalSteps)
    #expect(first < 60 && last > 90, "\(first) to \(last)")
  }

  @Test(arguments: [false, true])
  func deepQLearningLearns(_ isRainbow: Bool) {
    var options = DQNOptions()
    options.totalSteps = 20_000
    (options.learningStarts, options.trainingInterval, options.learningRate) = (1000, 4, 1e-3)
    (options.isDouble, options.isDueling, options.priorityExponent) = (isRainbow, isRainbow, isRainbow ? 0.6 : nil)
    let (first, last) = Self.learn(DQN(CartPole(), options: options, seed: 1), steps: options.totalSteps)
    #expect(first < 60 && last > 100, "\(first) to \(last)")
  }

  @Test func reinforceLearns() {
    var options = ReinforceOptions()
    options.totalSteps = 30_000
    let (first, last) = Self.learn(Reinforce(CartPole(), options: options, seed: 1), steps: options.totalSteps)
    #expect(first < 60 && last > 100, "\(first) to \(last)")
  }

  @Test func theSameSeedIsTheSameAgent() throws {
    for name in AgentRecipe.all.map(\.name) {
      let recipe = try #require(AgentRecipe.named(name))
      let runs = (0..<2).map { _ -> [Float] in
        let agent = recipe.make(2000, recipe.learningRate, 3)
        while agent.stepsDone < 2000 { _ = agent.advance() }
        return agent.model.entries.flatMap { $0.slot.tensor!.scalars() }
      }
      #expect(runs[0] == runs[1] && runs[0].allSatisfy(\.isFinite), "\(name)")
    }
  }

  /// An agent that is read from what another wrote goes on as that one does.
  @Test func whatIsWrittenGoesOnToTheSameBits() throws {
    for recipe in AgentRecipe.all {
      func parameters(_ agent: any DeepAgent) -> [Float] { agent.model.entries.flatMap { $0.slot.tensor!.scalars() } }
      // CleanRL's deep Q-learning begins to learn after 10,000 steps.
      let startsLate = ["dqn-cartpole", "rainbow-cartpole", "dqn-acrobot"].contains(recipe.name)
      let steps = startsLate ? 12_000 : 3000
      let agent = recipe.make(steps, recipe.learningRate, 3)
      while agent.stepsDone < steps - 1000 { _ = agent.advance() }
      let writer = AgentCoder()
      try agent.code(writer)
      let other = recipe.make(steps, recipe.learningRate, 4)
      try other.code(AgentCoder(reading: writer.tensors))
      #expect(other.stepsDone == agent.stepsDone && parameters(other) == parameters(agent))
      while agent.stepsDone < steps {
        let (episodes, others) = (agent.advance(), other.advance())
        #expect(episodes == others, "\(recipe.name)")
      }
      #expect(parameters(other) == parameters(agent), "\(recipe.name)")

      func problem(_ tensors: [(name: String, tensor: Tensor)]) -> String? {
        do {
          try recipe.make(steps, recipe.learningRate, 3).code(AgentCoder(reading: tensors))
          return nil
        } catch { return "\(error)" }
      }
      #expect(problem(writer.tensors.filter { $0.name != "random" }) == "it lacks random")
      let longer = writer.tensors.map { ($0.name, $0.name == "random" ? Tensor([UInt64(1), 2]) : $0.tensor) }
      #expect(problem(longer) == "random is uint64[2], this agent expects uint64[1]")
      let negative = writer.tensors.map { ($0.name, $0.name == "steps" ? Tensor([-1]) : $0.tensor) }
      #expect(problem(negative)?.hasPrefix("steps has -1, expected 0 to ") == true)
    }
  }
}
