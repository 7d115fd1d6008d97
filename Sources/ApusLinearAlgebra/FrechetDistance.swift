import ApusTensor

extension Tensor {
  /// The symmetric square root of symmetric positive semidefinite matrices `[…, n, n]`: R R = A. Eigenvalues that rounding
  /// has made negative count as 0.
  public func symmetricSquareRoot() -> Tensor {
    guard isMatrix("symmetricSquareRoot", square: true) else { return self }
    let (values, vectors) = symmetricEigen()
    return (vectors * maximum(values, 0).sqrt().expandingAxis(-2)).matmul(vectors.matrixTransposed)
  }
}

/// A normal distribution: the mean and the covariance of features of examples.
public struct FeatureStatistics: Sendable {
  /// `float64[features]`
  public let mean: Tensor
  /// `float64[features, features]`, divided by the examples less one.
  public let covariance: Tensor

  /// - Parameter features: `[examples, features]`, two examples or more.
  public init(_ features: Tensor) {
    guard features.rank == 2, features.shape[0] >= 2 else {
      let mistake = Tensor.mistake(
        "FeatureStatistics: features \(features.shape), expected [examples, features] of two examples or more")
      (mean, covariance) = (mistake, mistake)
      return
    }
    let exact = features.cast(to: .float64)
    mean = exact.mean(axis: 0).evaluated()
    covariance = exact.transposed().covariance().evaluated()
  }

  /// - Parameters:
  ///   - mean: `[features]`.
  ///   - covariance: `[features, features]`.
  public init(mean: Tensor, covariance: Tensor) {
    if mean.rank != 1 || covariance.shape != [mean.count, mean.count] {
      _ = Tensor.mistake(
        "FeatureStatistics: mean \(mean.shape) and covariance \(covariance.shape), expected [features] and [features, "
          + "features]")
    }
    (self.mean, self.covariance) = (mean.cast(to: .float64), covariance.cast(to: .float64))
  }

  /// The Fréchet distance of two normal distributions, squared: ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½) (Dowson & Landau
  /// 1982). Over features of a classifier it is the Fréchet distance of generated images from real ones (Heusel et al.
  /// 2017), as is custom under that name although it is squared.
  ///
  /// The root of Σ₁Σ₂ has the trace of that of √Σ₁ Σ₂ √Σ₁, which is symmetric.
  public func frechetDistance(from other: FeatureStatistics) -> Double {
    guard mean.shape == other.mean.shape else {
      return Tensor.mistake(
        "frechetDistance: statistics of \(mean.count) and of \(other.mean.count) features, expected as many"
      ).item()
    }
    let root = covariance.symmetricSquareRoot()
    let joint = root.matmul(other.covariance).matmul(root).symmetricEigenvalues()
    let traces = covariance.trace() + other.covariance.trace() - maximum(joint, 0).sqrt().sum() * 2
    return ((mean - other.mean).squared().sum() + traces).item()
  }
}
