/// Half-precision numbers, rounded to the nearest with halves to even.
///
/// `Float16` does not exist on every host, so bits are made of a double's.
package enum Half {
  /// Bits of a format with so many bits of exponent and of fraction.
  private static func encoded(_ value: Double, exponentBits: UInt64, fractionBits: UInt64) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 63) << 15
    let mask: UInt16 = (1 << UInt16(exponentBits)) - 1
    if value.isNaN { return sign | mask << UInt16(fractionBits) | 1 << UInt16(fractionBits - 1) }
    let bias = (1 << (Int(exponentBits) - 1)) - 1
    let size = value.magnitude
    // In units of the last place: a whole number once rounded.
    let exponent = size == 0 ? 1 - bias : Swift.max(1 - bias, size.isInfinite ? bias + 1 : Int(size.exponent))
    if exponent > bias { return sign | mask << UInt16(fractionBits) }
    let unit = Double(sign: .plus, exponent: exponent - Int(fractionBits), significand: 1)
    let count = UInt64((size / unit).rounded(.toNearestOrEven))
    let implicit: UInt64 = 1 << fractionBits
    // A carry into the exponent is what the addition does.
    let biased = count >= implicit ? UInt64(exponent + bias - 1) : 0
    let code = UInt16(truncatingIfNeeded: (biased << fractionBits) + count)
    return sign | Swift.min(code, mask << UInt16(fractionBits))
  }

  private static func decoded(_ bits: UInt16, exponentBits: Int, fractionBits: Int) -> Double {
    let sign: Double = bits >> 15 == 0 ? 1 : -1
    let mask = (1 << exponentBits) - 1
    let exponent = Int(bits >> UInt16(fractionBits)) & mask
    let fraction = Double(bits & ((1 << UInt16(fractionBits)) - 1))
    let bias = mask >> 1
    if exponent == mask { return fraction == 0 ? sign * .infinity : .nan }
    let scale = Double(sign: .plus, exponent: Swift.max(exponent, 1) - bias - fractionBits, significand: 1)
    return sign * (fraction + (exponent == 0 ? 0 : Double(1 << fractionBits))) * scale
  }

  package static func float16Bits(_ value: Double) -> UInt16 { encoded(value, exponentBits: 5, fractionBits: 10) }
  package static func bfloat16Bits(_ value: Double) -> UInt16 { encoded(value, exponentBits: 8, fractionBits: 7) }
  package static func float16(_ bits: UInt16) -> Double { decoded(bits, exponentBits: 5, fractionBits: 10) }
  package static func bfloat16(_ bits: UInt16) -> Double { decoded(bits, exponentBits: 8, fractionBits: 7) }
}
