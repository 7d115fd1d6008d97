import CClp

/// The least Σ cost·x for which sparse rows of conditions hold, by the simplex method (Dantzig 1947), through COIN-OR's
/// Clp.
public struct LinearProgram: Sendable {
  /// Why there is no solution.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// No numbers meet the conditions.
    case infeasible
    /// The sum has no least value.
    case unbounded
    /// The method stopped without an answer.
    case stopped

    public var description: String {
      switch self {
      case .infeasible: "the linear program has no solution: its conditions exclude each other"
      case .unbounded: "the linear program has no least value"
      case .stopped: "the linear program was not solved"
      }
    }
  }

  /// `[columns]`
  public var costs: [Double]
  /// Bounds of each x.
  public var lower: [Double]
  public var upper: [Double]
  /// Each condition: Σ coefficient·x(column) ≥ least.
  public private(set) var rows: [(entries: [(column: Int, coefficient: Double)], least: Double)] = []

  /// Unknowns without bounds and costs.
  public init(columns: Int) {
    costs = [Double](repeating: 0, count: columns)
    lower = [Double](repeating: -.infinity, count: columns)
    upper = [Double](repeating: .infinity, count: columns)
  }

  /// Adds the condition Σ coefficient·x(column) ≥ least. Each column comes once.
  public mutating func require(_ entries: [(column: Int, coefficient: Double)], atLeast least: Double) {
    precondition(entries.allSatisfy { costs.indices.contains($0.column) }, "LinearProgram: a column that is not there")
    rows.append((entries, least))
  }

  /// The x of the least sum.
  public func solved() throws(Failure) -> [Double] {
    guard let model = Clp_newModel() else { throw .stopped }
    defer { Clp_deleteModel(model) }
    Clp_setLogLevel(model, 0)
    // Column by column, as Clp has it.
    var columns = [[(row: Int, coefficient: Double)]](repeating: [], count: costs.count)
    for (number, row) in rows.enumerated() {
      for entry in row.entries { columns[entry.column].append((number, entry.coefficient)) }
    }
    var starts: [Int32] = [0]
    for column in columns { starts.append(starts[starts.count - 1] + Int32(column.count)) }
    Clp_loadProblem(
      model, Int32(costs.count), Int32(rows.count), starts, columns.joined().map { Int32($0.row) },
      columns.joined().map(\.coefficient), lower, upper, costs, rows.map(\.least),
      [Double](repeating: .infinity, count: rows.count))
    Clp_setPrimalTolerance(model, 1e-10)
    Clp_setDualTolerance(model, 1e-10)
    _ = Clp_initialSolve(model)
    switch Clp_status(model) {
    case 0: break
    case 1: throw .infeasible
    case 2: throw .unbounded
    default: throw .stopped
    }
    guard let solution = Clp_primalColumnSolution(model) else { throw .stopped }
    return (0..<costs.count).map { solution[$0] }
  }
}
