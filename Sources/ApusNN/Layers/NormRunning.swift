import ApusTensor

/// What batch and instance normalisation have in common: a scale and a shift of each channel, and running means and
/// variances. Made as ``BatchNorm`` and ``InstanceNorm``.
public class RunningNorm: Module {
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
  /// What is added to the variance.
  public let epsilon: Double
  /// The share of the newest batch in the running statistics; nil for the plain mean over all batches.
  public let momentum: Double?

  public override var stateKeys: [String: StateKey] {
    [
      "runningMean": .named("running_mean"), "runningVariance": .named("running_var"),
      "batchesTracked": .named("num_batches_tracked"),
    ]
  }

  init(_ channels: Int, epsilon: Double, momentum: Double?, affine: Bool, tracksRunningStatistics: Bool) {
    (self.channels, self.epsilon, self.momentum) = (channels, epsilon, momentum)
    weight = affine ? .ones([channels]) : nil
    bias = affine ? .zeros([channels]) : nil
    guard tracksRunningStatistics else { return }
    runningMean = .zeros([channels])
    runningVariance = .ones([channels])
    batchesTracked = .zeros([], dtype: .int64)
  }

  /// The input normalised by the running statistics; nil where there are none.
  func normalizedByRunningStatistics(_ x: Tensor) -> Tensor? {
    guard let runningMean, let runningVariance else { return nil }
    return x.batchNorm(mean: runningMean, variance: runningVariance, weight: weight, bias: bias, epsilon: epsilon)
  }

  /// Moves the running statistics towards those of a batch, `[channels]` each.
  func track(mean: Tensor, unbiasedVariance: Tensor) {
    guard let oldMean = runningMean, let oldVariance = runningVariance, let tracked = batchesTracked else { return }
    let dtype = oldMean.dtype
    let seen = tracked + 1
    let share = momentum.map { Tensor($0, dtype: dtype) } ?? 1 / seen.cast(to: dtype)
    runningMean = oldMean + (mean.stoppingGradient().cast(to: dtype) - oldMean) * share
    runningVariance = oldVariance + (unbiasedVariance.stoppingGradient().cast(to: dtype) - oldVariance) * share
    batchesTracked = seen
  }
}
