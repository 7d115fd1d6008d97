/// A function of n truth values to one, as its table.
public struct BooleanFunction: Hashable, Sendable {
  /// How many inputs it has, 0 to 6.
  public let inputs: Int
  /// Bit k is the value where input i is bit i of k.
  public let table: UInt64

  /// - Parameter table: Bit k is the value where input i is bit i of k; bits beyond the table are left out.
  public init(inputs: Int, table: UInt64) {
    precondition(0...6 ~= inputs, "BooleanFunction: \(inputs) inputs, expected 0 to 6")
    self.inputs = inputs
    self.table = inputs == 6 ? table : table & ((1 << (1 << inputs)) - 1)
  }

  public static let and = BooleanFunction(inputs: 2, table: 0b1000)
  public static let or = BooleanFunction(inputs: 2, table: 0b1110)
  public static let xor = BooleanFunction(inputs: 2, table: 0b0110)

  public func callAsFunction(_ values: [Bool]) -> Bool {
    precondition(values.count == inputs, "BooleanFunction: \(values.count) values for \(inputs) inputs")
    return self[values.enumerated().reduce(0) { $0 | ($1.element ? 1 << $1.offset : 0) }]
  }

  /// The value at row k of the table.
  public subscript(row: Int) -> Bool { table >> UInt64(row) & 1 == 1 }

  /// How many rows the table has, 2ⁿ.
  public var rowCount: Int { 1 << inputs }

  /// The inputs of each row as whole numbers, 0 and 1.
  public var points: [[Int]] { (0..<rowCount).map { row in (0..<inputs).map { row >> $0 & 1 } } }
  /// The value of each row.
  public var labels: [Bool] { (0..<rowCount).map { self[$0] } }

  /// All 2^(2ⁿ) functions of so many inputs, 0 to 4 (65,536 functions).
  public static func all(inputs: Int) -> [BooleanFunction] {
    precondition(0...4 ~= inputs, "BooleanFunction: all functions of \(inputs) inputs, expected 0 to 4")
    return (0..<(UInt64(1) << (1 << inputs))).map { BooleanFunction(inputs: inputs, table: $0) }
  }

  /// The proof that a perceptron can compute it, or that none can.
  public var separability: LinearSeparability { LinearSeparability(points, labels) }

  /// Whether a perceptron can compute it.
  public var isLinearlySeparable: Bool { separability.isSeparable }
}

/// Two layers of perceptrons that compute a Boolean function exactly: built, not trained (Minsky & Papert 1969).
///
/// Hidden unit k fires for row k of the truth table alone, and the output is on where one of the rows that are true
/// fires: 2ⁿ hidden units represent any function of n inputs.
public struct BooleanNetwork: Hashable, Sendable {
  public let hidden: [Perceptron]
  public let output: Perceptron

  public init(_ function: BooleanFunction) {
    hidden = function.points.map { point in
      // Σ ±xᵢ reaches the number of ones only where every input is as in the row.
      Perceptron(
        weights: point.map { $0 == 1 ? 1 : -1 }, bias: 0.5 - Double(point.reduce(0, +)))
    }
    output = Perceptron(weights: function.labels.map { $0 ? 1 : 0 }, bias: -0.5)
  }

  public func callAsFunction(_ inputs: [Bool]) -> Bool {
    let numbers = inputs.map { $0 ? 1.0 : 0 }
    return output(hidden.map { $0(numbers) ? 1 : 0 })
  }
}
