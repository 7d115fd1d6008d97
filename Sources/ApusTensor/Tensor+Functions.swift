import ApusCore

// Elementwise functions.
extension Tensor {
  /// The cube root.
  public func cbrt() -> Tensor { floating.unary(.cbrt) }
  /// The tangent of an angle in radians.
  public func tan() -> Tensor { floating.unary(.tan) }
  /// The angle in radians whose sine this is.
  public func asin() -> Tensor { floating.unary(.asin) }
  /// The angle in radians whose cosine this is.
  public func acos() -> Tensor { floating.unary(.acos) }
  /// The angle in radians whose tangent this is.
  public func atan() -> Tensor { floating.unary(.atan) }
  /// (eˣ − e⁻ˣ) / 2.
  public func sinh() -> Tensor { floating.unary(.sinh) }
  /// (eˣ + e⁻ˣ) / 2.
  public func cosh() -> Tensor { floating.unary(.cosh) }
  /// The inverse of `sinh`.
  public func asinh() -> Tensor { floating.unary(.asinh) }
  /// The inverse of `cosh`, from 1 on.
  public func acosh() -> Tensor { floating.unary(.acosh) }
  /// The inverse of `tanh`, on (−1, 1).
  public func atanh() -> Tensor { floating.unary(.atanh) }
  /// The error function, 2/√π ∫₀ˣ e^(−t²) dt.
  public func erf() -> Tensor { floating.unary(.erf) }
  /// 1 − erf(x), precise where that is small.
  public func erfc() -> Tensor { floating.unary(.erfc) }
  /// The inverse of the error function, on (−1, 1).
  public func erfInverse() -> Tensor { floating.unary(.erfInverse) }
  /// log |Γ(x)|.
  public func lgamma() -> Tensor { floating.unary(.lgamma) }
  /// The derivative of log Γ(x).
  public func digamma() -> Tensor { floating.unary(.digamma) }
  /// How many bits of an integer are set.
  public func popCount() -> Tensor { unary(.popcount) }
  /// 1 / x.
  public func reciprocal() -> Tensor { 1 / floating }
  /// 2ˣ.
  public func exp2() -> Tensor { (floating * 0.693147180559945309417232121458).exp() }
  /// The logarithm to base 2.
  public func log2() -> Tensor { floating.log() / 0.693147180559945309417232121458 }
  /// The logarithm to base 10.
  public func log10() -> Tensor { floating.log() / 2.30258509299404568401799145468 }
  /// log(x / (1 − x)), the inverse of `sigmoid`.
  public func logit() -> Tensor { floating.log() - (-floating).log1p() }
  /// Rounded toward zero.
  public func truncated() -> Tensor {
    dtype.isFloat ? select(self .< 0, ceil(), floor()) : self
  }

  /// Where the elements are not numbers.
  public func isNaN() -> Tensor { dtype.isFloat ? self .!= self : .full(0, shape, dtype: .bool) }
  /// Where the elements are infinite.
  public func isInfinite() -> Tensor {
    dtype.isFloat ? abs() .== Double.infinity : .full(0, shape, dtype: .bool)
  }
  /// Where the elements are neither infinite nor NaN.
  public func isFinite() -> Tensor {
    dtype.isFloat ? abs() .< Double.infinity : .full(1, shape, dtype: .bool)
  }

  /// NaN and infinities replaced by numbers: the largest of the type for infinities unless given.
  public func replacingNaN(with value: Double = 0, positive: Double? = nil, negative: Double? = nil) -> Tensor {
    guard dtype.isFloat else { return self }
    let largest: Double =
      switch dtype {
      case .float16: 65504
      case .bfloat16: 0x1.FEp127
      case .float64: .greatestFiniteMagnitude
      default: Double(Float.greatestFiniteMagnitude)
      }
    let finite = clamped(negative ?? -largest, positive ?? largest)
    let bounded = select(isInfinite(), finite, self)
    return select(isNaN(), value, bounded)
  }

  /// No smaller than `lower`, no larger than `upper`, both broadcast over the tensor.
  public func clamped(_ lower: Tensor, _ upper: Tensor) -> Tensor { minimum(maximum(self, lower), upper) }
  /// No smaller than `lower`.
  public func clamped(from lower: some TensorScalar) -> Tensor { maximum(self, lower) }
  /// No larger than `upper`.
  public func clamped(to upper: some TensorScalar) -> Tensor { minimum(self, upper) }

