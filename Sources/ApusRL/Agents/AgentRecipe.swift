/// An agent and an environment that together reach a stated reward: what `apus train` is told.
public struct AgentRecipe: Sendable {
  public let name: String
  public let summary: String
  /// Gymnasium's name of the environment.
  public let environment: String
  /// The mean reward of 100 episodes from which it counts as solved.
  public let threshold: Double
  public let totalSteps: Int
  public let learningRate: Double
  /// A new agent, for so many steps and with a learning rate.
  public let make: @Sendable (_ totalSteps: Int, _ learningRate: Double, _ seed: UInt64) -> any DeepAgent
  /// The rewards of so many episodes in which an agent does its best.
  public let evaluate: @Sendable (_ agent: any DeepAgent, _ episodes: Int, _ seed: UInt64) -> [Double]
  /// The states of one such episode.
  public let episode: @Sendable (_ agent: any DeepAgent, _ seed: UInt64) -> [[Double]]

  init<E: DiscreteControlEnvironment>(
    name: String, summary: String, environment: String, _: E.Type, threshold: Double, totalSteps: Int,
    learningRate: Double, make: @escaping @Sendable (Int, Double, UInt64) -> any DeepAgent
  ) {
    (self.name, self.summary, self.environment) = (name, summary, environment)
    (self.threshold, self.totalSteps, self.learningRate, self.make) = (threshold, totalSteps, learningRate, make)
    evaluate = { $0.evaluate(E(), episodes: $1, seed: $2) }
    episode = { $0.episode(E(), seed: $1) }
  }

  /// All recipes, in the order in which they are listed.
  public static let all: [AgentRecipe] = [
    cartPole("dqn-cartpole", "Deep Q-learning that balances a pole", DQNOptions().learningRate) {
      var options = DQNOptions()
      (options.totalSteps, options.learningRate) = ($0, $1)
      return DQN(CartPole(), options: options, seed: $2)
    },
    cartPole(
      "rainbow-cartpole", "Deep Q-learning, double, duelling and with priorities", DQNOptions().learningRate
    ) {
      var options = DQNOptions()
      (options.totalSteps, options.learningRate) = ($0, $1)
      (options.isDouble, options.isDueling, options.priorityExponent) = (true, true, 0.6)
      return DQN(CartPole(), options: options, seed: $2)
    },
    cartPole("ppo-cartpole", "Proximal policy optimization that balances a pole", ActorCriticOptions().learningRate) {
      var options = ActorCriticOptions.proximal
      (options.totalSteps, options.learningRate) = ($0, $1)
      return ActorCritic(CartPole(), options: options, seed: $2)
    },
    cartPole("a2c-cartpole", "Advantage actor–critic that balances a pole", ActorCriticOptions.advantage.learningRate) {
      var options = ActorCriticOptions.advantage
      (options.totalSteps, options.learningRate) = ($0, $1)
      return ActorCritic(CartPole(), options: options, seed: $2)
    },
    cartPole("reinforce-cartpole", "REINFORCE with a baseline that balances a pole", ReinforceOptions().learningRate) {
      var options = ReinforceOptions()
      (options.totalSteps, options.learningRate) = ($0, $1)
      return Reinforce(CartPole(), options: options, seed: $2)
    },
  ]

  /// The recipe by that name, if there is one.
  public static func named(_ name: String) -> AgentRecipe? { all.first { $0.name == name } }

  private static func cartPole(
    _ name: String, _ summary: String, _ learningRate: Double,
    make: @escaping @Sendable (Int, Double, UInt64) -> any DeepAgent
  ) -> AgentRecipe {
    AgentRecipe(
      name: name, summary: summary, environment: "CartPole-v1", CartPole.self, threshold: 475, totalSteps: 500_000,
      learningRate: learningRate, make: make)
  }
}
