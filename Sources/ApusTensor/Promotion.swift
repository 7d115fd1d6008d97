import ApusCore

/// What happens when tensors of different element types meet in one operation.
public enum Promotion: Hashable, Sendable {
  /// Both are converted to `promotedType(_:_:)`, as in JAX and NumPy.
  case automatic
  /// It is a mistake: types are converted by `cast(to:)` alone.
  case strict

  /// The rule of the current task; automatic unless `with` says otherwise.
  @TaskLocal public static var current: Promotion = .automatic

  /// Runs `body` under this rule.
  ///
  /// ```swift
  /// Promotion.with(.strict) { counts + weights }   // a mistake: int32 and float32
  /// ```
  public static func with<R>(_ promotion: Promotion, _ body: () throws -> R) rethrows -> R {
    try $current.withValue(promotion, operation: body)
  }
}

/// The type that elements of two types become when they meet: the least upper bound in JAX's lattice of types.
///
/// `bool` gives way to everything and integers to floating point of any width. Signed and unsigned integers meet in the
/// next wider signed type; `float16` and `bfloat16` in `float32`. `uint64` and a signed type have no common integer
/// type and meet in `float32`, the default floating-point type.
public func promotedType(_ a: DType, _ b: DType) -> DType {
  if a == b || b == .bool { return a }
  if a == .bool { return b }
  switch (a.isFloat, b.isFloat) {
  case (true, true):
    if a.byteCount == b.byteCount { return .float32 }
    return a.byteCount > b.byteCount ? a : b
  case (true, false): return a
  case (false, true): return b
  case (false, false):
    if a.isSigned == b.isSigned { return a.byteCount > b.byteCount ? a : b }
    let (signed, unsigned) = a.isSigned ? (a, b) : (b, a)
    if signed.byteCount > unsigned.byteCount { return signed }
    switch unsigned.byteCount {
    case 1: return .int16
    case 2: return .int32
    case 4: return .int64
    default: return .float32
    }
  }
}

extension Tensor {
  /// Both in the type that they meet in; unchanged under strict promotion.
  static func promoted(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
    guard a.dtype != b.dtype, Promotion.current == .automatic else { return (a, b) }
    let dtype = promotedType(a.dtype, b.dtype)
    return (a.cast(to: dtype), b.cast(to: dtype))
  }

  /// All in the type that they meet in; unchanged under strict promotion.
  static func promoted(_ tensors: [Tensor]) -> [Tensor] {
    guard let first = tensors.first, tensors.contains(where: { $0.dtype != first.dtype }),
      Promotion.current == .automatic
    else { return tensors }
    let dtype = tensors.dropFirst().reduce(first.dtype) { promotedType($0, $1.dtype) }
    return tensors.map { $0.cast(to: dtype) }
  }

  /// A tensor and a number in one type: the tensor's, or `float32` for a fraction that meets integers.
  static func promoted<S: TensorScalar>(_ a: Tensor, _ value: S) -> (Tensor, Tensor) {
    let isWide = S.isFraction && !a.dtype.isFloat && Promotion.current == .automatic
    let wide = isWide ? a.cast(to: .float32) : a
    return (wide, constant(value, like: wide))
  }

  /// The tensor in floating point: integers and bools become `float32`.
  var floating: Tensor { dtype.isFloat ? self : cast(to: .float32) }
}