  /// The angle of the points (x, y) from the first axis, in radians, this tensor being y.
  public func atan2(_ x: Tensor) -> Tensor {
    let (y, x) = Tensor.promoted(self, x)
    return .binary(.atan2, y.floating, x.floating)
  }

  /// The remainder with the sign of the dividend, as C's `fmod` and `%`.
  public func fmod(_ divisor: Tensor) -> Tensor { self % divisor }
  /// The remainder by a number, with the sign of the dividend.
  public func fmod(_ divisor: some TensorScalar) -> Tensor { self % divisor }

  /// The remainder with the sign of the divisor, as Python's `%`: between 0 and the divisor.
  public func modulo(_ divisor: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(self, divisor)
    let remainder = a % b
    guard remainder.dtype.isSigned, !Mistakes.hasFailed else { return remainder }
    let isOpposite = (remainder .!= 0) & ((remainder .< 0) .!= (b .< 0))
    return select(isOpposite, remainder + b, remainder)
  }
  /// The remainder by a number, with the sign of the divisor.
  public func modulo(_ divisor: some TensorScalar) -> Tensor {
    let (a, b) = Tensor.promoted(self, divisor)
    return a.modulo(b)
  }

  /// The quotient rounded down, as Python's `//`.
  public func floorDivide(_ divisor: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(self, divisor)
    if !a.dtype.isFloat { return a.dtype.isSigned ? (a - a.modulo(b)) / b : a / b }
    // Not ⌊a / b⌋, where the quotient may have been rounded up to an integer.
    let quotient = ((a - a.modulo(b)) / b).rounded()
    return select(b .== 0, a / b, quotient)
  }
  /// The quotient by a number, rounded down.
  public func floorDivide(_ divisor: some TensorScalar) -> Tensor {
    let (a, b) = Tensor.promoted(self, divisor)
    return a.floorDivide(b)
  }

  /// x + weight · (end − x).
  public func lerp(to end: Tensor, _ weight: Tensor) -> Tensor { self + weight * (end - self) }
  /// x + weight · (end − x), by one weight for all.
  public func lerp(to end: Tensor, _ weight: Double) -> Tensor { self + (end - self) * weight }

  /// The sizes of the elements with the signs of the other's; −0 and NaN have signs too.
  public func copyingSign(of other: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(self, other)
    // The sign of −0 shows in its reciprocal.
    let isNegative = (b .< 0) | ((b .== 0) & (b.reciprocal() .< 0))
    return select(isNegative, -a.abs(), a.abs())
  }

  /// Where the elements are equal within |a − b| ≤ absolute + relative · |b|.
  public func isClose(
    to other: Tensor, relative: Double = 1e-5, absolute: Double = 1e-8, equalNaN: Bool = false
  ) -> Tensor {
    let (x, y) = Tensor.promoted(self, other)
    let (a, b) = (x.floating, y.floating)
    let isNear = ((a - b).abs() .<= b.abs() * relative + absolute) & b.isFinite()
    let isEqual = (a .== b) | isNear
    return equalNaN ? isEqual | (a.isNaN() & b.isNaN()) : isEqual
  }

  /// Whether all elements are equal within |a − b| ≤ absolute + relative · |b|. Evaluates both tensors.
  public func allClose(
    to other: Tensor, relative: Double = 1e-5, absolute: Double = 1e-8, equalNaN: Bool = false
  ) -> Bool {
    isClose(to: other, relative: relative, absolute: absolute, equalNaN: equalNaN).all().item() != 0
  }
}

/// The angle of the points (x, y) from the first axis, in radians.
public func atan2(_ y: Tensor, _ x: Tensor) -> Tensor { y.atan2(x) }

/// √(a² + b²), without overflow on the way.
public func hypot(_ a: Tensor, _ b: Tensor) -> Tensor {
  let (x, y) = (a.floating.abs(), b.floating.abs())
  let larger = maximum(x, y)
  let isPlain = (larger .== 0) | (larger .== Double.infinity)
  let scale = select(isPlain, 1, larger.stoppingGradient())
  let sum = (x / scale).squared() + (y / scale).squared()
  return select(isPlain, larger, scale * select(isPlain, 1, sum).sqrt())
}

/// log(eᵃ + eᵇ), without overflow on the way.
public func logAddExp(_ a: Tensor, _ b: Tensor) -> Tensor {
  let (a, b) = Tensor.promoted(a.floating, b.floating)
  let larger = maximum(a, b)
  // Equal infinities have no difference.
  let isPlain = larger.abs() .== Double.infinity
  let distance = select(isPlain, 0, a - b)
  return select(isPlain, larger, larger + (-distance.abs()).exp().log1p())
}
