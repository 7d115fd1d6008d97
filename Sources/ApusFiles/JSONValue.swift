/// A JSON document or a part of one.
///
/// Numbers written without fraction or exponent that fit 64 bits are ``integer(_:)`` and keep every digit;
/// all others are ``number(_:)``. Both survive a round trip through text exactly.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

extension JSONValue {
  /// The member of an object under `key`; nil when there is none or this is no object.
  public subscript(key: String) -> JSONValue? { object?[key] }

  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
  public var array: [JSONValue]? { if case .array(let array) = self { array } else { nil } }
  public var string: String? { if case .string(let string) = self { string } else { nil } }
  public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  /// The value of an integer.
  public var int: Int? { if case .integer(let integer) = self { Int(exactly: integer) } else { nil } }
  /// The value of any number, rounded to a `Double` when an integer needs more than 53 bits.
  public var double: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements))
  }
}

/// The members of a JSON object in the order they were inserted. Equality ignores that order, as JSON does.
public struct JSONObject: Sendable, Sequence, ExpressibleByDictionaryLiteral {
  /// The keys in the order they were inserted.
  public private(set) var keys: [String] = []
  private var values: [JSONKey: JSONValue] = [:]

  public init() {}

  /// An object of `members`; a later member replaces an earlier one of the same key.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    for (key, value) in members { self[key] = value }
  }

  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

  public var count: Int { keys.count }
  public var isEmpty: Bool { keys.isEmpty }

  /// The value under `key`. Assigning nil removes the member; a new key goes to the end.
  public subscript(key: String) -> JSONValue? {
    get { values[JSONKey(key)] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: JSONKey(key)) == nil { keys.append(key) }
      } else if values.removeValue(forKey: JSONKey(key)) != nil {
        keys.removeAll { JSONKey($0) == JSONKey(key) }
      }
    }
  }

  public func makeIterator() -> some IteratorProtocol<(key: String, value: JSONValue)> {
    keys.lazy.map { (key: $0, value: values[JSONKey($0)]!) }.makeIterator()
  }
}

extension JSONObject: Hashable {
  public static func == (left: JSONObject, right: JSONObject) -> Bool { left.values == right.values }
  public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

/// A key of an object, which is its code points: what only looks the same (é in one or two of them) is another key.
private struct JSONKey: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: JSONKey, right: JSONKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
