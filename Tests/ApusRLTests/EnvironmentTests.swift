import Apus
import Testing

/// Environments against Gymnasium's (fixture_decisions.py), step by step from its states.
@Suite struct EnvironmentTests {
  private static func follow<E: ControlEnvironment>(
    _: E.Type, _ name: String, _ action: (Double) -> E.Action
  ) throws {
    let episodes = try #require(try RLFixture.load("environments")[name]?.array)
    var random = SplitMix64(seed: 0)
    var (steps, ends) = (0, 0)
    for episode in episodes {
      let (states, actions) = (try episode.rows("states"), try episode.numbers("actions"))
      let rewards = try episode.numbers("rewards")
      var environment = E()
      var last: EnvironmentStep<[Float]>?
      for step in actions.indices {
        environment.state = states[step]
        let next = environment.step(action(actions[step]), &random)
        #expect(distance(environment.state, states[step + 1]) < 1e-6, "\(name) step \(steps)")
        #expect((next.reward - rewards[step]).magnitude < 1e-6, "\(name) step \(steps)")
        if step < actions.count - 1 { #expect(!next.isTerminated, "\(name) step \(steps)") }
        last = next
        steps += 1
      }
      let isOver = try #require(episode["terminated"]?.bool as Bool?)
      if isOver { ends += 1 }
      #expect(last?.isTerminated == isOver, "\(name)")
      #expect(distance(last!.observation.map(Double.init), try episode.numbers("observation")) < 1e-6, "\(name)")
    }
    #expect(steps == 1000)
    if name != "Pendulum-v1" { #expect(ends > 0, "\(name) never ends") }
  }

  @Test func cartPoleMovesAsGymnasiums() throws { try Self.follow(CartPole.self, "CartPole-v1") { Int($0) } }
  @Test func mountainCarMovesAsGymnasiums() throws { try Self.follow(MountainCar.self, "MountainCar-v0") { Int($0) } }
  @Test func continuousMountainCarMovesAsGymnasiums() throws {
    try Self.follow(ContinuousMountainCar.self, "MountainCarContinuous-v0") { $0 }
  }
  @Test func acrobotMovesAsGymnasiums() throws { try Self.follow(Acrobot.self, "Acrobot-v1") { Int($0) } }
  @Test func pendulumMovesAsGymnasiums() throws { try Self.follow(Pendulum.self, "Pendulum-v1") { $0 } }

  @Test func copiesBeginAnewWhereTheyEnd() throws {
    var environment = VectorEnvironment(CartPole(), count: 3, seed: 4)
    var lengths = [Int](repeating: 0, count: 3)
    var ended: [Int] = []
    for _ in 0..<200 {
      let before = environment.observations
      // The second copy is balanced by a simple rule, the others are pushed to one side.
      let step = environment.step([0, before[1][2] + before[1][3] > 0 ? 1 : 0, 1])
      for copy in 0..<3 {
        lengths[copy] += 1
        #expect(step.rewards[copy] == 1)
        #expect((step.finalObservations[copy] != nil) == (step.isTerminated[copy] || step.isTruncated[copy]))
        if step.isTerminated[copy] {
          ended.append(lengths[copy])
          lengths[copy] = 0
          #expect(step.observations[copy].allSatisfy { $0.magnitude <= 0.05 })
          #expect(step.finalObservations[copy]![2].magnitude > 0.2)
        }
      }
    }
    let episodes = environment.takeEpisodes()
    #expect(episodes.map(\.length) == ended && episodes.allSatisfy { $0.reward == Double($0.length) })
    #expect(ended.count > 20 && ended.allSatisfy { $0 >= 8 } && environment.takeEpisodes().isEmpty)
  }

  @Test func whatTakesTooLongIsCutOff() throws {
    var environment = VectorEnvironment(Pendulum(), count: 2, seed: 1)
    for number in 1...200 {
      let step = environment.step([0, 1])
      #expect(step.isTruncated == [Bool](repeating: number == 200, count: 2) && step.isTerminated == [false, false])
    }
    #expect(environment.takeEpisodes().map(\.length) == [200, 200])
  }

  /// How often each outcome comes, against its probability.
  @Test func processesAreActedInByChance() throws {
    let process = try #require(ClassicalModel.named("russell-norvig")).make()
    var (environment, random) = (ProcessEnvironment(process), SplitMix64(seed: 3))
    var counts: [Int: Int] = [:]
    for _ in 0..<20_000 {
      let start = environment.reset(&random)
      #expect(start == process.initialStates[0])
      let step = environment.step(0, &random)
      counts[step.observation, default: 0] += 1
      #expect(step.reward == -0.04 && !step.isTerminated)
    }
    // Up 0.8, right 0.1, against the wall 0.1; deviations below 4 σ.
    #expect(counts.keys.sorted() == [4, 7, 8])
    for (state, share) in [(4, 0.8), (7, 0.1), (8, 0.1)] {
      let deviation = (20_000 * share * (1 - share)).squareRoot()
      #expect((Double(counts[state]!) - 20_000 * share).magnitude < 4 * deviation)
    }
  }

  /// The 10-armed testbed: shares of best choices after 1000 steps as in figures 2.2 to 2.5 of Sutton & Barto.
  @Test func banditsAreLearnedAsInTheBook() throws {
    func share(_ strategy: BanditStrategy) -> Double {
      var (random, best) = (SplitMix64(seed: 17), 0)
      for _ in 0..<300 {
        let bandit = Bandit(random: &random)
        let top = bandit.means.firstIndex(of: bandit.means.max()!)!
        best += strategy.play(bandit, steps: 1000, random: &random).arms.suffix(100).count { $0 == top }
      }
      return Double(best) / 30_000
    }
    let (greedy, careful) = (share(.epsilonGreedy(0)), share(.epsilonGreedy(0.1)))
    #expect(0.28...0.45 ~= greedy && 0.72...0.87 ~= careful, "\(greedy) \(careful)")
    let (hopeful, bounded) = (share(.epsilonGreedy(0, initialValue: 5, stepSize: 0.1)), share(.upperConfidence(2)))
    #expect(0.75...0.92 ~= hopeful && 0.75...0.92 ~= bounded, "\(hopeful) \(bounded)")
    let gradient = share(.gradient(stepSize: 0.1))
    #expect(0.70...0.9 ~= gradient, "\(gradient)")
  }
}
