import ApusFiles

/// A `config.json` of Hugging Face's, whose fields are asked for by name.
package struct PretrainedConfiguration {
  package let path: String
  private let json: JSONValue

  /// Reads the file in a directory. Throws a ``FileError`` when it is no JSON object.
  package init(directory: String) throws(FileError) {
    try self.init(contentsOf: directory.appendingPath("config.json"))
  }

  package init(contentsOf path: String) throws(FileError) {
    self.path = path
    json = try JSONValue(contentsOf: path)
    guard json.object != nil else { throw .malformed(path, "expected a JSON object") }
  }

  private init(path: String, json: JSONValue) { (self.path, self.json) = (path, json) }

  package func wrong(_ name: String, _ expected: String) -> FileError {
    let found = self[name].map { "is " + JSONValue.array([$0]).serialized().dropFirst().dropLast() } ?? "is missing"
    return .malformed(path, "\(name) \(found.prefix(80)), expected \(expected)")
  }

  /// The value of a field that is there and not null.
  private subscript(name: String) -> JSONValue? { json[name] == .null ? nil : json[name] }

  package func has(_ name: String) -> Bool { self[name] != nil }

  /// A size. Larger ones than any model has would only exhaust the machine.
  package func size(_ name: String, upTo limit: Int, default standard: Int? = nil) throws(FileError) -> Int {
    if self[name] == nil, let standard { return standard }
    guard let value = self[name]?.int, (1...limit).contains(value) else {
      throw wrong(name, "a whole number from 1 to \(limit)")
    }
    return value
  }

  package func number(_ name: String, default standard: Double? = nil) throws(FileError) -> Double {
    if self[name] == nil, let standard { return standard }
    guard let value = self[name]?.double, value > 0, value.isFinite else { throw wrong(name, "a number above 0") }
    return value
  }

  package func bool(_ name: String, default standard: Bool) throws(FileError) -> Bool {
    guard let value = self[name] else { return standard }
    guard let bool = value.bool else { throw wrong(name, "true or false") }
    return bool
  }

  package func string(_ name: String, default standard: String? = nil) throws(FileError) -> String {
    if self[name] == nil, let standard { return standard }
    guard let value = self[name]?.string else { throw wrong(name, "a string") }
    return value
  }

  /// The fields inside a field that is an object; nil where there is none.
  package func inner(_ name: String) throws(FileError) -> PretrainedConfiguration? {
    guard let value = self[name] else { return nil }
    guard value.object != nil else { throw wrong(name, "an object") }
    return PretrainedConfiguration(path: path, json: value)
  }

  /// One or several numbers of tokens.
  package func tokens(_ name: String) throws(FileError) -> [Int] {
    guard let value = self[name] else { return [] }
    let all = value.array ?? [value]
    let numbers = all.compactMap(\.int)
    guard numbers.count == all.count, numbers.allSatisfy({ $0 >= 0 }) else {
      throw wrong(name, "the number of a token, or a list of them")
    }
    return numbers
  }

  /// Refuses what a model of ours does not do.
  package func require(_ name: String, _ isPossible: Bool, _ expected: String) throws(FileError) {
    if !isPossible { throw wrong(name, expected) }
  }

  /// Sizes beyond which no model goes.
  package enum Limit {
    package static let layers = 1_000
    package static let width = 1 << 20
    package static let vocabulary = 1 << 24
    package static let context = 1 << 24
  }
}
