import ApusCore

extension Tensor {
  /// The mean squared deviation along one axis.
  public func variance(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(axes: [axis], keepDims: keepDims, correction: correction)
  }

  /// The square root of the variance over some axes, or over all. The gradient where all elements are equal is 0.
  public func standardDeviation(axes: [Int]? = nil, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(axes: axes, keepDims: keepDims, correction: correction).rootOrZero
  }
  /// The square root of the variance along one axis.
  public func standardDeviation(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    standardDeviation(axes: [axis], keepDims: keepDims, correction: correction)
  }

  /// The square root, whose gradient at 0 is 0 instead of infinite.
  private var rootOrZero: Tensor {
    let isZero = self .== 0
    return select(isZero, 0, select(isZero, 1, self).sqrt())
  }

  /// The sum of the squares over some axes, or over all.
  public func squaredNorm(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    squared().sum(axes: axes, keepDims: keepDims)
  }

  /// (Σ |x|ᵖ)^(1/p) over some axes, or over all; the largest |x| for infinite `order`, the smallest for negative
  /// infinite, the number of elements that are not 0 for 0. The gradient at 0 is 0.
  public func norm(_ order: Double = 2, axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    let x = floating
    switch order {
    case .infinity: return x.abs().max(axes: axes, keepDims: keepDims)
    case -.infinity: return x.abs().min(axes: axes, keepDims: keepDims)
    case 0: return (x .!= 0).cast(to: x.dtype).sum(axes: axes, keepDims: keepDims)
    case 1: return x.abs().sum(axes: axes, keepDims: keepDims)
    case 2: return x.squaredNorm(axes: axes, keepDims: keepDims).rootOrZero
    default:
      let sum = x.abs().power(order).sum(axes: axes, keepDims: keepDims)
      let isZero = sum .== 0
      return select(isZero, 0, select(isZero, 1, sum).power(1 / order))
    }
  }
  /// The norm along one axis.
  public func norm(_ order: Double = 2, axis: Int, keepDims: Bool = false) -> Tensor {
    norm(order, axes: [axis], keepDims: keepDims)
  }

  /// The covariances of variables: `[variables, observations]` gives `[variables, variables]`, divided by
  /// observations − `correction`.
  public func covariance(correction: Int = 1) -> Tensor {
    guard rank == 2 else {
      return Mistakes.report(OpError("covariance: of \(shape), expected [variables, observations]"))
    }
    let deviation = floating - floating.mean(axis: 1, keepDims: true)
    return deviation.matmul(deviation.transposed()) / Double(Swift.max(0, shape[1] - correction))
  }

  /// Pearson's correlations of variables: `[variables, observations]` gives `[variables, variables]`.
  public func correlation() -> Tensor {
    let covariance = covariance()
    guard covariance.rank == 2 else { return covariance }
    let scale = covariance.diagonal().sqrt()
    return (covariance / scale.outer(scale)).clamped(-1, 1)
  }

  /// The sum of the elements that are not NaN.
  public func nanSum(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    select(isNaN(), 0, self).sum(axes: axes, keepDims: keepDims)
  }

  /// The mean of the elements that are not NaN; NaN where there is none.
  public func nanMean(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    let x = floating
    let number = (!x.isNaN()).cast(to: x.dtype).sum(axes: axes, keepDims: keepDims)
    return x.nanSum(axes: axes, keepDims: keepDims) / number
  }

  /// How many elements are not 0 (or true), `int32`.
  public func countNonZero(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    truths.cast(to: .int32).sum(axes: axes, keepDims: keepDims)
  }
  /// How many elements along one axis are not 0 (or true), `int32`.
  public func countNonZero(axis: Int, keepDims: Bool = false) -> Tensor {
    countNonZero(axes: [axis], keepDims: keepDims)
  }
}
