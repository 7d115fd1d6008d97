/// A model that books and libraries use, by name.
public struct ClassicalModel: Sendable {
  /// What `apus solve` is told.
  public let name: String
  public let summary: String
  /// A new one.
  public let make: @Sendable () -> MarkovDecisionProcess

  /// All that are built in, in the order in which they are listed.
  public static let all: [ClassicalModel] = [
    ClassicalModel(name: "russell-norvig", summary: "4 × 3 world with slips (Russell & Norvig, figure 17.1)") {
      grid(russellNorvig)
    },
    ClassicalModel(name: "jumps", summary: "5 × 5 grid with two jumps (Sutton & Barto 2018, example 3.5)") {
      grid(jumps)
    },
    ClassicalModel(name: "corners", summary: "4 × 4 grid that ends in two corners (Sutton & Barto, example 4.1)") {
      grid(corners)
    },
    ClassicalModel(name: "windy", summary: "7 × 10 grid with a wind upwards (Sutton & Barto, example 6.5)") {
      grid(windy)
    },
    ClassicalModel(name: "windy-king", summary: "the same with eight moves (Sutton & Barto, exercise 6.9)") {
      grid("moves: 8\n" + windy)
    },
    ClassicalModel(name: "cliff-walking", summary: "4 × 12 grid above a cliff; Gymnasium's CliffWalking-v1") {
      grid(cliff)
    },
    ClassicalModel(name: "frozen-lake", summary: "4 × 4 slippery lake; Gymnasium's FrozenLake-v1") {
      grid(lake + frozenLake4)
    },
    ClassicalModel(name: "frozen-lake-8x8", summary: "8 × 8 slippery lake; Gymnasium's FrozenLake8x8-v1") {
      grid(lake + frozenLake8)
    },
    ClassicalModel(name: "taxi", summary: "a taxi and its passenger; Gymnasium's Taxi-v4 (Dietterich 2000)") {
      Taxi.process
    },
    ClassicalModel(name: "recycling-robot", summary: "a robot that looks for cans (Sutton & Barto, example 3.3)") {
      recyclingRobot
    },
    ClassicalModel(name: "gambler", summary: "stakes on a coin of 0.4 (Sutton & Barto, example 4.3)") {
      gambler(heads: 0.4)
    },
    ClassicalModel(name: "car-rental", summary: "Jack's two places of cars (Sutton & Barto, example 4.2)") {
      CarRental().process
    },
  ]

  /// The model of that name, if there is one.
  public static func named(_ name: String) -> ClassicalModel? { all.first { $0.name == name } }

  private static func grid(_ text: String) -> MarkovDecisionProcess {
    do { return try GridWorld.process(text) } catch { preconditionFailure("\(error)") }
  }

  /// With a battery that is high or low: to search, to wait, to recharge when it is low.
  private static var recyclingRobot: MarkovDecisionProcess {
    do {
      var process = try MarkovDecisionProcess(states: 2, actions: 3) { state, action in
        switch (state, action) {
        case (0, 0): [.init(0.8, 0, reward: 2), .init(0.2, 1, reward: 2)]
        case (0, 1): [.init(1, 0, reward: 1)]
        case (1, 0): [.init(0.6, 1, reward: 2), .init(0.4, 0, reward: -3)]
        case (1, 1): [.init(1, 1, reward: 1)]
        case (1, 2): [.init(1, 0)]
        default: []
        }
      }
      process.stateNames = ["high", "low"]
      process.actionNames = ["search", "wait", "recharge"]
      process.usualDiscount = 0.9
      return process
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Each capital from 1 to 99 is staked on a coin that falls right at `heads`; a reward of 1 for reaching 100.
  static func gambler(heads: Double) -> MarkovDecisionProcess {
    do {
      var process = try MarkovDecisionProcess(states: 101, actions: 50) { capital, action in
        let stake = action + 1
        guard 1...99 ~= capital, stake <= min(capital, 100 - capital) else { return [] }
        let won = capital + stake
        return [.init(heads, won, reward: won == 100 ? 1 : 0), .init(1 - heads, capital - stake)]
      }
      process.actionNames = (1...50).map { "\($0)" }
      return process
    } catch {
      preconditionFailure("\(error)")
    }
  }

  // MARK: Maps

  private static let russellNorvig = """
    reward: -0.04
    slip: 0.8 0.1 0.1
    . . . +1
    . # . -1
    S . . .
    """

  private static let jumps = """
    discount: 0.9
    bump: -1
    cell A: jump a reward 10
    cell a: free
    cell B: jump b reward 5
    cell b: free
    . A . B .
    . . . . .
    . . . b .
    . . . . .
    . a . . .
    """

  private static let corners = """
    reward: -1
    cell T: end
    T . . .
    . . . .
    . . . .
    . . . T
    """

  private static let windy = """
    reward: -1
    wind: 0 0 0 1 1 1 2 2 1 0
    cell G: end
    . . . . . . . . . .
    . . . . . . . . . .
    . . . . . . . . . .
    S . . . . . . G . .
    . . . . . . . . . .
    . . . . . . . . . .
    . . . . . . . . . .
    """

  private static let cliff = """
    reward: -1
    cell C: start reward -100
    cell G: end
    . . . . . . . . . . . .
    . . . . . . . . . . . .
    . . . . . . . . . . . .
    S C C C C C C C C C C G
    """

  private static let lake = """
    discount: 0.99
    moves: left down right up
    slip: 0.3333333333333333 0.3333333333333333 0.3333333333333333
    cell H: end
    cell G: end reward 1

    """

  private static let frozenLake4 = """
    S...
    .H.H
    ...H
    H..G
    """

  private static let frozenLake8 = """
    S.......
    ........
    ...H....
    .....H..
    ...H....
    .HH...H.
    .H..H.H.
    ...H...G
    """
}
