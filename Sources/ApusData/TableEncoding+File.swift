import ApusFiles

extension TableEncoding {
  /// The encoding as it is kept in a file.
  public var json: JSONValue { ["columns": .array(columns.map(\.json)), "target": target.json] }

  /// Reads what ``json`` wrote; `path` is what errors call it. Throws a ``FileError`` that names what is wrong.
  public init(_ json: JSONValue, path: String) throws(FileError) {
    guard let columns = json["columns"]?.array, !columns.isEmpty else {
      throw .malformed(path, "the field \"columns\" is not an array of columns")
    }
    guard let target = json["target"] else { throw .malformed(path, "the field \"target\" is missing") }
    var read: [Column] = []
    for column in columns { read.append(try Column(column, path: path)) }
    self.init(columns: read, target: try Column(target, path: path))
  }
}

extension TableEncoding.Column {
  fileprivate var json: JSONValue {
    switch self {
    case .number(let name, let mean, let deviation):
      ["name": .string(name), "mean": .number(mean), "deviation": .number(deviation)]
    case .category(let name, let values):
      ["name": .string(name), "values": .array(values.map { .string($0) })]
    }
  }

  fileprivate init(_ json: JSONValue, path: String) throws(FileError) {
    guard let name = json["name"]?.string else { throw .malformed(path, "a column has no field \"name\"") }
    if let values = json["values"]?.array {
      let words = values.compactMap(\.string)
      guard !words.isEmpty, words.count == values.count, Set(words).count == words.count else {
        throw .malformed(path, "column \(name.quoted): the field \"values\" is not an array of different strings")
      }
      self = .category(name: name, values: words)
      return
    }
    guard let mean = json["mean"]?.double, let deviation = json["deviation"]?.double, deviation > 0 else {
      throw .malformed(path, "column \(name.quoted): expected \"values\", or \"mean\" and a positive \"deviation\"")
    }
    self = .number(name: name, mean: mean, deviation: deviation)
  }
}
