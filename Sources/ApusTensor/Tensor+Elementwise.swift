import ApusCore

extension Tensor {
  /// The binary primitive on two tensors, promoted to one type and broadcast over each other by NumPy's rules.
  static func elementwise(_ name: String, _ op: Op, _ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = promoted(a, b)
    guard a.shape != b.shape else { return apply(op, a, b) }
    guard let shape = broadcastShape(a.shape, b.shape) else {
      return Mistakes.report(
        OpError(
          "\(name): shapes \(a.shape) and \(b.shape) do not broadcast: aligned at the right, sizes must be equal or 1"))
    }
    return apply(op, a.broadcast(to: shape), b.broadcast(to: shape))
  }

  static func binary(_ op: Binary, _ a: Tensor, _ b: Tensor) -> Tensor {
    elementwise(op.rawValue, .binary(op), a, b)
  }

  static func binary(_ op: Binary, _ a: Tensor, _ b: some TensorScalar) -> Tensor {
    let (a, b) = promoted(a, b)
    return apply(.binary(op), a, b)
  }

  static func binary(_ op: Binary, _ a: some TensorScalar, _ b: Tensor) -> Tensor {
    let (b, a) = promoted(b, a)
    return apply(.binary(op), a, b)
  }

  static func constant(_ value: some TensorScalar, like other: Tensor) -> Tensor {
    Tensor(.build(.constant(value.element(other.dtype)))).broadcast(to: other.shape)
  }

