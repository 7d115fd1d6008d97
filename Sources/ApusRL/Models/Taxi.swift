/// Dietterich's taxi (2000), as Gymnasium's Taxi-v4 (and v3) numbers it, and one more state for the end.
enum Taxi {
  private static let map = [
    "|R: | : :G|",
    "| : | : : |",
    "| : : : : |",
    "| | : | : |",
    "|Y| : |B: |",
  ].map(Array.init)
  private static let stops: [(row: Int, column: Int)] = [(0, 0), (0, 4), (4, 0), (4, 3)]
  private static let delivered = 500

  private static func number(_ row: Int, _ column: Int, _ passenger: Int, _ goal: Int) -> Int {
    ((row * 5 + column) * 5 + passenger) * 4 + goal
  }

  /// South, north, east, west, pick up, drop off.
  private static func outcome(_ state: Int, _ action: Int) -> MarkovDecisionProcess.Outcome {
    let (goal, passenger) = (state % 4, state / 4 % 5)
    var (row, column) = (state / 100, state / 20 % 5)
    let stop = stops.firstIndex { $0.row == row && $0.column == column }
    switch action {
    case 0: row = min(row + 1, 4)
    case 1: row = max(row - 1, 0)
    case 2: if map[row][2 * column + 2] == ":" { column += 1 }
    case 3: if map[row][2 * column] == ":" { column -= 1 }
    case 4:
      if passenger < 4, stop == passenger { return .init(1, number(row, column, 4, goal), reward: -1) }
      return .init(1, state, reward: -10)
    default:
      guard passenger == 4, let stop else { return .init(1, state, reward: -10) }
      return stop == goal ? .init(1, delivered, reward: 20) : .init(1, number(row, column, stop, goal), reward: -1)
    }
    return .init(1, number(row, column, passenger, goal), reward: -1)
  }

  static var process: MarkovDecisionProcess {
    do {
      var process = try MarkovDecisionProcess(states: 501, actions: 6) { state, action in
        state == delivered ? [] : [outcome(state, action)]
      }
      process.actionNames = ["south", "north", "east", "west", "pick up", "drop off"]
      process.initialStates = (0..<500).filter { $0 / 4 % 5 < 4 && $0 / 4 % 5 != $0 % 4 }
      process.usualDiscount = 0.99
      return process
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
