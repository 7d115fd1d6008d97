import ApusTensor

/// Normally distributed noise, added in training: any layout. On the inputs of a linear model it is in expectation an L2
/// penalty on the weights (Bishop 1995).
public final class GaussianNoise: Module, Layer, DrawingLayer {
  public let standardDeviation: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ standardDeviation: Double, key: inout RandomKey) {
    isPossible(
      standardDeviation >= 0, "GaussianNoise: standard deviation \(standardDeviation), expected 0 or more")
    self.standardDeviation = standardDeviation
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard Phase.current == .training, standardDeviation > 0 else { return traced(x) }
    let noise = drawing { .normal(x.shape, standardDeviation: standardDeviation, key: &$0, dtype: x.dtype) }
    return traced(x + noise)
  }
}

/// Multiplication by normally distributed noise of mean 1 in training, with the variance that ``Dropout`` of the same
/// probability has, p / (1 − p) (Srivastava et al. 2014, section 10): any layout.
public final class GaussianDropout: Module, Layer, DrawingLayer {
  public let probability: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ probability: Double = 0.5, key: inout RandomKey) {
    let isShare = isPossible(
      (0..<1).contains(probability), "GaussianDropout: probability \(probability), expected 0..<1")
    self.probability = isShare ? probability : 0
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard Phase.current == .training, probability > 0 else { return traced(x) }
    let deviation = (probability / (1 - probability)).squareRoot()
    let noise = drawing { .normal(x.shape, mean: 1, standardDeviation: deviation, key: &$0, dtype: x.dtype) }
    return traced(x * noise)
  }
}
