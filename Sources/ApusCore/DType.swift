/// The type of a tensor's elements.
public enum DType: UInt8, Hashable, Sendable, CaseIterable {
  case bool
  case uint8
  case int32
  case uint32
  case int64
  case float32
  case float64
  case int8
  case int16
  case uint16
  case uint64
  /// IEEE 754 half precision: 5 bits of exponent, 10 of fraction.
  case float16
  /// The upper half of a `float32`: 8 bits of exponent, 7 of fraction.
  case bfloat16

  /// Bytes that one element takes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// Whether elements are floating-point numbers, the only ones that have gradients.
  public var isFloat: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    case .bool, .uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64: false
    }
  }

  /// Whether elements are floating-point numbers of 16 bits: computed with in single precision, kept in half.
  public var isHalf: Bool { self == .float16 || self == .bfloat16 }

  /// Whether elements are integers (`bool` is not one).
  public var isInteger: Bool { !isFloat && self != .bool }

  /// Whether elements can be negative.
  public var isSigned: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .float16, .bfloat16, .float32, .float64: true
    case .bool, .uint8, .uint16, .uint32, .uint64: false
    }
  }

  /// The wider type in which arithmetic on elements of a narrow one is done; nil for the types that kernels work in.
  public var computeType: DType? {
    switch self {
    case .float16, .bfloat16: .float32
    case .int8, .int16: .int32
    case .uint16: .uint32
    case .bool, .uint8, .int32, .uint32, .int64, .uint64, .float32, .float64: nil
    }
  }

  /// The distance from 1 to the next larger number; nil for types that are not floating point.
  public var epsilon: Double? {
    switch self {
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    case .float32: 0x1p-23
    case .float64: 0x1p-52
    default: nil
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
    case .int8: "int8"
    case .int16: "int16"
    case .uint16: "uint16"
    case .uint64: "uint64"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    }
  }
}
