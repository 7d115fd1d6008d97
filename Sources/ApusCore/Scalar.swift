/// One element of a given type, kept exactly.
public struct Scalar: Hashable, Sendable {
  public let dtype: DType
  /// The element's bit pattern, zero-extended.
  public let bits: UInt64

  /// The value rounded, or for integers truncated and clamped, to `dtype`.
  public init(_ value: Double, _ dtype: DType) {
    self.dtype = dtype
    switch dtype {
    case .bool: bits = value != 0 ? 1 : 0
    case .uint8: bits = UInt64(UInt8(clamping: Scalar.integer(value)))
    case .int32: bits = UInt64(UInt32(bitPattern: Int32(clamping: Scalar.integer(value))))
    case .uint32: bits = UInt64(UInt32(clamping: Scalar.integer(value)))
    case .int64: bits = UInt64(bitPattern: Int64(Scalar.integer(value)))
    case .uint64: bits = Scalar.unsigned(value)
    case .int8: bits = UInt64(UInt8(bitPattern: Int8(clamping: Scalar.integer(value))))
    case .int16: bits = UInt64(UInt16(bitPattern: Int16(clamping: Scalar.integer(value))))
    case .uint16: bits = UInt64(UInt16(clamping: Scalar.integer(value)))
    case .float16: bits = UInt64(Half.float16Bits(value))
    case .bfloat16: bits = UInt64(Half.bfloat16Bits(value))
    case .float32: bits = UInt64(Float(value).bitPattern)
    case .float64: bits = value.bitPattern
    }
  }

  public init(_ value: Int, _ dtype: DType) {
    self.dtype = dtype
    switch dtype {
    case .bool: bits = value != 0 ? 1 : 0
    case .uint8: bits = UInt64(UInt8(truncatingIfNeeded: value))
    case .int32: bits = UInt64(UInt32(truncatingIfNeeded: value))
    case .uint32: bits = UInt64(UInt32(truncatingIfNeeded: value))
    case .int64, .uint64: bits = UInt64(bitPattern: Int64(value))
    case .int8: bits = UInt64(UInt8(truncatingIfNeeded: value))
    case .int16, .uint16: bits = UInt64(UInt16(truncatingIfNeeded: value))
    case .float16: bits = UInt64(Half.float16Bits(Double(value)))
    case .bfloat16: bits = UInt64(Half.bfloat16Bits(Double(value)))
    case .float32: bits = UInt64(Float(value).bitPattern)
    case .float64: bits = Double(value).bitPattern
    }
  }

  public init(_ value: Bool) {
    dtype = .bool
    bits = value ? 1 : 0
  }

  /// The value as a double: exact but for 64-bit integers past 2^53.
  public var doubleValue: Double {
    switch dtype {
    case .bool, .uint8, .uint16, .uint32, .uint64: Double(bits)
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .float16: Half.float16(UInt16(truncatingIfNeeded: bits))
    case .bfloat16: Half.bfloat16(UInt16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(bitPattern: bits))
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    }
  }

  private static func integer(_ value: Double) -> Int {
    if value.isNaN { return 0 }
    return Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }

  private static func unsigned(_ value: Double) -> UInt64 {
    if value.isNaN || value < 1 { return 0 }
    return UInt64(exactly: value.rounded(.towardZero)) ?? .max
  }

  /// The element whose bits, zero-extended, are given.
  public init(bits: UInt64, _ dtype: DType) {
    self.dtype = dtype
    self.bits = bits
  }
}

extension DType {
  /// The whole numbers of an integer type, as far as an `Int` goes, or 0 and 1 of `bool`; nil for floating point.
  package var wholeNumbers: ClosedRange<Int>? {
    switch self {
    case .bool: 0...1
    case .uint8: 0...0xff
    case .uint16: 0...0xffff
    case .uint32: 0...0xffff_ffff
    case .uint64: 0...Int.max
    case .int8: -0x80...0x7f
    case .int16: -0x8000...0x7fff
    case .int32: -0x8000_0000...0x7fff_ffff
    case .int64: Int.min...Int.max
    case .float16, .bfloat16, .float32, .float64: nil
    }
  }
}

extension Scalar: CustomStringConvertible {
  public var description: String {
    switch dtype {
    case .bool: bits != 0 ? "true" : "false"
    case .uint8, .uint16, .uint32, .uint64: "\(bits)"
    case .int8: "\(Int8(truncatingIfNeeded: bits))"
    case .int16: "\(Int16(truncatingIfNeeded: bits))"
    case .float16, .bfloat16: "\(Float(doubleValue))"
    case .int32: "\(Int32(truncatingIfNeeded: bits))"
    case .int64: "\(Int64(bitPattern: bits))"
    case .float32: "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
    case .float64: "\(Double(bitPattern: bits))"
    }
  }
}
