import ApusCore

extension Tensor {
  /// Every element `value`.
  public static func full(_ value: some TensorScalar, _ shape: Shape, dtype: DType = .float32) -> Tensor {
    Tensor(value, dtype: dtype).broadcast(to: shape)
  }

  public static func zeros(_ shape: Shape, dtype: DType = .float32) -> Tensor { full(0, shape, dtype: dtype) }
  public static func ones(_ shape: Shape, dtype: DType = .float32) -> Tensor { full(1, shape, dtype: dtype) }
  public static func zeros(like other: Tensor) -> Tensor { zeros(other.shape, dtype: other.dtype) }
  public static func ones(like other: Tensor) -> Tensor { ones(other.shape, dtype: other.dtype) }

  /// Every element `value`, in the other's shape and type.
  public static func full(_ value: some TensorScalar, like other: Tensor) -> Tensor {
    full(value, other.shape, dtype: other.dtype)
  }

  /// 0, 1, …, count − 1.
  public static func range(_ count: Int, dtype: DType = .int32) -> Tensor {
    guard count >= 0 else { return Mistakes.report(OpError("range: of \(count) numbers, expected no fewer than 0")) }
    return apply(.iota(TensorType([count], dtype), axis: 0))
  }

  /// start, start + step, … up to and without `end`. NumPy's `arange`. The numbers must be ones that `dtype` holds.
  public static func range(from start: Int, to end: Int, by step: Int = 1, dtype: DType = .int32) -> Tensor {
    guard step != 0 else { return Mistakes.report(OpError("range: from \(start) to \(end) by 0")) }
    if step > 0 ? start >= end : start <= end { return range(0, dtype: dtype) }
    // The distance may be larger than an Int.
    let distance = UInt(bitPattern: step > 0 ? end &- start : start &- end)
    guard let last = Int(exactly: (distance - 1) / step.magnitude), last < .max else {
      return Mistakes.report(OpError("range: from \(start) to \(end) by \(step) has more numbers than can be counted"))
    }
    let final = start &+ last &* step
    guard start.fits(dtype), final.fits(dtype) else {
      return Mistakes.report(
        OpError("range: from \(start) to \(final) by \(step): \(dtype.outOfRange(start.fits(dtype) ? final : start))"))
    }
    let isPlain = dtype.isFloat || step.fits(dtype)
    return isPlain
      ? range(last + 1, dtype: dtype) * step + start
      : (range(last + 1, dtype: .int64) * step + start).cast(to: dtype)
  }

  /// start, start + step, … up to and without `end`, in floating point.
  public static func range(from start: Double, to end: Double, by step: Double, dtype: DType = .float32) -> Tensor {
    let count = ((end - start) / step).rounded(.up)
    guard count.isFinite, count < 0x1p62, step != 0 else {
      return Mistakes.report(OpError("range: from \(start) to \(end) by \(step)"))
    }
    return (range(Int(Swift.max(0, count)), dtype: floating(dtype)) * step + start).cast(to: dtype)
  }

  /// The type that values are computed in on the way to `dtype`.
  private static func floating(_ dtype: DType) -> DType { dtype.isFloat && !dtype.isHalf ? dtype : .float32 }

  /// `steps` values whose logarithms are evenly spaced, from base^start to base^end, both included.
  public static func logspace(
    _ start: Double, _ end: Double, steps: Int, base: Double = 10, dtype: DType = .float32
  ) -> Tensor {
    let exponents = linspace(start, end, steps: steps, dtype: floating(dtype))
    return Tensor(base, dtype: exponents.dtype).power(exponents).cast(to: dtype)
  }

  /// `steps` values with equal ratios of neighbours, from `start` to `end`, both included and of one sign.
  public static func geomspace(_ start: Double, _ end: Double, steps: Int, dtype: DType = .float32) -> Tensor {
    guard start * end > 0 else {
      return Mistakes.report(OpError("geomspace: from \(start) to \(end), expected numbers of one sign that are not 0"))
    }
    let ratio = Tensor(end / start, dtype: floating(dtype))
    let values = ratio.power(linspace(0, 1, steps: steps, dtype: ratio.dtype)) * start
    return values.cast(to: dtype)
  }

  /// Hann's window, ½ − ½ cos(2πn/N); N is `count`, or count − 1 for a symmetric window.
  public static func hannWindow(_ count: Int, periodic: Bool = true, dtype: DType = .float32) -> Tensor {
    cosineWindow(count, [0.5, -0.5], periodic, dtype)
  }

  /// Hamming's window, 0.54 − 0.46 cos(2πn/N); N is `count`, or count − 1 for a symmetric window.
  public static func hammingWindow(_ count: Int, periodic: Bool = true, dtype: DType = .float32) -> Tensor {
    cosineWindow(count, [0.54, -0.46], periodic, dtype)
  }

  /// Blackman's window, 0.42 − ½ cos(2πn/N) + 0.08 cos(4πn/N); N is `count`, or count − 1 for a symmetric window.
  public static func blackmanWindow(_ count: Int, periodic: Bool = true, dtype: DType = .float32) -> Tensor {
    cosineWindow(count, [0.42, -0.5, 0.08], periodic, dtype)
  }

  private static func cosineWindow(
    _ count: Int, _ weights: [Double], _ isPeriodic: Bool, _ dtype: DType
  ) -> Tensor {
    let period = isPeriodic ? count : count - 1
    guard period > 0 else { return ones([Swift.max(0, count)], dtype: dtype) }
    let angle = range(count, dtype: floating(dtype)) * (2 * Double.pi / Double(period))
    let terms = weights.enumerated().map { order, weight in (angle * Double(order)).cos() * weight }
    return terms.dropFirst().reduce(terms[0], +).cast(to: dtype)
  }

  /// `steps` values from `start` to `end`, both included.
  public static func linspace(_ start: Double, _ end: Double, steps: Int, dtype: DType = .float32) -> Tensor {
    guard steps >= 0 else { return Mistakes.report(OpError("linspace: \(steps) steps, expected no fewer than 0")) }
    guard steps > 1 else { return full(start, [steps], dtype: dtype) }
    let type: DType = dtype.isFloat ? dtype : .float32
    return (range(steps, dtype: type) * ((end - start) / Double(steps - 1)) + start).cast(to: dtype)
  }

  /// The identity matrix of that size.
  public static func eye(_ size: Int, dtype: DType = .float32) -> Tensor {
    let rows = apply(.iota(TensorType([size, size], .int32), axis: 0))
    let columns = apply(.iota(TensorType([size, size], .int32), axis: 1))
    return (rows .== columns).cast(to: dtype)
  }

  /// One row of `classes` for each label: 1 at the label, 0 elsewhere.
  public func oneHot(_ classes: Int, dtype: DType = .float32) -> Tensor {
    guard classes >= 0 else { return Mistakes.report(OpError("oneHot: \(classes) classes, expected no fewer than 0")) }
    let wide = Tensor.apply(.iota(TensorType(Shape(Array(shape) + [classes]), self.dtype), axis: rank))
    return (wide .== expandingAxis(rank)).cast(to: dtype)
  }
}
