import ApusFiles
import ApusTensor

/// Examples in rows: numbers to learn from, and the class of each row.
public struct Table: Hashable, Sendable {
  /// What the columns of numbers are called.
  public let featureNames: [String]
  /// The numbers, row after row.
  public let features: [Float]
  /// The classes in their order: numbers by size, words by the alphabet.
  public let classNames: [String]
  /// The class of each row.
  public let labels: [Int]

  /// The table in a text of comma-separated values; `path` is what errors call it.
  ///
  /// - Parameters:
  ///   - label: The name of the column that has the class; the last one without.
  ///   - hasHeader: Whether the first line names the columns; found out without.
  ///   - skipped: How many lines at the top are not of the table.
  ///
  /// Throws a ``FileError`` that names the line and the column when a field is no finite number.
  public init(
    csv text: String, path: String, label: String? = nil, hasHeader: Bool? = nil, separator: Character = ",",
    skippingLines skipped: Int = 0
  ) throws(FileError) {
    let file = try CSVFile(parsing: text, path: path, separator: separator, skippingLines: skipped)
    try self.init(file, path, label, hasHeader)
  }

  /// The table in the file at `path`. Throws as ``init(csv:path:label:hasHeader:separator:skippingLines:)`` does.
  public init(
    contentsOfCSV path: String, label: String? = nil, hasHeader: Bool? = nil, separator: Character = ",",
    skippingLines skipped: Int = 0
  ) throws(FileError) {
    let file = try CSVFile(contentsOf: path, separator: separator, skippingLines: skipped)
    try self.init(file, path, label, hasHeader)
  }

  private init(_ file: CSVFile, _ path: String, _ label: String?, _ hasHeader: Bool?) throws(FileError) {
    let hasHeader = hasHeader ?? file.hasHeader
    let rows = file.rows.dropFirst(hasHeader ? 1 : 0)
    guard let width = rows.first?.count else { throw .malformed(path, "no rows") }
    guard width > 1 else { throw .malformed(path, "one column, expected numbers and a label") }
    let names = hasHeader ? file.rows[0] : (1...width).map { "column \($0)" }
    guard let labelColumn = label.map({ names.firstIndex(of: $0) }) ?? (width - 1) else {
      throw .malformed(path, "no column \(label!.quoted), only \(names.map(\.quoted).joined(separator: ", "))")
    }
    var features: [Float] = []
    features.reserveCapacity(rows.count * (width - 1))
    for (number, row) in rows.enumerated() {
      for column in 0..<width where column != labelColumn {
        guard let value = Float(row[column].trimmed), value.isFinite else {
          throw .malformed(
            path, "row \(number + 1), column \(names[column].quoted): \(row[column].quoted) is not a number")
        }
        features.append(value)
      }
    }
    let classes = rows.map { $0[labelColumn].trimmed }
    let distinct = Set(classes)
    let areNumbers = distinct.allSatisfy { Double($0) != nil }
    classNames = distinct.sorted { areNumbers ? (Double($0)!, $0) < (Double($1)!, $1) : $0 < $1 }
    let numbers = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
    labels = classes.map { numbers[$0]! }
    featureNames = names.indices.filter { $0 != labelColumn }.map { names[$0] }
    self.features = features
  }

  /// The numbers of a row.
  public func row(_ index: Int) -> ArraySlice<Float> {
    features[(index * featureNames.count)..<((index + 1) * featureNames.count)]
  }
}

/// Rows as examples: inputs `[batch, features]` and labels `int32[batch]`.
extension Table: ExampleSet {
  public var count: Int { labels.count }

  public func batch(_ draws: [ExampleDraw]) -> Batch {
    Batch(
      [
        Tensor(draws.flatMap { row($0.index) }, shape: [draws.count, featureNames.count]),
        Tensor(draws.map { Int32(labels[$0.index]) }),
      ], count: draws.count)
  }
}

extension String {
  /// Without the spaces at both ends.
  var trimmed: String {
    guard first?.isWhitespace == true || last?.isWhitespace == true else { return self }
    let rest = drop(while: \.isWhitespace)
    return String(rest.reversed().drop(while: \.isWhitespace).reversed())
  }
}
