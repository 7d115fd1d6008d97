import ApusFiles

/// What a recipe's model was made with, by name: the member `model` of `config.json`.
public struct ModelSettings: Hashable, Sendable {
  /// A number, a word, or several whole numbers.
  public enum Value: Hashable, Sendable {
    case integer(Int)
    case number(Double)
    case word(String)
    case integers([Int])
  }

  /// The names in the order in which they were set.
  public private(set) var names: [String] = []
  private var values: [String: Value] = [:]

  public init() {}

  public subscript(name: String) -> Value? {
    get { values[name] }
    set {
      if values[name] == nil, newValue != nil { names.append(name) }
      if newValue == nil { names.removeAll { $0 == name } }
      values[name] = newValue
    }
  }

  /// A whole number. Traps where there is none by that name.
  public func integer(_ name: String) -> Int {
    guard case .integer(let value)? = values[name] else { missing(name, "a whole number") }
    return value
  }

  /// A number. Traps where there is none by that name.
  public func number(_ name: String) -> Double {
    switch values[name] {
    case .number(let value)?: return value
    case .integer(let value)?: return Double(value)
    default: missing(name, "a number")
    }
  }

  /// A word. Traps where there is none by that name.
  public func word(_ name: String) -> String {
    guard case .word(let value)? = values[name] else { missing(name, "a word") }
    return value
  }

  /// Whole numbers. Traps where there are none by that name.
  public func integers(_ name: String) -> [Int] {
    guard case .integers(let value)? = values[name] else { missing(name, "whole numbers") }
    return value
  }

  private func missing(_ name: String, _ expected: String) -> Never {
    fatalError("ModelSettings: \(name) is \(values[name].map { "\($0)" } ?? "missing"), expected \(expected)")
  }

  // MARK: As JSON

  var json: JSONValue {
    .object(
      JSONObject(
        names.map { name in
          switch values[name]! {
          case .integer(let value): (name, .integer(Int64(value)))
          case .number(let value): (name, .number(value))
          case .word(let value): (name, .string(value))
          case .integers(let values): (name, .array(values.map { .integer(Int64($0)) }))
          }
        }))
  }

  /// Nil for what no settings are written as.
  init?(_ json: JSONValue) {
    guard let object = json.object else { return nil }
    for (name, value) in object {
      switch value {
      case .integer: self[name] = value.int.map { .integer($0) }
      case .number(let number): self[name] = .number(number)
      case .string(let word): self[name] = .word(word)
      case .array(let elements):
        let integers = elements.compactMap(\.int)
        guard integers.count == elements.count else { return nil }
        self[name] = .integers(integers)
      default: return nil
      }
      if self[name] == nil { return nil }
    }
  }
}
