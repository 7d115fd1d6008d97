import ApusCore

extension Tensor {
  func reduce(_ reduction: Reduction, _ axes: [Int]?, _ keepDims: Bool) -> Tensor {
    let resolved = self.axes(axes, reduction.rawValue)
    let result = resolved.isEmpty ? self : Tensor.apply(.reduce(reduction, axes: resolved), self)
    return keepDims ? result.reshaped(to: shape.flattening(resolved)) : result
  }

  /// The sum over some axes, or over all.
  public func sum(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { reduce(.sum, axes, keepDims) }
  public func sum(axis: Int, keepDims: Bool = false) -> Tensor { sum(axes: [axis], keepDims: keepDims) }
  /// The product over some axes, or over all.
  public func product(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { reduce(.product, axes, keepDims) }
  /// The largest element; NaN if there is one. Ties share the gradient.
  public func max(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { reduce(.max, axes, keepDims) }
  public func max(axis: Int, keepDims: Bool = false) -> Tensor { max(axes: [axis], keepDims: keepDims) }
  /// The smallest element; NaN if there is one. Ties share the gradient.
  public func min(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { reduce(.min, axes, keepDims) }
  public func min(axis: Int, keepDims: Bool = false) -> Tensor { min(axes: [axis], keepDims: keepDims) }
  public func product(axis: Int, keepDims: Bool = false) -> Tensor { product(axes: [axis], keepDims: keepDims) }
  /// Whether all elements are true; numbers are true when they are not 0.
  public func all(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { truths.reduce(.and, axes, keepDims) }
  public func all(axis: Int, keepDims: Bool = false) -> Tensor { all(axes: [axis], keepDims: keepDims) }
  /// Whether some element is true; numbers are true when they are not 0.
  public func any(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { truths.reduce(.or, axes, keepDims) }
  public func any(axis: Int, keepDims: Bool = false) -> Tensor { any(axes: [axis], keepDims: keepDims) }

  /// The tensor as `bool`: where it is not 0.
  var truths: Tensor { dtype == .bool ? self : self .!= 0 }

  /// The arithmetic mean over some axes, or over all; of integers and bools in `float32`.
  public func mean(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    let count = self.axes(axes, "mean").reduce(1) { $0 * shape[$1] }
    return floating.sum(axes: axes, keepDims: keepDims) / Double(count)
  }
  public func mean(axis: Int, keepDims: Bool = false) -> Tensor { mean(axes: [axis], keepDims: keepDims) }

  /// The mean squared deviation; divided by count − `correction`, and NaN where that leaves nothing.
  public func variance(axes: [Int]? = nil, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    let count = self.axes(axes, "variance").reduce(1) { $0 * shape[$1] }
    let deviation = floating - mean(axes: axes, keepDims: true)
    return deviation.squared().sum(axes: axes, keepDims: keepDims) / Double(Swift.max(0, count - correction))
  }

  /// The index (`int32`) of the first largest element along an axis.
  public func argMax(axis: Int = -1) -> Tensor { .apply(.argReduce(.max, axis: self.axis(axis, "argMax")), self) }
  /// The index (`int32`) of the first smallest element along an axis.
  public func argMin(axis: Int = -1) -> Tensor { .apply(.argReduce(.min, axis: self.axis(axis, "argMin")), self) }

  /// eˣ over its sum along an axis, shifted by the largest so that nothing overflows (Bridle 1990).
  ///
  /// A row of −∞ alone, or with a +∞, is NaN, as in PyTorch.
  public func softmax(axis: Int = -1) -> Tensor {
    .apply(.block(AnyBlock(Softmax(axis: self.axis(axis, "softmax")))), self)
  }

  /// The logarithm of `softmax`, without taking the logarithm of something small.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    .apply(.block(AnyBlock(LogSoftmax(axis: self.axis(axis, "logSoftmax")))), self)
  }

  /// log Σ eˣ over some axes, or over all.
  public func logSumExp(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    let resolved = self.axes(axes, "logSumExp")
    let result = Tensor.apply(.block(AnyBlock(LogSumExp(axes: resolved))), self)
    return keepDims ? result.reshaped(to: shape.flattening(resolved)) : result
  }
}
