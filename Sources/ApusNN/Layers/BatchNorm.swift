import ApusTensor

/// Batch normalisation (Ioffe & Szegedy 2015): channels last, `[batch, …, channels]` to the same shape.
///
/// In training by the statistics of the batch, which also move the running ones; in inference by those.
public final class BatchNorm: Module, Layer {
  /// `[channels]`
  @Parameter public var weight: Tensor?
  /// `[channels]`
  @Parameter public var bias: Tensor?
  /// `[channels]`
  @Buffer public var runningMean: Tensor?
  /// `[channels]`, of the unbiased variances.
  @Buffer public var runningVariance: Tensor?
  /// How many batches the running statistics have seen, `int64`.
  @Buffer public var batchesTracked: Tensor?
  public let channels: Int
  public let epsilon: Double
  public let momentum: Double?

  public override var stateKeys: [String: StateKey] {
    [
      "runningMean": .named("running_mean"), "runningVariance": .named("running_var"),
      "batchesTracked": .named("num_batches_tracked"),
    ]
  }

  /// - Parameters:
  ///   - epsilon: Added to the variance.
  ///   - momentum: The share of the newest batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: Whether each channel is scaled and shifted.
  ///   - tracksRunningStatistics: Without them inference, too, goes by the statistics of the batch.
  public init(
    _ channels: Int, epsilon: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    tracksRunningStatistics: Bool = true
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
    guard x.rank >= 2, x.shape[x.rank - 1] == channels else {
      return .mistake("BatchNorm: input \(x.shape), expected [batch, …, \(channels)]")
    }
    if Phase.current == .inference, let runningMean, let runningVariance {
      return traced(
        x.batchNorm(mean: runningMean, variance: runningVariance, weight: weight, bias: bias, epsilon: epsilon))
    }
    let result = x.batchNorm(weight: weight, bias: bias, epsilon: epsilon)
    if Phase.current == .training { track(result.mean, result.variance, count: x.count / max(1, channels)) }
    return traced(result.output)
  }

  private func track(_ mean: Tensor, _ variance: Tensor, count: Int) {
    guard let oldMean = runningMean, let oldVariance = runningVariance, let tracked = batchesTracked else { return }
    let seen = tracked + 1
    let share = momentum.map { Tensor($0, dtype: oldMean.dtype) } ?? 1 / seen.cast(to: oldMean.dtype)
    let unbiased = variance.stoppingGradient() * (Double(count) / Double(max(1, count - 1)))
    runningMean = oldMean + (mean.stoppingGradient() - oldMean) * share
    runningVariance = oldVariance + (unbiased - oldVariance) * share
    batchesTracked = seen
  }
}
