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

  /// 0, 1, …, count − 1.
  public static func range(_ count: Int, dtype: DType = .int32) -> Tensor {
    apply(.iota(TensorType([count], dtype), axis: 0))
  }

  /// `steps` values from `start` to `end`, both included.
  public static func linspace(_ start: Double, _ end: Double, steps: Int, dtype: DType = .float32) -> Tensor {
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
    let wide = Tensor.apply(.iota(TensorType(Shape(Array(shape) + [classes]), self.dtype), axis: rank))
    return (wide .== expandingAxis(rank)).cast(to: dtype)
  }
}
