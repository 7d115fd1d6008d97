import ApusTensor

/// Instance normalisation (Ulyanov et al. 2016): channels last, `[batch, …, channels]` to the same shape. Each example has
/// mean 0 and variance 1 over the positions of each channel.
///
/// With running statistics, inference goes by those.
public final class InstanceNorm: RunningNorm, Layer {
  /// - Parameters:
  ///   - epsilon: Added to the variance.
  ///   - momentum: The share of the newest batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: Whether each channel is scaled and shifted.
  ///   - tracksRunningStatistics: Whether means and variances over the batches are kept for inference.
  public override init(
    _ channels: Int, epsilon: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
    tracksRunningStatistics: Bool = false
  ) {
    super.init(
      channels, epsilon: epsilon, momentum: momentum, affine: affine, tracksRunningStatistics: tracksRunningStatistics)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= 3, x.shape[x.rank - 1] == channels else {
      return .mistake("InstanceNorm: input \(x.shape), expected [batch, …, \(channels)] with positions in between")
    }
    if Phase.current == .inference, let output = normalizedByRunningStatistics(x) { return traced(output) }
    if Phase.current == .training, runningMean != nil {
      let positions = Array(1..<x.rank - 1)
      track(
        mean: x.mean(axes: positions).mean(axis: 0),
        unbiasedVariance: x.variance(axes: positions, correction: 1).mean(axis: 0))
    }
    return traced(x.groupNorm(groups: channels, weight: weight, bias: bias, epsilon: epsilon))
  }
}
