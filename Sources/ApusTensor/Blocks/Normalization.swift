import ApusCore

extension Tensor {
  /// Layer normalisation (Ba et al. 2016), of the tensor's shape: each example has mean 0 and variance 1 over its last
  /// axes, then is scaled and shifted.
  ///
  /// - Parameters:
  ///   - axisCount: How many of the last axes the statistics are taken over.
  ///   - weight: Of the shape of those axes.
  ///   - bias: Of the shape of those axes.
  ///   - epsilon: Added to the variance.
  public func layerNorm(
    axisCount: Int = 1, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> Tensor {
    if rank == 0 { return Mistakes.report(OpError("layerNorm: of a scalar, expected [..., features]")) }
    return .apply(
      .block(AnyBlock(LayerNorm(axisCount: axisCount, epsilon: epsilon))), [self] + Tensor.parameters(weight, bias))
  }

  /// Root-mean-square normalisation (Zhang & Sennrich 2019), of the tensor's shape: each example has mean square 1 over
  /// its last axes, then is scaled.
  ///
  /// - Parameters:
  ///   - axisCount: How many of the last axes the mean is taken over.
  ///   - weight: Of the shape of those axes.
  ///   - epsilon: Added to the mean square.
  public func rmsNorm(axisCount: Int = 1, weight: Tensor? = nil, epsilon: Double = 1e-5) -> Tensor {
    if rank == 0 { return Mistakes.report(OpError("rmsNorm: of a scalar, expected [..., features]")) }
    return .apply(
      .block(AnyBlock(RMSNorm(axisCount: axisCount, epsilon: epsilon))), [self] + Tensor.parameters(weight, nil))
  }

  /// Group normalisation (Wu & He 2018) of `[batch, …, channels]`, of the tensor's shape: each example has mean 0 and
  /// variance 1 over its positions and each group of channels.
  ///
  /// - Parameters:
  ///   - groups: How many groups the channels are divided into. With as many as there are channels it is instance
  ///     normalisation (Ulyanov et al. 2016).
  ///   - weight: One factor for each channel, `[channels]`.
  ///   - bias: One summand for each channel, `[channels]`.
  ///   - epsilon: Added to the variance.
  public func groupNorm(
    groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> Tensor {
    .apply(.block(AnyBlock(GroupNorm(groups: groups, epsilon: epsilon))), [self] + Tensor.parameters(weight, bias))
  }

  /// Batch normalisation (Ioffe & Szegedy 2015) of `[…, channels]` as in training: each channel has mean 0 and variance 1
  /// over all examples and positions.
  ///
  /// - Parameters:
  ///   - weight: One factor for each channel, `[channels]`.
  ///   - bias: One summand for each channel, `[channels]`.
  ///   - epsilon: Added to the variance.
  /// - Returns: The output, of the tensor's shape, and the mean and the variance (divided by the count) of each channel,
  ///   `[channels]`, for running averages; in single precision for a half-precision tensor.
  public func batchNorm(
    weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> (output: Tensor, mean: Tensor, variance: Tensor) {
    let all = results(
      .block(AnyBlock(BatchNorm(epsilon: epsilon))), ([self] + Tensor.parameters(weight, bias)).map(\.node), count: 3)
    return (all[0], all[1], all[2])
  }

  /// Batch normalisation of `[…, channels]` by known statistics, as in inference; of the tensor's shape.
  ///
  /// - Parameters:
  ///   - mean: `[channels]`.
  ///   - variance: `[channels]`.
  ///   - weight: One factor for each channel, `[channels]`.
  ///   - bias: One summand for each channel, `[channels]`.
  ///   - epsilon: Added to the variance.
  public func batchNorm(
    mean: Tensor, variance: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> Tensor {
    let statistics = [mean, variance].map { $0.cast(to: dtype.computeType ?? dtype) }
    return .apply(
      .block(AnyBlock(BatchNormInference(epsilon: epsilon))), [self] + statistics + Tensor.parameters(weight, bias))
  }

  /// What there is of weight and bias; a bias alone gets a weight of ones.
  private static func parameters(_ weight: Tensor?, _ bias: Tensor?) -> [Tensor] {
    if let bias { return [weight ?? .ones(like: bias), bias] }
    return weight.map { [$0] } ?? []
  }
}
