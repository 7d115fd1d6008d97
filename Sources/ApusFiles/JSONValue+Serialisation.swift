extension JSONValue {
  /// The order in which the members of objects are written.
  public enum KeyOrder: Sendable {
    case insertion
    /// By the bytes of the keys, so that equal values give equal text.
    case sorted
  }

  /// The value as JSON text: on one line, or with members on lines of their own when `indentation` is given.
  ///
  /// JSON has no infinities and no NaN: they are written as `null`.
  public func serialized(keys: KeyOrder = .insertion, indentation: Int? = nil) -> String {
    String(decoding: serializedBytes(keys: keys, indentation: indentation), as: UTF8.self)
  }

  /// The bytes of ``serialized(keys:indentation:)``.
  public func serializedBytes(keys: KeyOrder = .insertion, indentation: Int? = nil) -> [UInt8] {
    var writer = JSONWriter(keys: keys, indentation: indentation)
    writer.write(self)
    return writer.bytes
  }
}

extension JSONValue: CustomStringConvertible {
  public var description: String { serialized() }
}

private struct JSONWriter {
  let keys: JSONValue.KeyOrder
  let indentation: Int?
  var bytes: [UInt8] = []
  private var depth = 0

  init(keys: JSONValue.KeyOrder, indentation: Int?) {
    self.keys = keys
    self.indentation = indentation
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let bool): bytes += (bool ? "true" : "false").utf8
    case .integer(let integer): bytes += integer.description.utf8
    case .number(let number): bytes += (number.isFinite ? number.description : "null").utf8
    case .string(let string): write(string)
    case .array(let array): write(array, between: "[", "]") { writer, element in writer.write(element) }
    case .object(let object):
      let names = keys == .insertion ? object.keys : object.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      write(names, between: "{", "}") { writer, name in
        writer.write(name)
        writer.bytes += (writer.indentation == nil ? ":" : ": ").utf8
        writer.write(object[name]!)
      }
    }
  }

  private mutating func write<Element>(
    _ elements: [Element], between opening: Unicode.Scalar, _ closing: Unicode.Scalar,
    _ writeElement: (inout JSONWriter, Element) -> Void
  ) {
    bytes.append(UInt8(ascii: opening))
    depth += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      startLine()
      writeElement(&self, element)
    }
    depth -= 1
    if !elements.isEmpty { startLine() }
    bytes.append(UInt8(ascii: closing))
  }

  private mutating func startLine() {
    guard let indentation else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes += repeatElement(UInt8(ascii: " "), count: indentation * depth)
  }

  private mutating func write(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\r"): bytes += "\\r".utf8
      case UInt8(ascii: "\t"): bytes += "\\t".utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes += (byte < 16 ? "\\u000\(digits)" : "\\u00\(digits)").utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
