/// Elementwise primitives of one operand.
public enum Unary: String, Hashable, Sendable, CaseIterable {
  case negate, abs, sign, floor, ceil
  /// To the nearest integer, halves to even.
  case round
  case exp, expm1, log, log1p, sqrt, rsqrt, sin, cos, tanh, logistic
  /// Logical on `bool`, bitwise on integers.
  case not
}

/// Elementwise primitives of two operands of one type.
public enum Binary: String, Hashable, Sendable, CaseIterable {
  case add, subtract, multiply, divide
  /// The sign is the dividend's, as C's `fmod`.
  case remainder
  case power
  /// NaN if either operand is.
  case maximum
  /// NaN if either operand is.
  case minimum
  case and, or, xor, shiftLeft, shiftRightLogical
}

/// Elementwise comparisons; the result is `bool`.
public enum Comparison: String, Hashable, Sendable, CaseIterable {
  case equal, notEqual, less, lessEqual, greater, greaterEqual
}

/// How many values become one.
public enum Reduction: String, Hashable, Sendable, CaseIterable {
  case sum, product, max, min, and, or

  /// What a reduction of nothing gives.
  public func neutral(_ dtype: DType) -> Scalar {
    switch self {
    case .sum, .or: Scalar(0, dtype)
    case .product: Scalar(1, dtype)
    case .and: dtype == .bool ? Scalar(true) : Scalar(-1, dtype)
    case .max:
      dtype == .bool
        ? Scalar(false) : dtype.isFloat ? Scalar(-Double.infinity, dtype) : Scalar(Double(Int64.min), dtype)
    case .min: dtype.isFloat ? Scalar(Double.infinity, dtype) : Scalar(Double(Int64.max), dtype)
    }
  }
}

extension Unary {
  /// Whether the primitive is defined on elements of `dtype`.
  public func accepts(_ dtype: DType) -> Bool {
    switch self {
    case .negate, .abs, .sign: dtype.isSigned
    case .not: !dtype.isFloat
    case .floor, .ceil, .round, .exp, .expm1, .log, .log1p, .sqrt, .rsqrt, .sin, .cos, .tanh, .logistic: dtype.isFloat
    }
  }

  /// StableHLO's name.
  public var stableHLO: String {
    switch self {
    case .negate: "negate"
    case .abs: "abs"
    case .sign: "sign"
    case .floor: "floor"
    case .ceil: "ceil"
    case .round: "round_nearest_even"
    case .exp: "exponential"
    case .expm1: "exponential_minus_one"
    case .log: "log"
    case .log1p: "log_plus_one"
    case .sqrt: "sqrt"
    case .rsqrt: "rsqrt"
    case .sin: "sine"
    case .cos: "cosine"
    case .tanh: "tanh"
    case .logistic: "logistic"
    case .not: "not"
    }
  }
}

extension Binary {
  /// Whether the primitive is defined on elements of `dtype`.
  public func accepts(_ dtype: DType) -> Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .remainder, .power: dtype != .bool
    case .maximum, .minimum: true
    case .and, .or, .xor: !dtype.isFloat
    case .shiftLeft, .shiftRightLogical: dtype.isInteger
    }
  }

  /// StableHLO's name.
  public var stableHLO: String {
    switch self {
    case .shiftLeft: "shift_left"
    case .shiftRightLogical: "shift_right_logical"
    case .add, .subtract, .multiply, .divide, .remainder, .power, .maximum, .minimum, .and, .or, .xor: rawValue
    }
  }
}

extension Reduction {
  /// Whether the reduction is defined on elements of `dtype`.
  public func accepts(_ dtype: DType) -> Bool {
    switch self {
    case .sum, .product: dtype != .bool
    case .max, .min: true
    case .and, .or: dtype == .bool
    }
  }
}
