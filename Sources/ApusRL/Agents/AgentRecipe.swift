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

  private init<E: DiscreteControlEnvironment>(
    _ name: String, _ summary: String, _ task: ControlTask<E>, totalSteps: Int, learningRate: Double,
    make: @escaping @Sendable (Int, Double, UInt64) -> any DeepAgent
  ) {
    (self.name, self.summary, environment, threshold) = (name, summary, task.name, task.threshold)
    (self.totalSteps, self.learningRate, self.make) = (totalSteps, learningRate, make)
    evaluate = { $0.evaluate(E(), episodes: $1, seed: $2) }
    episode = { $0.episode(E(), seed: $1) }
  }

  /// All recipes, in the order in which they are listed.
  public static let all: [AgentRecipe] = [
    deepQ("dqn-cartpole", "Deep Q-learning that balances a pole", .cartPole, DQNOptions()),
    deepQ("rainbow-cartpole", "Deep Q-learning, double, duelling and with priorities", .cartPole, .rainbow),
    actorCritic("ppo-cartpole", "Proximal policy optimization that balances a pole", .cartPole, .proximal),
    actorCritic("a2c-cartpole", "Advantage actor–critic that balances a pole", .cartPole, .advantage),
    reinforce("reinforce-cartpole", "REINFORCE with a baseline that balances a pole", .cartPole),
    deepQ("dqn-acrobot", "Deep Q-learning that swings two links up", .acrobot, DQNOptions()),
    actorCritic("ppo-acrobot", "Proximal policy optimization that swings two links up", .acrobot, .proximal),
  ]

  /// The recipe by that name, if there is one.
  public static func named(_ name: String) -> AgentRecipe? { all.first { $0.name == name } }

  private static func deepQ<E>(
    _ name: String, _ summary: String, _ task: ControlTask<E>, _ options: DQNOptions
  ) -> AgentRecipe {
    AgentRecipe(name, summary, task, totalSteps: options.totalSteps, learningRate: options.learningRate) {
      var options = options
      (options.totalSteps, options.learningRate) = ($0, $1)
      return DQN(E(), options: options, seed: $2)
    }
  }

  private static func actorCritic<E>(
    _ name: String, _ summary: String, _ task: ControlTask<E>, _ options: ActorCriticOptions
  ) -> AgentRecipe {
    AgentRecipe(name, summary, task, totalSteps: options.totalSteps, learningRate: options.learningRate) {
      var options = options
      (options.totalSteps, options.learningRate) = ($0, $1)
      return ActorCritic(E(), options: options, seed: $2)
    }
  }

  private static func reinforce<E>(_ name: String, _ summary: String, _ task: ControlTask<E>) -> AgentRecipe {
    let options = ReinforceOptions()
    return AgentRecipe(name, summary, task, totalSteps: options.totalSteps, learningRate: options.learningRate) {
      var options = options
      (options.totalSteps, options.learningRate) = ($0, $1)
      return Reinforce(E(), options: options, seed: $2)
    }
  }
}

/// An environment with Gymnasium's name for it and the mean reward of 100 episodes from which it counts as solved there.
private struct ControlTask<E: DiscreteControlEnvironment> {
  let name: String
  let threshold: Double
}

extension ControlTask<CartPole> {
  static var cartPole: Self { Self(name: "CartPole-v1", threshold: 475) }
}

extension ControlTask<Acrobot> {
  static var acrobot: Self { Self(name: "Acrobot-v1", threshold: -100) }
}
