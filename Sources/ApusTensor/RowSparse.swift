import ApusCore

/// A table `[rows, features]` of which few rows are not zero: the gradient of an embedding.
///
/// An entry whose index is `rows` counts for nothing, and its values are zeros: sizes must be known before the program
/// runs, so that what adding up duplicates saves stays as such entries.
public struct RowSparse: Sendable {
  /// Which row each entry belongs to, `int32[entries]`. The same row may occur more than once.
  public let indices: Tensor
  /// What stands in those rows, `[entries, features]`; the entries of one row add up.
  public let values: Tensor
  /// How many rows the table has.
  public let rows: Int
  /// Whether no row occurs twice.
  public let isCoalesced: Bool

  /// - Parameters:
  ///   - indices: Integers `[entries]` in `0..<rows`. One outside stops the program when it is read.
  ///   - values: `[entries, features]`.
  public init(indices: Tensor, values: Tensor, rows: Int) {
    let fits = indices.rank == 1 && indices.dtype.isInteger && values.rank == 2 && values.shape[0] == indices.count
    Mistakes.require(
      fits,
      "RowSparse: indices \(indices.node.type) and values \(values.node.type), expected integers [entries] and "
        + "[entries, features]")
    let entries = fits ? indices : Tensor.zeros([0], dtype: .int32)
    self.init(
      unchecked: entries.checkedRows(rows, "RowSparse"), values: fits ? values : .zeros([0, 0]), rows: rows)
  }

  init(unchecked indices: Tensor, values: Tensor, rows: Int, isCoalesced: Bool = false) {
    (self.indices, self.values, self.rows) = (indices, values, rows)
    self.isCoalesced = isCoalesced || indices.count < 2
  }

  /// How many numbers a row has.
  public var features: Int { values.shape[1] }

  /// The same table with each row at most once, in ascending order, and then the entries that have become superfluous.
  public func coalesced() -> RowSparse {
    if isCoalesced { return self }
    let count = indices.count
    let order = indices.argSort(axis: 0)
    let sorted = indices.gathered(order, axis: 0)
    let isFirst = concatenate([Tensor([true]), sorted[1...] .!= sorted[..<(count - 1)]])
    let places = isFirst.cumulativeSum() - 1
    let none = Tensor.full(rows, [count], dtype: .int32)
    return RowSparse(
      unchecked: none.scatteringRows(.set, places, sorted),
      values: Tensor.zeros(like: values).scatteringRows(.add, places, values.gathered(order, axis: 0)), rows: rows,
      isCoalesced: true)
  }

  /// The table as a whole, `[rows, features]`.
  public func dense() -> Tensor { added(to: .zeros([rows, features], dtype: values.dtype)) }

  /// The square root of the sum of the table's squares: duplicates are added up before.
  public func norm() -> Tensor { coalesced().values.norm() }

  /// The same rows with other values: `body` gets and gives `[entries, features]` and must keep zeros.
  public func mapValues(_ body: (Tensor) -> Tensor) -> RowSparse {
    RowSparse(unchecked: indices, values: body(values), rows: rows, isCoalesced: isCoalesced)
  }

  // MARK: Tables

  /// The rows of a table of the same size that belong to the entries, `[entries, features]`. What comes for an entry
  /// that counts for nothing means nothing.
  public func rows(of table: Tensor) -> Tensor {
    guard fits(table, "rows(of:)") else { return Mistakes.standIn }
    return table.gathered(indices, axis: 0)
  }

  /// A table of the same size plus this one. In a compiled step that does not need the old table any more, only the rows
  /// are touched.
  public func added(to table: Tensor) -> Tensor {
    guard fits(table, "added(to:)") else { return Mistakes.standIn }
    return table.scatteringRows(.add, indices, values)
  }

  /// A table of the same size with `newRows`, `[entries, features]`, in place of this one's rows; the rest is kept. Each
  /// row may occur once only: see ``coalesced()``.
  public func replacingRows(of table: Tensor, by newRows: Tensor) -> Tensor {
    guard fits(table, "replacingRows(of:by:)") else { return Mistakes.standIn }
    guard isCoalesced, newRows.shape == values.shape else {
      return Mistakes.report(
        OpError(
          "RowSparse.replacingRows(of:by:): new rows \(newRows.shape) for values \(values.shape)"
            + (isCoalesced ? "" : " that may name a row twice. Use `coalesced()`")))
    }
    return table.scatteringRows(.set, indices, newRows)
  }

  private func fits(_ table: Tensor, _ name: String) -> Bool {
    if table.shape == [rows, features], table.dtype == values.dtype { return true }
    let expected = TensorType([rows, features], values.dtype)
    Mistakes.require(false, "RowSparse.\(name): a table of \(table.node.type), expected \(expected)")
    return false
  }
}

extension Tensor {
  /// Whole slices of the first axis set or combined; indices that lie outside are left out.
  fileprivate func scatteringRows(_ kind: ScatterKind, _ indices: Tensor, _ values: Tensor) -> Tensor {
    let dimensions = IndexDimensions(
      windowAxes: Array(1..<Swift.max(1, rank)), collapsedAxes: [0], indexMap: [0], vectorAxis: 1)
    return .apply(.scatter(kind, dimensions, clamps: false), self, indices, values)
  }
}
