/// Elementwise primitives of one operand.
public enum Unary: String, Hashable, Sendable, CaseIterable {
  case negate, abs, sign, floor, ceil
  /// To the nearest integer, halves to even.
  case round
  case exp, expm1, log, log1p, sqrt, rsqrt, sin, cos, tanh, logistic
  /// Logical on `bool`, bitwise on integers.
  case not
  case cbrt, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh
  /// 2/√π ∫₀ˣ e^(−t²) dt, its complement, and its inverse.
  case erf, erfc, erfInverse
  /// log |Γ(x)| and its derivative.
  case lgamma, digamma
  /// How many bits of an integer are set.
  case popcount
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
  /// The sign comes in from the left.
  case shiftRightArithmetic
  /// The angle of the point (second, first) from the first axis, in radians.
  case atan2
}

/// Elementwise comparisons; the result is `bool`.
public enum Comparison: String, Hashable, Sendable, CaseIterable {
  case equal, notEqual, less, lessEqual, greater, greaterEqual
}

/// How values are taken together as one goes along an axis.
public enum Cumulative: String, Hashable, Sendable, CaseIterable {
  case sum, product, max, min

  public var reduction: Reduction {
    switch self {
    case .sum: .sum
    case .product: .product
    case .max: .max
    case .min: .min
    }
  }
}

/// What becomes of an element where an update is scattered.
public enum ScatterKind: String, Hashable, Sendable, CaseIterable {
  /// The last of several updates wins.
  case set
  case add, multiply, min, max

  /// Whether the kind is defined on elements of `dtype`.
  public func accepts(_ dtype: DType) -> Bool {
    switch self {
    case .set, .min, .max: true
    case .add, .multiply: dtype != .bool
    }
  }
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
    case .max: dtype == .bool ? Scalar(false) : Scalar(-Double.infinity, dtype)
    case .min: Scalar(Double.infinity, dtype)
    }
  }
}

extension Unary {
  /// Whether the primitive is defined on elements of `dtype`.
  public func accepts(_ dtype: DType) -> Bool {
    switch self {
    case .negate, .abs, .sign: dtype.isSigned
    case .not: !dtype.isFloat
    case .floor, .ceil, .round, .exp, .expm1, .log, .log1p, .sqrt, .rsqrt, .sin, .cos, .tanh, .logistic, .cbrt, .tan,
      .asin, .acos, .atan, .sinh, .cosh, .asinh, .acosh, .atanh, .erf, .erfc, .erfInverse, .lgamma, .digamma:
      dtype.isFloat
    case .popcount: dtype.isInteger
    }
  }

  /// StableHLO's name.
  public var stableHLO: String {
    switch self {
    case .exp: "exponential"
    case .expm1: "exponential_minus_one"
    case .log1p: "log_plus_one"
    case .sin: "sine"
    case .cos: "cosine"
    case .round: "round_nearest_even"
    case .erfInverse: "erf_inv"
    case .popcount: "popcnt"
    case .abs, .sign, .floor, .ceil, .negate, .log, .sqrt, .rsqrt, .cbrt, .tan, .tanh, .logistic, .not, .asin, .acos,
      .atan, .sinh, .cosh, .asinh, .acosh, .atanh, .erf, .erfc, .lgamma, .digamma:
      rawValue
    }
  }
}

extension Binary {
  /// Whether the primitive is defined on elements of `dtype`.
  public func accepts(_ dtype: DType) -> Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .remainder, .power: dtype != .bool
    case .maximum, .minimum: true
    case .atan2: dtype.isFloat
    case .and, .or, .xor: !dtype.isFloat
    case .shiftLeft, .shiftRightLogical, .shiftRightArithmetic: dtype.isInteger
    }
  }

  /// StableHLO's name.
  public var stableHLO: String {
    switch self {
    case .shiftLeft: "shift_left"
    case .shiftRightLogical: "shift_right_logical"
    case .shiftRightArithmetic: "shift_right_arithmetic"
    case .atan2, .add, .subtract, .multiply, .divide, .remainder, .power, .maximum, .minimum, .and, .or, .xor: rawValue
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
