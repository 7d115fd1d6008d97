/// Where the states of a model lie on a grid.
public struct GridLayout: Hashable, Sendable {
  public let rows: Int
  public let columns: Int
  /// Row by row from the top: the state of each cell, nil for a wall.
  public let states: [Int?]
  /// What the map has in each cell.
  public let marks: [String]
  /// Where each action leads without chance, in cells down and to the right; nil for what is no move.
  public let moves: [Move?]

  /// A step on the grid.
  public struct Move: Hashable, Sendable {
    public let down: Int
    public let right: Int
    public let name: String
    /// ↑ and so on.
    public let arrow: String

    public static let up = Move(down: -1, right: 0, name: "up", arrow: "↑")
    public static let right = Move(down: 0, right: 1, name: "right", arrow: "→")
    public static let down = Move(down: 1, right: 0, name: "down", arrow: "↓")
    public static let left = Move(down: 0, right: -1, name: "left", arrow: "←")
    public static let upRight = Move(down: -1, right: 1, name: "up-right", arrow: "↗")
    public static let downRight = Move(down: 1, right: 1, name: "down-right", arrow: "↘")
    public static let downLeft = Move(down: 1, right: -1, name: "down-left", arrow: "↙")
    public static let upLeft = Move(down: -1, right: -1, name: "up-left", arrow: "↖")
    public static let stay = Move(down: 0, right: 0, name: "stay", arrow: "·")

    /// Clockwise from up, and staying.
    public static let all: [Move] = [.up, .upRight, .right, .downRight, .down, .downLeft, .left, .upLeft, .stay]

    /// The move a quarter of a turn to the right, `quarters` times.
    func turned(_ quarters: Int) -> Move {
      guard let place = Self.all.firstIndex(of: self), self != .stay else { return self }
      return Self.all[((place + 2 * quarters) % 8 + 8) % 8]
    }
  }

  public init(rows: Int, columns: Int, states: [Int?], marks: [String], moves: [Move?]) {
    precondition(states.count == rows * columns && marks.count == states.count, "GridLayout: cells are missing")
    (self.rows, self.columns, self.states, self.marks, self.moves) = (rows, columns, states, marks, moves)
  }

  /// The row and column of a state, if it has a cell.
  public func place(of state: Int) -> (row: Int, column: Int)? {
    states.firstIndex(of: state).map { ($0 / columns, $0 % columns) }
  }
}
