import ApusTensor

/// Instance normalisation (Ulyanov et al. 2016): channels last, `[batch, …, channels]` to the same shape. Each example has
/// mean 0 and variance 1 over the positions of each channel.
///
/// With running statistics, inference goes by those.
public final class InstanceNorm: Module, Layer {
  /// `[channels]`
  @Parameter public var weight: Tensor?
  /// `[channels]`
  @Parameter public var bias: Tensor?
  /// `[channels]`
  @Buffer public var runningMean: Tensor?
  /// `[channels]`, of the unbiased variances.
  @Buffer public var runningVariance: Tensor?
  /// PyTorch's checkpoints have it, and do not count in it; `int64`.
  @Buffer public var batchesTracked: Tensor?
  public let channels: Int
  public let epsilon: Double
  public let momentum: Double

  public override var stateKeys: [String: StateKey] {
    [
      "runningMean": .named("running_mean"), "runningVariance": .named("running_var"),
      "batchesTracked": .named("num_batches_tracked"),
    ]
  }

  /// - Parameters:
  ///   - epsilon: Added to the variance.
  ///   - momentum: The share of the newest batch in the running statistics.
  ///   - affine: Whether each channel is scaled and shifted.
  ///   - tracksRunningStatistics: Whether means and variances over the batches are kept for inference.
  public init(
    _ channels: Int, epsilon: Double = 1e-5, momentum: Double = 0.1, affine: Bool = false,
    tracksRunningStatistics: Bool = false
  ) {
    (self.channels, self.epsilon, self.momentum) = (channels, epsilon, momentum)
    weight = affine ? .ones([channels]) : nil
    bias = affine ? .zeros([channels]) : nil
    guard tracksRunningStatistics else { return }
    runningMean = .zeros([channels])
    runningVariance = .ones([channels])
    batchesTracked = .zeros([], dtype: .int64)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= 3, x.shape[x.rank - 1] == channels else {
      return .mistake("InstanceNorm: input \(x.shape), expected [batch, …, \(channels)] with positions in between")
    }
    if let runningMean, let runningVariance {
      if Phase.current == .inference {
        return traced(
          x.batchNorm(mean: runningMean, variance: runningVariance, weight: weight, bias: bias, epsilon: epsilon))
      }
      track(x.stoppingGradient(), runningMean, runningVariance)
    }
    return traced(x.groupNorm(groups: channels, weight: weight, bias: bias, epsilon: epsilon))
  }

  private func track(_ x: Tensor, _ oldMean: Tensor, _ oldVariance: Tensor) {
    let positions = Array(1..<x.rank - 1)
    let mean = x.mean(axes: positions).mean(axis: 0)
    let variance = x.variance(axes: positions, correction: 1).mean(axis: 0)
    runningMean = oldMean + (mean.cast(to: oldMean.dtype) - oldMean) * momentum
    runningVariance = oldVariance + (variance.cast(to: oldVariance.dtype) - oldVariance) * momentum
  }
}