  func unary(_ op: Unary) -> Tensor { .apply(.unary(op), self) }

  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }
  /// The remainder with the sign of the dividend, as Swift's.
  public static func % (a: Tensor, b: Tensor) -> Tensor { binary(.remainder, a, b) }
  public static func + (a: Tensor, b: some TensorScalar) -> Tensor { binary(.add, a, b) }
  public static func - (a: Tensor, b: some TensorScalar) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: Tensor, b: some TensorScalar) -> Tensor { binary(.multiply, a, b) }
  public static func / (a: Tensor, b: some TensorScalar) -> Tensor { binary(.divide, a, b) }
  public static func % (a: Tensor, b: some TensorScalar) -> Tensor { binary(.remainder, a, b) }
  public static func + (a: some TensorScalar, b: Tensor) -> Tensor { binary(.add, a, b) }
  public static func - (a: some TensorScalar, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: some TensorScalar, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  public static func / (a: some TensorScalar, b: Tensor) -> Tensor { binary(.divide, a, b) }
  public static prefix func - (a: Tensor) -> Tensor { a.unary(.negate) }
  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
  public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
  public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
  public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
  public static func += (a: inout Tensor, b: some TensorScalar) { a = a + b }
  public static func -= (a: inout Tensor, b: some TensorScalar) { a = a - b }
  public static func *= (a: inout Tensor, b: some TensorScalar) { a = a * b }
  public static func /= (a: inout Tensor, b: some TensorScalar) { a = a / b }

  /// Bitwise on integers, logical on `bool`.
  public static func & (a: Tensor, b: Tensor) -> Tensor { binary(.and, a, b) }
  public static func | (a: Tensor, b: Tensor) -> Tensor { binary(.or, a, b) }
  public static func ^ (a: Tensor, b: Tensor) -> Tensor { binary(.xor, a, b) }
  public static func << (a: Tensor, b: some TensorScalar) -> Tensor { binary(.shiftLeft, a, b) }
  /// As Swift's: the sign comes in from the left, zeros for unsigned integers.
  public static func >> (a: Tensor, b: some TensorScalar) -> Tensor {
    binary(a.dtype.isSigned ? .shiftRightArithmetic : .shiftRightLogical, a, b)
  }
  public static prefix func ! (a: Tensor) -> Tensor { a.unary(.not) }

  // Elementwise comparisons, spelled as Swift's SIMD types spell them. The result is `bool`.
  static func compare(_ op: Comparison, _ a: Tensor, _ b: Tensor) -> Tensor {
    elementwise(op.rawValue, .compare(op), a, b)
  }
  /// A whole number that the tensor's type does not hold is above or below all its elements.
  static func compare(_ op: Comparison, _ a: Tensor, _ b: some TensorScalar) -> Tensor {
    let side = b.side(of: a.dtype)
    if side != 0 {
      let holds =
        switch op {
        case .equal: false
        case .notEqual: true
        case .less, .lessEqual: side > 0
        case .greater, .greaterEqual: side < 0
        }
      return full(holds ? 1 : 0, a.shape, dtype: .bool)
    }
    let (a, b) = promoted(a, b)
    return apply(.compare(op), a, b)
  }
  public static func .== (a: Tensor, b: Tensor) -> Tensor { compare(.equal, a, b) }
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { compare(.notEqual, a, b) }
  public static func .< (a: Tensor, b: Tensor) -> Tensor { compare(.less, a, b) }
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { compare(.lessEqual, a, b) }
  public static func .> (a: Tensor, b: Tensor) -> Tensor { compare(.greater, a, b) }
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { compare(.greaterEqual, a, b) }
  public static func .== (a: Tensor, b: some TensorScalar) -> Tensor { compare(.equal, a, b) }
  public static func .!= (a: Tensor, b: some TensorScalar) -> Tensor { compare(.notEqual, a, b) }
  public static func .< (a: Tensor, b: some TensorScalar) -> Tensor { compare(.less, a, b) }
  public static func .<= (a: Tensor, b: some TensorScalar) -> Tensor { compare(.lessEqual, a, b) }
  public static func .> (a: Tensor, b: some TensorScalar) -> Tensor { compare(.greater, a, b) }
  public static func .>= (a: Tensor, b: some TensorScalar) -> Tensor { compare(.greaterEqual, a, b) }

  public func abs() -> Tensor { unary(.abs) }
  /// −1, 0 or 1.
  public func sign() -> Tensor { unary(.sign) }
  public func floor() -> Tensor { unary(.floor) }
  public func ceil() -> Tensor { unary(.ceil) }
  /// To the nearest integer, halves to even.
  public func rounded() -> Tensor { unary(.round) }
  public func exp() -> Tensor { unary(.exp) }
  /// eˣ − 1, precise near 0.
  public func expm1() -> Tensor { unary(.expm1) }
  public func log() -> Tensor { unary(.log) }
  /// log(1 + x), precise near 0.
  public func log1p() -> Tensor { unary(.log1p) }
  public func sqrt() -> Tensor { unary(.sqrt) }
  /// 1 / √x.
  public func rsqrt() -> Tensor { unary(.rsqrt) }
  public func sin() -> Tensor { unary(.sin) }
  public func cos() -> Tensor { unary(.cos) }
  public func tanh() -> Tensor { unary(.tanh) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { unary(.logistic) }
  public func squared() -> Tensor { self * self }
  public func power(_ exponent: Tensor) -> Tensor { .binary(.power, self, exponent) }
  public func power(_ exponent: some TensorScalar) -> Tensor { .binary(.power, self, exponent) }
  /// max(x, 0) (Nair & Hinton 2010). The gradient at 0 is 0.
  public func relu() -> Tensor { .apply(.block(AnyBlock(ReLU())), self) }

  /// No smaller than `lower`, no larger than `upper`.
  public func clamped(_ lower: some TensorScalar, _ upper: some TensorScalar) -> Tensor {
    .binary(.minimum, .binary(.maximum, self, lower), upper)
  }

  /// The elements converted to another type; floats are truncated toward zero on the way to integers.
  public func cast(to dtype: DType) -> Tensor {
    dtype == self.dtype ? self : .apply(.convert(dtype), self)
  }

  /// The tensor, with no gradient through it.
  public func stoppingGradient() -> Tensor { .apply(.stopGradient, self) }
}

/// The larger of each pair; NaN if either is.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { .binary(.maximum, a, b) }
public func maximum(_ a: Tensor, _ b: some TensorScalar) -> Tensor { .binary(.maximum, a, b) }
/// The smaller of each pair; NaN if either is.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { .binary(.minimum, a, b) }
public func minimum(_ a: Tensor, _ b: some TensorScalar) -> Tensor { .binary(.minimum, a, b) }

/// `a` where the condition holds, `b` elsewhere; all three are broadcast over each other. NumPy's and PyTorch's `where`.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  let (a, b) = Tensor.promoted(a, b)
  guard let values = broadcastShape(a.shape, b.shape), let shape = broadcastShape(condition.shape, values) else {
    return Mistakes.report(OpError("select: \(condition.shape), \(a.shape) and \(b.shape) do not broadcast"))
  }
  return .apply(.select, condition.broadcast(to: shape), a.broadcast(to: shape), b.broadcast(to: shape))
}

/// `a` where the condition holds, the number elsewhere.
public func select(_ condition: Tensor, _ a: Tensor, _ b: some TensorScalar) -> Tensor {
  let (a, b) = Tensor.promoted(a, b)
  return select(condition, a, b)
}

/// The number where the condition holds, `b` elsewhere.
public func select(_ condition: Tensor, _ a: some TensorScalar, _ b: Tensor) -> Tensor {
  let (b, a) = Tensor.promoted(b, a)
  return select(condition, a, b)
}
