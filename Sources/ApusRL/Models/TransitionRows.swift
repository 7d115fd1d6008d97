/// Rows of probabilities, of which only those above 0 are kept: compressed rows.
public struct TransitionRows: Hashable, Sendable {
  /// Row `r` has the entries `starts[r]..<starts[r + 1]`.
  public let starts: [Int32]
  /// The state that each entry leads to.
  public let successors: [Int32]
  public let probabilities: [Double]

  /// - Parameters:
  ///   - starts: One more than there are rows, from 0 on, never falling.
  ///   - successors: Of each entry, from 0 to below `states`.
  ///   - states: How many states there are.
  ///   - actions: How many rows a state has; only for what is said of mistakes.
  /// - Throws: A ``ModelError`` that names the state, the action and the sum, unless each row is empty or sums to 1.
  public init(
    starts: [Int32], successors: [Int32], probabilities: [Double], states: Int, actions: Int = 1
  ) throws(ModelError) {
    guard states > 0, actions > 0, states <= Int(Int32.max) else {
      throw ModelError("\(states) states with \(actions) actions, expected at least one of each")
    }
    guard starts.count == states * actions + 1, starts.first == 0 else {
      throw ModelError(
        "\(starts.count) starts of rows from \(starts.first ?? -1) on, expected \(states * actions + 1) from 0 on")
    }
    guard successors.count == probabilities.count, Int(starts[starts.count - 1]) == successors.count else {
      throw ModelError(
        "\(successors.count) successors, \(probabilities.count) probabilities and rows up to "
          + "\(starts[starts.count - 1]), expected as many of each")
    }
    for row in 0..<(states * actions) {
      let (first, last) = (Int(starts[row]), Int(starts[row + 1]))
      guard first <= last, last <= successors.count else {
        throw Self.mistake(row, actions, "entries \(first) to \(last), expected them in order")
      }
      if first == last { continue }
      var sum = 0.0
      for entry in first..<last {
        guard successors[entry] >= 0, Int(successors[entry]) < states else {
          throw Self.mistake(row, actions, "leads to state \(successors[entry]), expected 0 to \(states - 1)")
        }
        let probability = probabilities[entry]
        guard probability >= 0, probability <= 1 + sumTolerance else {
          throw Self.mistake(
            row, actions, "the probability of state \(successors[entry]) is \(probability), expected 0 to 1")
        }
        sum += probability
      }
      guard (sum - 1).magnitude <= sumTolerance else {
        throw Self.mistake(row, actions, "the probabilities sum to \(sum), expected 1", sum: sum)
      }
    }
    (self.starts, self.successors, self.probabilities) = (starts, successors, probabilities)
  }

  /// The rows of a matrix; what is 0 is left out.
  public init(_ matrix: [[Double]]) throws(ModelError) {
    var builder = RowBuilder()
    for (state, row) in matrix.enumerated() {
      guard row.count == matrix.count else {
        throw ModelError(
          "state \(state): \(row.count) probabilities, expected one for each of \(matrix.count) states", state: state)
      }
      for (next, probability) in row.enumerated() where probability != 0 { builder.add(next, probability) }
      builder.endRow()
    }
    try self.init(
      starts: builder.starts, successors: builder.successors, probabilities: builder.probabilities,
      states: matrix.count)
  }

  private static func mistake(_ row: Int, _ actions: Int, _ problem: String, sum: Double? = nil) -> ModelError {
    let (state, action) = (row / actions, row % actions)
    let place = actions == 1 ? "state \(state)" : "state \(state), action \(action)"
    return ModelError("\(place): \(problem)", state: state, action: actions == 1 ? nil : action, sum: sum)
  }

  /// How many rows there are.
  public var count: Int { starts.count - 1 }

  /// The entries of a row.
  public func entries(_ row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

  /// The most entries that a row has.
  public var longestRow: Int { (0..<count).reduce(0) { max($0, entries($1).count) } }

  /// What a row gives when weighted by its probabilities: its expectation of some numbers of the states.
  @inline(__always)
  func expectation(_ row: Int, of values: [Double]) -> Double {
    var sum = 0.0
    for entry in entries(row) { sum += probabilities[entry] * values[Int(successors[entry])] }
    return sum
  }
}

/// Rows as they are written one after another.
struct RowBuilder {
  private(set) var starts: [Int32] = [0]
  private(set) var successors: [Int32] = []
  private(set) var probabilities: [Double] = []

  mutating func add(_ state: Int, _ probability: Double) {
    successors.append(Int32(clamping: state))
    probabilities.append(probability)
  }

  mutating func endRow() { starts.append(Int32(clamping: successors.count)) }
}
