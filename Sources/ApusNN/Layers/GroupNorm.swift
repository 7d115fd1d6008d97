import ApusTensor

/// Group normalisation (Wu & He 2018): channels last, `[batch, …, channels]` to the same shape. Each example has mean 0
/// and variance 1 over its positions and each group of channels, whatever else is in the batch.
public final class GroupNorm: Module, Layer {
  /// `[channels]`
  @Parameter public var weight: Tensor?
  /// `[channels]`
  @Parameter public var bias: Tensor?
  public let groups: Int
  public let channels: Int
  public let epsilon: Double

  /// - Parameters:
  ///   - epsilon: Added to the variance.
  ///   - affine: Whether each channel is scaled and shifted.
  public init(_ groups: Int, _ channels: Int, epsilon: Double = 1e-5, affine: Bool = true) {
    let isWhole = isPossible(
      groups > 0 && channels % groups == 0,
      "GroupNorm: \(channels) channels do not divide into \(groups) groups. Take a number of groups that divides the "
        + "channels, such as \(nearestDivisor(of: channels, to: groups))")
    let groups = isWhole ? groups : 1
    (self.groups, self.channels, self.epsilon) = (groups, channels, epsilon)
    weight = affine ? .ones([channels]) : nil
    bias = affine ? .zeros([channels]) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= 2, x.shape[x.rank - 1] == channels else {
      return .mistake("GroupNorm: input \(x.shape), expected [batch, …, \(channels)]")
    }
    return traced(x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon))
  }
}
