/// How index vectors pick windows of an operand, as StableHLO's gather and scatter describe it.
///
/// The indices' axes but `vectorAxis` are batch axes. Each index vector, its components assigned to operand axes by
/// `indexMap`, says where a window starts.
public struct IndexDimensions: Hashable, Sendable {
  /// Axes of the result (of a scatter's updates) that run through a window.
  public var windowAxes: [Int]
  /// Operand axes along which a window has size one and which the result lacks.
  public var collapsedAxes: [Int]
  /// Operand axes that are batch axes, paired with axes of the indices.
  public var operandBatchAxes: [Int]
  public var indexBatchAxes: [Int]
  /// The operand axis that each component of an index vector is a position on.
  public var indexMap: [Int]
  /// The indices' axis that holds the components; their rank when an index is a single number.
  public var vectorAxis: Int

  public init(
    windowAxes: [Int], collapsedAxes: [Int] = [], operandBatchAxes: [Int] = [], indexBatchAxes: [Int] = [],
    indexMap: [Int], vectorAxis: Int
  ) {
    self.windowAxes = windowAxes
    self.collapsedAxes = collapsedAxes
    self.operandBatchAxes = operandBatchAxes
    self.indexBatchAxes = indexBatchAxes
    self.indexMap = indexMap
    self.vectorAxis = vectorAxis
  }

  /// The indices' batch axes, in order.
  public func batchAxes(indexRank: Int) -> [Int] { (0..<indexRank).filter { $0 != vectorAxis } }

  /// The operand's axes that a window keeps, in order: the window axes of the result.
  public func keptAxes(operandRank: Int) -> [Int] {
    (0..<operandRank).filter { !collapsedAxes.contains($0) && !operandBatchAxes.contains($0) }
  }

  /// The result's axes that are batch axes, in order.
  public func resultBatchAxes(rank: Int) -> [Int] { (0..<rank).filter { !windowAxes.contains($0) } }

  /// The window that updates of a shape are: one size for each axis of the operand.
  public func windowSizes(updates: Shape, operandRank: Int) -> [Int] {
    var sizes = [Int](repeating: 1, count: operandRank)
    for (axis, place) in zip(keptAxes(operandRank: operandRank), windowAxes) { sizes[axis] = updates[place] }
    return sizes
  }

  /// Single elements at given places along one axis: indices and result have the operand's rank.
  public static func along(_ axis: Int, rank: Int) -> IndexDimensions {
    let others = (0..<rank).filter { $0 != axis }
    return IndexDimensions(
      windowAxes: [], collapsedAxes: [axis], operandBatchAxes: others, indexBatchAxes: others, indexMap: [axis],
      vectorAxis: rank)
  }
}

extension IndexDimensions: CustomStringConvertible {
  public var description: String {
    var parts = ["window = \(windowAxes)", "index_map = \(indexMap)", "vector = \(vectorAxis)"]
    if !collapsedAxes.isEmpty { parts.append("collapsed = \(collapsedAxes)") }
    if !operandBatchAxes.isEmpty { parts.append("batch = \(operandBatchAxes) × \(indexBatchAxes)") }
    return parts.joined(separator: ", ")
  }
}
