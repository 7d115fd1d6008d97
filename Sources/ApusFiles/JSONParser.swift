/// Text that is not JSON: the place and what was expected there, printed as one line.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line and the column of the first wrong character, counted from one.
  public let line: Int
  public let column: Int
  /// The byte of the text at which it lies.
  public let offset: Int
  public let problem: String

  public var description: String { "line \(line), column \(column): \(problem)".singleLine }
}

/// How much of a JSON text is accepted: hostile texts are cut off before they exhaust stack or memory.
public struct JSONLimits: Hashable, Sendable {
  /// How deep arrays and objects may nest.
  public var depth: Int
  /// How many values there may be in all.
  public var values: Int

  public init(depth: Int = 128, values: Int = 10_000_000) {
    self.depth = depth
    self.values = values
  }
}

extension JSONValue {
  /// The value that `bytes`, strict JSON in UTF-8, describe.
  ///
  /// Throws a ``JSONError`` with line and column for anything RFC 8259 does not allow, for a key that occurs twice
  /// in an object, for an unpaired surrogate, for a number beyond `Double` and for texts beyond `limits`.
  public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, limits: limits)
    self = try parser.parseDocument()
  }

  /// The value that `text`, strict JSON, describes. Throws as ``init(parsing:limits:)-([UInt8],_)`` does.
  public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }

  /// The value in the JSON file at `path`.
  ///
  /// Throws a ``FileError`` that names the file and, where its text is wrong, line and column.
  public init(contentsOf path: String, limits: JSONLimits = JSONLimits()) throws(FileError) {
    let bytes = try File.read(path, maximumSize: 1 << 30)
    do throws(JSONError) {
      try self.init(parsing: bytes, limits: limits)
    } catch {
      throw .malformed(path, error.description)
    }
  }
}

private struct JSONParser {
  private let bytes: [UInt8]
  private let limits: JSONLimits
  private var position = 0
  private var depth = 0
  private var values = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func parseDocument() throws(JSONError) -> JSONValue {
    let value = try parseValue()
    skipSpace()
    guard position == bytes.count else { throw unexpected("the end of the text") }
    return value
  }

  // MARK: Values

  private mutating func parseValue() throws(JSONError) -> JSONValue {
    skipSpace()
    values += 1
    guard values <= limits.values else { throw error("more than \(limits.values) values") }
    switch next {
    case UInt8(ascii: "{"): return .object(try nested { (parser) throws(JSONError) in try parser.parseObject() })
    case UInt8(ascii: "["): return .array(try nested { (parser) throws(JSONError) in try parser.parseArray() })
    case UInt8(ascii: "\""): return .string(try parseString())
    default:
      if let next, isDigit(next) || next == UInt8(ascii: "-") { return try parseNumber() }
      if take("true") { return .bool(true) }
      if take("false") { return .bool(false) }
      if take("null") { return .null }
      throw unexpected("a value")
    }
  }

  private mutating func nested<Result>(
    _ parse: (inout JSONParser) throws(JSONError) -> Result
  ) throws(JSONError) -> Result {
    guard depth < limits.depth else { throw error("nested more than \(limits.depth) levels deep") }
    depth += 1
    position += 1
    defer { depth -= 1 }
    return try parse(&self)
  }

  private mutating func parseArray() throws(JSONError) -> [JSONValue] {
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return elements }
    while true {
      elements.append(try parseValue())
      skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw unexpected("\",\" or \"]\"") }
    }
  }

  private mutating func parseObject() throws(JSONError) -> JSONObject {
    var object = JSONObject()
    skipSpace()
    if take("}") { return object }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let start = position
      let key = try parseString()
      guard object[key] == nil else { throw error("the key \(key.quoted) occurs twice", at: start) }
      skipSpace()
      guard take(":") else { throw unexpected("\":\"") }
      object[key] = try parseValue()
      skipSpace()
      if take("}") { return object }
      guard take(",") else { throw unexpected("\",\" or \"}\"") }
    }
  }

  // MARK: Numbers

  private mutating func parseNumber() throws(JSONError) -> JSONValue {
    let start = position
    var isInteger = true
    _ = take("-")
    if take("0") {
      if let next, isDigit(next) { throw error("a number that begins with zero", at: start) }
    } else {
      try skipDigits()
    }
    if take(".") {
      isInteger = false
      try skipDigits()
    }
    if take("e") || take("E") {
      isInteger = false
      _ = take("+") || take("-")
      try skipDigits()
    }
    guard position - start <= 1024 else { throw error("a number of more than 1024 characters", at: start) }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // The integer 0 has no sign: -0 stays what it is as a Double.
    if isInteger, text != "-0", let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw error("the number \(text.quoted) is beyond what 64 bits hold", at: start)
    }
    return .number(number)
  }

  private mutating func skipDigits() throws(JSONError) {
    guard let first = next, isDigit(first) else { throw unexpected("a digit") }
    while let next, isDigit(next) { position += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  // MARK: Strings

  private mutating func parseString() throws(JSONError) -> String {
    let opening = position
    position += 1
    var start = position
    var text = ""
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        text += try decode(start..<position)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        text += try decode(start..<position)
        text.unicodeScalars.append(try parseEscape())
        start = position
      case 0..<0x20:
        throw error("a control character in a string must be written as an escape")
      default: position += 1
      }
    }
    throw error("a string without closing quote", at: opening)
  }

  private func decode(_ range: Range<Int>) throws(JSONError) -> String {
    if let text = String(validating: bytes[range], as: UTF8.self) { return text }
    var decoder = UTF8()
    var source = bytes[range].makeIterator()
    var end = range.lowerBound
    while case .scalarValue(let scalar) = decoder.decode(&source) { end += UTF8.width(scalar) }
    throw error("text that is not UTF-8", at: end)
  }

  private mutating func parseEscape() throws(JSONError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let letter = next else { throw unexpected("an escape") }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try parseHexadecimal()
      if let scalar = Unicode.Scalar(high) { return scalar }
      guard high < 0xDC00, take("\\u") else { throw error("half of a surrogate pair", at: start) }
      let low = try parseHexadecimal()
      guard 0xDC00...0xDFFF ~= low else { throw error("half of a surrogate pair", at: start) }
      return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))!
    default: throw error("an escape that JSON does not know", at: start)
    }
  }

  private mutating func parseHexadecimal() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw unexpected("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: Characters

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
  }

  private mutating func take(_ token: StaticString) -> Bool {
    let count = token.utf8CodeUnitCount
    guard count <= bytes.count - position else { return false }
    for index in 0..<count where bytes[position + index] != token.utf8Start[index] { return false }
    position += count
    return true
  }

  // MARK: Errors

  private func unexpected(_ expected: String) -> JSONError {
    guard let next else { return error("expected \(expected), found the end of the text") }
    let found = 0x21..<0x7F ~= next ? "\"\(Character(Unicode.Scalar(next)))\"" : "byte \(next)"
    return error("expected \(expected), found \(found)")
  }

  private func error(_ problem: String, at offset: Int? = nil) -> JSONError {
    let offset = offset ?? position
    let lineStart = bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = 1 + bytes[..<lineStart].count { $0 == 0x0A }
    let column = 1 + bytes[lineStart..<offset].count { $0 & 0xC0 != 0x80 }
    return JSONError(line: line, column: column, offset: offset, problem: problem)
  }
}
