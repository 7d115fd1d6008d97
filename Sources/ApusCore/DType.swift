/// The type of a tensor's elements.
public enum DType: UInt8, Hashable, Sendable, CaseIterable {
  case bool
  case uint8
  case int32
  case uint32
  case int64
  case float32
  case float64

  /// Bytes that one element takes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8: 1
    case .int32, .uint32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether elements are floating-point numbers, the only ones that have gradients.
  public var isFloat: Bool {
    switch self {
    case .float32, .float64: true
    case .bool, .uint8, .int32, .uint32, .int64: false
    }
  }

  /// Whether elements are integers (`bool` is not one).
  public var isInteger: Bool { !isFloat && self != .bool }

  /// Whether elements can be negative.
  public var isSigned: Bool {
    switch self {
    case .int32, .int64, .float32, .float64: true
    case .bool, .uint8, .uint32: false
    }
  }
}

extension DType: CustomStringConvertible {
  /// The name as NumPy spells it: `float32`.
  public var description: String {
    switch self {
    case .bool: "bool"
    case .uint8: "uint8"
    case .int32: "int32"
    case .uint32: "uint32"
    case .int64: "int64"
    case .float32: "float32"
    case .float64: "float64"
    }
  }
}
