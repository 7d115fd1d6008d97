/// Rows of a table `[vocabulary, features]` by `int32` indices of any shape: `[…, features]`.
///
/// Indices outside of the table are moved to its first or last row. The gradient adds each row's cotangents up; the row
/// of the padding index has none.
public struct EmbeddingLookup: Block {
  public static let name = "embedding"
  public let paddingIndex: Int?

  public init(paddingIndex: Int? = nil) { self.paddingIndex = paddingIndex }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 2...2, "embedding")
    let (table, indices) = (operands[0], operands[1])
    guard table.shape.rank == 2, table.shape[0] > 0 else {
      throw OpError("embedding: table \(table), expected [vocabulary, features] with at least one row")
    }
    guard indices.dtype == .int32 else { throw OpError("embedding: indices \(indices), expected int32") }
    if let paddingIndex, !(0..<table.shape[0]).contains(paddingIndex) {
      throw OpError("embedding: padding index \(paddingIndex) for a table \(table) of \(table.shape[0]) rows")
    }
    return [TensorType(Shape(Array(indices.shape) + [table.shape[1]]), table.dtype)]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (table, indices) = (operands[0], operands[1])
    return [.build(.gather(rows(indices), sizes: [1, table.shape[1]]), table, indices)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let (table, indices) = (operands[0], operands[1])
    guard let paddingIndex else {
      return [
        .build(.scatter(.add, rows(indices), clamps: true), .zeros(table.type), indices, cotangents[0]), nil,
      ]
    }
    // What lies outside of the table is left out: that is where the padding goes, and all else is moved inside.
    let count = Double(table.shape[0])
    let inside = indices.binary(.maximum, 0).binary(.minimum, count - 1)
    let places = inside.compare(.equal, Double(paddingIndex)).select(.filled(count, inside.type), inside)
    return [.build(.scatter(.add, rows(indices), clamps: false), .zeros(table.type), places, cotangents[0]), nil]
  }

  private func rows(_ indices: Node) -> IndexDimensions {
    let rank = indices.shape.rank
    return IndexDimensions(windowAxes: [rank], collapsedAxes: [0], indexMap: [0], vectorAxis: rank)
  }
}
