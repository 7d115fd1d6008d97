import ApusTensor

/// Batch normalisation (Ioffe & Szegedy 2015): channels last, `[batch, …, channels]` to the same shape.
///
/// In training by the statistics of the batch, which also move the running ones; in inference by those.
public final class BatchNorm: RunningNorm, Layer {
  /// - Parameters:
  ///   - epsilon: Added to the variance.
  ///   - momentum: The share of the newest batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: Whether each channel is scaled and shifted.
  ///   - tracksRunningStatistics: Without them inference, too, goes by the statistics of the batch.
  public override init(
    _ channels: Int, epsilon: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    tracksRunningStatistics: Bool = true
  ) {
    super.init(
      channels, epsilon: epsilon, momentum: momentum, affine: affine, tracksRunningStatistics: tracksRunningStatistics)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= 2, x.shape[x.rank - 1] == channels else {
      return .mistake("BatchNorm: input \(x.shape), expected [batch, …, \(channels)]")
    }
    if Phase.current == .inference, let output = normalizedByRunningStatistics(x) { return traced(output) }
    let result = x.batchNorm(weight: weight, bias: bias, epsilon: epsilon)
    if Phase.current == .training {
      let count = x.count / max(1, channels)
      track(mean: result.mean, unbiasedVariance: result.variance * (Double(count) / Double(max(1, count - 1))))
    }
    return traced(result.output)
  }
}
