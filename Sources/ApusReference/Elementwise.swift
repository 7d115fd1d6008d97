import ApusCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Unary {
  /// The function in double precision; `dtype` matters to `not` alone.
  func reference(_ x: Double, _ dtype: DType) -> Double { unaryReference(self, x, dtype) }
}

private func unaryReference(_ op: Unary, _ x: Double, _ dtype: DType) -> Double {
  switch op {
  case .negate: -x
  case .abs: Swift.abs(x)
  case .sign: x.isNaN ? x : (x > 0 ? 1 : (x < 0 ? -1 : x))
  case .floor: x.rounded(.down)
  case .ceil: x.rounded(.up)
  case .round: x.rounded(.toNearestOrEven)
  case .exp: exp(x)
  case .expm1: expm1(x)
  case .log: log(x)
  case .log1p: log1p(x)
  case .sqrt: x.squareRoot()
  case .rsqrt: 1 / x.squareRoot()
  case .sin: sin(x)
  case .cos: cos(x)
  case .tanh: tanh(x)
  case .logistic: 1 / (1 + exp(-x))
  case .not: dtype == .bool ? (x == 0 ? 1 : 0) : wrapped(~whole(x, dtype), dtype)
  case .cbrt: cbrt(x)
  case .tan: tan(x)
  case .asin: asin(x)
  case .acos: acos(x)
  case .atan: atan(x)
  case .sinh: sinh(x)
  case .cosh: cosh(x)
  case .asinh: asinh(x)
  case .acosh: acosh(x)
  case .atanh: atanh(x)
  case .erf: erf(x)
  case .erfc: erfc(x)
  case .erfInverse: erfInverse(x)
  case .lgamma: logGamma(x)
  case .digamma: digamma(x)
  case .popcount: Double((whole(x, dtype) & mask(dtype)).nonzeroBitCount)
  }
}

/// Named apart from the case of the same name.
private func angle(_ y: Double, _ x: Double) -> Double { atan2(y, x) }

/// The bits that an element of the type has.
private func mask(_ dtype: DType) -> Int64 { dtype.byteCount == 8 ? -1 : (1 << Int64(8 * dtype.byteCount)) - 1 }

extension Binary {
  /// The function on elements of `dtype`.
  func reference(_ a: Double, _ b: Double, _ dtype: DType) -> Double {
    dtype.isFloat ? real(a, b) : wrapped(integer(whole(a, dtype), whole(b, dtype), dtype), dtype)
  }

  private func real(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .remainder: fmod(a, b)
    case .power: pow(a, b)
    case .maximum: a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
    case .minimum: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
    case .atan2: angle(a, b)
    case .and, .or, .xor, .shiftLeft, .shiftRightLogical, .shiftRightArithmetic:
      fatalError("\(self) on floating-point elements")
    }
  }

  private func integer(_ a: Int64, _ b: Int64, _ dtype: DType) -> Int64 {
    let width = Int64(dtype.byteCount * 8)
    let unsigned = UInt64(bitPattern: a & mask(dtype))
    if dtype == .uint64, let result = unsigned64(unsigned, UInt64(bitPattern: b)) {
      return Int64(bitPattern: result)
    }
    return switch self {
    case .add: a &+ b
    case .subtract: a &- b
    case .multiply: a &* b
    case .divide: b == 0 ? -1 : a.dividedReportingOverflow(by: b).partialValue
    case .remainder: b == 0 ? a : a.remainderReportingOverflow(dividingBy: b).partialValue
    case .power: integerPower(a, b)
    case .maximum: Swift.max(a, b)
    case .minimum: Swift.min(a, b)
    case .and: a & b
    case .or: a | b
    case .xor: a ^ b
    case .shiftLeft: b < 0 || b >= width ? 0 : a << b
    case .shiftRightLogical: b < 0 || b >= width ? 0 : Int64(bitPattern: unsigned >> UInt64(b))
    case .shiftRightArithmetic: b < 0 || b >= width ? (a < 0 ? -1 : 0) : a >> b
    case .atan2: fatalError("atan2 on integers")
    }
  }

  /// What differs for 64 bits without a sign; nil for the rest.
  private func unsigned64(_ a: UInt64, _ b: UInt64) -> UInt64? {
    switch self {
    case .divide: b == 0 ? .max : a / b
    case .remainder: b == 0 ? a : a % b
    case .maximum: Swift.max(a, b)
    case .minimum: Swift.min(a, b)
    case .shiftRightArithmetic: b >= 64 ? 0 : a >> b
    default: nil
    }
  }

  private func integerPower(_ base: Int64, _ exponent: Int64) -> Int64 {
    if exponent < 0 { return base == 1 ? 1 : (base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0) }
    var result: Int64 = 1
    var factor = base
    var left = exponent
    while left > 0 {
      if left & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      left >>= 1
    }
    return result
  }
}

extension Comparison {
  func reference(_ a: Double, _ b: Double) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessEqual: a <= b
    case .greater: a > b
    case .greaterEqual: a >= b
    }
  }
}

extension Reduction {
  /// One more value taken in; NaN wins in max and min.
  func combine(_ a: Double, _ b: Double, _ dtype: DType) -> Double {
    switch self {
    case .sum: dtype.isFloat ? a + b : Binary.add.reference(a, b, dtype)
    case .product: dtype.isFloat ? a * b : Binary.multiply.reference(a, b, dtype)
    case .max: Binary.maximum.reference(a, b, dtype == .bool ? .int32 : dtype)
    case .min: Binary.minimum.reference(a, b, dtype == .bool ? .int32 : dtype)
    case .and: a != 0 && b != 0 ? 1 : 0
    case .or: a != 0 || b != 0 ? 1 : 0
    }
  }
}

/// What `convert` gives: truncated toward zero and clamped into an integer's range, NaN as 0.
func converted(_ value: Double, from source: DType, to target: DType) -> Double {
  switch target {
  case .bool, .float32, .float64: rounded(value, target)
  case .float16, .bfloat16: rounded(value, target)
  case .uint8, .uint16, .int8, .int16, .int32, .uint32, .int64, .uint64:
    source.isFloat ? Scalar(value, target).doubleValue : wrapped(whole(value, source), target)
  }
}

/// The four words of Philox 4×32-10 (Salmon et al. 2011, section 3.3).
package func philox(_ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var (c, k) = (counter, key)
  for _ in 0..<10 {
    let first = UInt64(0xD251_1F53) * UInt64(c[0])
    let second = UInt64(0xCD9E_8D57) * UInt64(c[2])
    c = SIMD4(
      UInt32(second >> 32) ^ c[1] ^ k[0], UInt32(truncatingIfNeeded: second),
      UInt32(first >> 32) ^ c[3] ^ k[1], UInt32(truncatingIfNeeded: first))
    k = SIMD2(k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85)
  }
  return c
}
