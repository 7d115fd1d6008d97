import ApusCore

/// The rows of `table` `[vocabulary, features]` at `indices`, integers of any shape: `[…, features]`.
///
/// Indices outside of the table are moved to its first or last row: they cannot be seen before the program runs. The
/// gradient of the table adds up the cotangents of each row's uses.
///
/// - Parameter paddingIndex: A row that gets no gradient, counted from the end when negative.
public func embedding(_ indices: Tensor, table: Tensor, paddingIndex: Int? = nil) -> Tensor {
  guard indices.dtype.isInteger else {
    return Mistakes.report(OpError("embedding: indices \(indices.node.type), expected integers"))
  }
  let count = table.shape.first ?? 0
  let padding = paddingIndex.map { $0 < 0 ? $0 + count : $0 }
  if let rows = LookupTape.current?.lookUp(indices, in: table, paddingIndex: padding) { return rows }
  return .apply(.block(AnyBlock(EmbeddingLookup(paddingIndex: padding))), table, indices.cast(to: .int32))
}
