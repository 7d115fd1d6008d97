import ApusFiles

/// The fields of a table as they are written, with names for the columns.
public struct TextTable: Hashable, Sendable {
  /// Where the table is from: what errors call it.
  public let path: String
  public let names: [String]
  /// The rows, each with a field to every column; spaces at the ends of fields are left out.
  public let rows: [[String]]

  /// The table in a file of comma-separated values.
  ///
  /// The first line names the columns if it has one of `knownNames`, or a word above numbers alone; without such a line
  /// they are called `column 1`, `column 2` and so on. Throws a ``FileError`` when the file cannot be read, has no rows,
  /// or two columns of one name.
  public init(contentsOfCSV path: String, knownNames: Set<String> = []) throws(FileError) {
    try self.init(try CSVFile(contentsOf: path), path: path, knownNames: knownNames)
  }

  /// The table in a text of comma-separated values. Throws as ``init(contentsOfCSV:knownNames:)`` does.
  public init(csv text: String, path: String, knownNames: Set<String> = []) throws(FileError) {
    try self.init(try CSVFile(parsing: text, path: path), path: path, knownNames: knownNames)
  }

  private init(_ file: CSVFile, path: String, knownNames: Set<String>) throws(FileError) {
    let lines = file.rows.map { $0.map(\.trimmed) }
    let hasHeader = file.hasHeader || lines.first?.contains(where: knownNames.contains) == true
    guard let width = lines.first?.count, lines.count > (hasHeader ? 1 : 0) else {
      throw .malformed(path, "the table has no rows")
    }
    self.path = path
    names = hasHeader ? lines[0] : (1...width).map { "column \($0)" }
    rows = Array(lines.dropFirst(hasHeader ? 1 : 0))
    var seen: Set<String> = []
    for name in names {
      guard seen.insert(name).inserted else { throw .malformed(path, "two columns are called \(name.quoted)") }
    }
  }

  /// A table of some of the rows.
  public init(_ table: TextTable, rows places: [Int]) {
    (path, names, rows) = (table.path, table.names, places.map { table.rows[$0] })
  }

  /// Where the column of a name is. Throws a ``FileError`` that lists the names when there is none.
  public func place(of name: String) throws(FileError) -> Int {
    if let place = names.firstIndex(of: name) { return place }
    let list = names.count > 30 ? "\(names.count) others" : names.map(\.quoted).joined(separator: ", ")
    throw .malformed(path, "there is no column \(name.quoted), only \(list)")
  }

  /// The fields of a column. Throws a ``FileError`` that names the first row in which the value is missing.
  func column(_ name: String) throws(FileError) -> [String] {
    let place = try place(of: name)
    let missing = rows.indices.filter { TextTable.isMissing(rows[$0][place]) }
    if let first = missing.first {
      let field = rows[first][place]
      let more = missing.count > 1 ? ", and in \(missing.count - 1) other rows" : ""
      throw .malformed(
        path, "row \(first + 1), column \(name.quoted): the value is missing (\(field.quoted))\(more)")
    }
    return rows.map { $0[place] }
  }

  /// How tables write that there is no value.
  private static func isMissing(_ field: String) -> Bool {
    field.isEmpty || ["?", "na", "n/a", "nan", "null"].contains(field.lowercased())
  }
}
