/// A message of Protocol Buffers as it is written: fields by their numbers, in the order in which they are given. As in
/// `proto3`, numbers that are 0 and texts that are empty are left out unless they are asked for.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 { case varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 }

  private mutating func tag(_ field: Int, _ type: WireType) { varint(UInt64(field) << 3 | type.rawValue) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func fixed<T: FixedWidthInteger>(_ value: T) {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> T(shift))) }
  }

  mutating func integer(_ field: Int, _ value: Int, evenIfZero: Bool = false) {
    if value == 0, !evenIfZero { return }
    tag(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(_ field: Int, _ value: Double, evenIfZero: Bool = false) {
    if value.bitPattern == 0, !evenIfZero { return }
    tag(field, .fixed64)
    fixed(value.bitPattern)
  }

  mutating func float(_ field: Int, _ value: Float, evenIfZero: Bool = false) {
    if value.bitPattern == 0, !evenIfZero { return }
    tag(field, .fixed32)
    fixed(value.bitPattern)
  }

  mutating func doubles(_ field: Int, _ values: [Double]) {
    if values.isEmpty { return }
    tag(field, .delimited)
    varint(UInt64(values.count * 8))
    for value in values { fixed(value.bitPattern) }
  }

  /// Bytes, of however many.
  mutating func data(_ field: Int, _ value: [UInt8]) {
    tag(field, .delimited)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func text(_ field: Int, _ value: String) { if !value.isEmpty { data(field, Array(value.utf8)) } }

  mutating func message(_ field: Int, _ make: (inout ProtocolBuffer) -> Void) {
    var inner = ProtocolBuffer()
    make(&inner)
    data(field, inner.bytes)
  }
}
