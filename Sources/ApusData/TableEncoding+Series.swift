import ApusFiles

extension TableEncoding {
  /// Learns the encoding of a series, a row for each time: all columns of numbers are inputs, the target among them, as what
  /// comes next is told from what was before.
  ///
  /// - Parameter target: The column that is to be told; the last one of numbers without.
  ///
  /// Throws a ``FileError`` that names the column, and the row where there is one, when a column is not there or not of
  /// numbers, or there is none of numbers. Columns whose first field is no number are left out.
  public init(fittingSeries table: TextTable, target: String? = nil) throws(FileError) {
    let names = table.names.indices.filter { Double(table.rows.first?[$0] ?? "")?.isFinite == true }
      .map { table.names[$0] }
    if let target, !names.contains(target) {
      _ = try table.place(of: target)
      throw .malformed(table.path, "column \(target.quoted) is not of numbers")
    }
    guard let target = target ?? names.last else { throw .malformed(table.path, "no column is of numbers") }
    var columns: [Column] = []
    for name in names { columns.append(try TableEncoding.numberColumn(name, try table.column(name), table)) }
    self.init(columns: columns, target: columns[names.firstIndex(of: target)!])
  }
}
