import ApusData

/// A frozen lake of any size: as FrozenLake's, with a hole in about each tenth cell, from the upper left to the lower
/// right. It has no layout, so that there may be as many cells as memory holds.
public enum SlipperyLake {
  /// Cell r·columns + c is a hole where the first number of SplitMix64 seeded with it leaves 0 when divided by 10.
  static func isHole(_ cell: Int, of count: Int) -> Bool {
    if cell == 0 || cell == count - 1 { return false }
    var generator = SplitMix64(seed: UInt64(cell))
    return generator.next() % 10 == 0
  }

  /// The lake of so many cells: left, down, right and up, each a third as meant and a third to either side.
  public static func process(rows: Int, columns: Int) throws(ModelError) -> MarkovDecisionProcess {
    guard rows > 0, columns > 0, rows.multipliedReportingOverflow(by: columns).partialValue <= 1 << 27 else {
      throw ModelError("a lake of \(rows) × \(columns) cells, expected at most \(1 << 27) cells")
    }
    let count = rows * columns
    var (starts, successors, rewards) = ([Int32](), [Int32](), [Double]())
    starts.reserveCapacity(4 * count + 1)
    successors.reserveCapacity(12 * count)
    rewards.reserveCapacity(4 * count)
    starts.append(0)
    for cell in 0..<count {
      let isEnd = cell == count - 1 || isHole(cell, of: count)
      let (row, column) = (cell / columns, cell % columns)
      let around = [
        Int32(column > 0 ? cell - 1 : cell), Int32(row < rows - 1 ? cell + columns : cell),
        Int32(column < columns - 1 ? cell + 1 : cell), Int32(row > 0 ? cell - columns : cell),
      ]
      for action in 0..<4 {
        var reward = 0.0
        if !isEnd {
          for turn in [3, 0, 1] {
            let next = around[(action + turn) & 3]
            successors.append(next)
            if next == count - 1 { reward += 1.0 / 3 }
          }
        }
        rewards.append(reward)
        starts.append(Int32(successors.count))
      }
    }
    return try MarkovDecisionProcess(
      states: count, actions: 4, starts: starts, successors: successors,
      probabilities: [Double](repeating: 1.0 / 3, count: successors.count), rewards: rewards)
  }
}
