import ApusFiles

/// How the rows of a table become numbers: learned from the rows that are trained on, and kept with the model.
///
/// Columns of numbers are standardised: their mean is subtracted, and they are divided by their deviation (that of the
/// rows themselves, as scikit-learn's `StandardScaler` takes it). Columns of words have an input for each word, 1 where it
/// is the row's and 0 elsewhere.
public struct TableEncoding: Hashable, Sendable {
  public enum Column: Hashable, Sendable {
    case number(name: String, mean: Double, deviation: Double)
    case category(name: String, values: [String])

    public var name: String {
      switch self {
      case .number(let name, mean: _, deviation: _), .category(let name, values: _): name
      }
    }

    /// How many inputs it becomes.
    public var width: Int { if case .category(_, let values) = self { values.count } else { 1 } }
  }

  /// What a target is.
  public enum TargetKind: String, Hashable, Sendable, CaseIterable {
    case classification, regression
  }

  /// The columns that are learned from, in the order of their inputs.
  public let columns: [Column]
  /// What is to be told: the classes, or a number with its mean and deviation.
  public let target: Column

  init(columns: [Column], target: Column) { (self.columns, self.target) = (columns, target) }

  /// How many numbers a row becomes.
  public var inputCount: Int { columns.reduce(0) { $0 + $1.width } }
  /// The classes, numbers by size and words by the alphabet; empty where the target is a number.
  public var classNames: [String] { if case .category(_, let values) = target { values } else { [] } }

  /// More words than this in a column are rather names of the rows.
  private static let mostValues = 1000
  /// Whole numbers of more different values than this are no classes.
  private static let mostNumberedClasses = 20

  /// Learns the encoding of a table.
  ///
  /// - Parameters:
  ///   - target: The column that is to be told.
  ///   - kind: What it is; found out without: words are classes, and so are whole numbers of up to 20 different values.
  ///   - ignored: Columns that are not learned from.
  ///
  /// Throws a ``FileError`` that names the column, and the row where there is one, when a column is not there, a value is
  /// missing or no number among numbers, or there is nothing to be learned.
  public init(
    fitting table: TextTable, target: String, kind: TargetKind? = nil, ignoring ignored: [String] = []
  ) throws(FileError) {
    for name in ignored { _ = try table.place(of: name) }
    let fields = try table.column(target)
    self.target =
      switch kind ?? TableEncoding.kind(of: fields) {
      case .classification: .category(name: target, values: TableEncoding.values(fields))
      case .regression: try TableEncoding.numberColumn(target, fields, table)
      }
    if case .category(_, let values) = self.target, values.count < 2 {
      throw .malformed(table.path, "column \(target.quoted) has one value alone, \(values[0].quoted): nothing to learn")
    }
    var columns: [Column] = []
    for name in table.names where name != target && !ignored.contains(name) {
      columns.append(try TableEncoding.column(name, table))
    }
    guard !columns.isEmpty else { throw .malformed(table.path, "no column besides \(target.quoted) to learn from") }
    self.columns = columns
  }

  private static func kind(of fields: [String]) -> TargetKind {
    if !fields.allSatisfy({ Double($0)?.isFinite == true }) { return .classification }
    let areWhole = fields.allSatisfy { Int($0) != nil }
    return areWhole && Set(fields).count <= mostNumberedClasses ? .classification : .regression
  }

  private static func column(_ name: String, _ table: TextTable) throws(FileError) -> Column {
    let fields = try table.column(name)
    let numbers = fields.count { Double($0)?.isFinite == true }
    if 2 * numbers > fields.count { return try numberColumn(name, fields, table) }
    let values = values(fields)
    guard values.count <= mostValues else {
      throw .malformed(
        table.path,
        "column \(name.quoted) has \(values.count) different words, expected no more than \(mostValues): leave it out")
    }
    return .category(name: name, values: values)
  }

  static func numberColumn(
    _ name: String, _ fields: [String], _ table: TextTable
  ) throws(FileError) -> Column {
    let numbers = try TableEncoding.numbers(fields, name, table)
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    let deviation = (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    // A column that is always the same becomes 0.
    return .number(name: name, mean: mean, deviation: deviation > 0 && deviation.isFinite ? deviation : 1)
  }

  private static func numbers(
    _ fields: [String], _ name: String, _ table: TextTable
  ) throws(FileError) -> [Double] {
    var numbers: [Double] = []
    numbers.reserveCapacity(fields.count)
    for (row, field) in fields.enumerated() {
      guard let number = Double(field), number.isFinite else {
        throw .malformed(table.path, "row \(row + 1), column \(name.quoted): \(field.quoted) is not a number")
      }
      numbers.append(number)
    }
    return numbers
  }

  private static func values(_ fields: [String]) -> [String] {
    let distinct = Set(fields)
    let areNumbers = distinct.allSatisfy { Double($0)?.isFinite == true }
    return distinct.sorted { areNumbers ? (Double($0)!, $0) < (Double($1)!, $1) : $0 < $1 }
  }

  // MARK: Rows

  /// The inputs of all rows, row after row. Throws a ``FileError`` that names the row and the column of what is missing,
  /// no number, or a word that the training rows do not have.
  public func inputs(_ table: TextTable) throws(FileError) -> [Float] {
    let width = inputCount
    var inputs = [Float](repeating: 0, count: table.rows.count * width)
    var start = 0
    for column in columns {
      let fields = try table.column(column.name)
      switch column {
      case .number(let name, let mean, let deviation):
        let numbers = try TableEncoding.numbers(fields, name, table)
        for (row, number) in numbers.enumerated() { inputs[row * width + start] = Float((number - mean) / deviation) }
      case .category(let name, let values):
        let places = try TableEncoding.places(fields, name, values, table)
        for (row, place) in places.enumerated() { inputs[row * width + start + place] = 1 }
      }
      start += column.width
    }
    return inputs
  }

  /// The class of each row, as a number. Throws as ``inputs(_:)`` does. Traps where the target is no class.
  public func labels(_ table: TextTable) throws(FileError) -> [Int32] {
    guard case .category(let name, let values) = target else {
      fatalError("TableEncoding.labels: the target \(target.name.quoted) is a number, not a class")
    }
    return try TableEncoding.places(try table.column(name), name, values, table).map { Int32($0) }
  }

  /// The standardised target of each row. Throws as ``inputs(_:)`` does. Traps where the target is a class.
  public func targets(_ table: TextTable) throws(FileError) -> [Float] {
    guard case .number(_, let mean, let deviation) = target else {
      fatalError("TableEncoding.targets: the target \(target.name.quoted) is a class, not a number")
    }
    return try numbers(table).map { Float(($0 - mean) / deviation) }
  }

  /// The target of each row in its own units. Throws as ``inputs(_:)`` does.
  public func numbers(_ table: TextTable) throws(FileError) -> [Double] {
    try TableEncoding.numbers(try table.column(target.name), target.name, table)
  }

  private static func places(
    _ fields: [String], _ name: String, _ values: [String], _ table: TextTable
  ) throws(FileError) -> [Int] {
    let numbers = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
    var places: [Int] = []
    places.reserveCapacity(fields.count)
    for (row, field) in fields.enumerated() {
      guard let place = numbers[field] else {
        throw .malformed(
          table.path, "row \(row + 1), column \(name.quoted): \(field.quoted) is not among the rows trained on")
      }
      places.append(place)
    }
    return places
  }
}
