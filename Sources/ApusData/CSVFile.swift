import ApusFiles

/// The fields of a text of comma-separated values (RFC 4180): quotes may hold commas, line ends and, doubled, themselves.
public struct CSVFile: Hashable, Sendable {
  /// The fields of each line; all lines have the same number of them. Empty lines are left out.
  public let rows: [[String]]

  /// The fields of a text, after so many lines that are not of the table; `path` is what errors call it.
  ///
  /// Throws a ``FileError`` that names the line when a quote is not closed or a line has another number of fields.
  public init(
    parsing text: String, path: String, separator: Character = ",", skippingLines skipped: Int = 0
  ) throws(FileError) {
    var rows: [[String]] = []
    var (row, field): ([String], String) = ([], "")
    var (isQuoted, wasQuoted) = (false, false)
    var (line, start) = (1, skipped + 1)

    func finishRow() throws(FileError) {
      row.append(field)
      if row.count > 1 || !field.isEmpty || wasQuoted {
        if let first = rows.first, row.count != first.count {
          throw .malformed(path, "line \(start) has \(row.count) fields, the first line \(first.count)")
        }
        rows.append(row)
      }
      (row, field, wasQuoted) = ([], "", false)
      start = line
    }

    var rest = text[...]
    for _ in 0..<skipped {
      guard let end = rest.firstIndex(where: \.isNewline) else { break }
      rest = rest[rest.index(after: end)...]
      line += 1
    }
    var characters = rest.makeIterator()
    var pending = characters.next()
    while let character = pending {
      pending = characters.next()
      if character.isNewline { line += 1 }
      if isQuoted {
        if character != "\"" {
          field.append(character)
        } else if pending == "\"" {
          field.append("\"")
          pending = characters.next()
        } else {
          isQuoted = false
        }
      } else if character == "\"", field.isEmpty, !wasQuoted {
        (isQuoted, wasQuoted) = (true, true)
      } else if character == separator {
        row.append(field)
        (field, wasQuoted) = ("", false)
      } else if character.isNewline {
        try finishRow()
      } else if character != "\u{FEFF}" {
        field.append(character)
      }
    }
    guard !isQuoted else { throw .malformed(path, "the quote that begins in line \(start) is not closed") }
    try finishRow()
    self.rows = rows
  }

  /// The fields of the file at `path`. Throws a ``FileError`` also when it cannot be read.
  public init(
    contentsOf path: String, separator: Character = ",", skippingLines skipped: Int = 0
  ) throws(FileError) {
    let bytes = try File.read(path, maximumSize: 1 << 30)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed(path, "not a text in UTF-8") }
    try self.init(parsing: text, path: path, separator: separator, skippingLines: skipped)
  }

  /// Whether the first line names the columns: one of its fields is no number where all others in its column are.
  public var hasHeader: Bool {
    guard rows.count > 1 else { return false }
    return rows[0].indices.contains { column in
      Double(rows[0][column]) == nil && rows.dropFirst().allSatisfy { Double($0[column]) != nil }
    }
  }
}
