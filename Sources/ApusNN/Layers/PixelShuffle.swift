import ApusTensor

/// Channels laid out as pixels (Shi et al. 2016): `[batch, height, width, channels · factor²]` to `[batch, height · factor,
/// width · factor, channels]`.
public final class PixelShuffle: Module, Layer, ParameterFree {
  public let factor: Int

  public init(_ factor: Int) { self.factor = factor }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.pixelShuffle(factor)) }
}

/// Pixels stacked as channels, the inverse of ``PixelShuffle``: `[batch, height · factor, width · factor, channels]` to
/// `[batch, height, width, channels · factor²]`.
public final class PixelUnshuffle: Module, Layer, ParameterFree {
  public let factor: Int

  public init(_ factor: Int) { self.factor = factor }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.pixelUnshuffle(factor)) }
}

/// Channels taken by turns from each of several groups (Zhang et al. 2018): `[…, channels]` to the same shape.
public final class ChannelShuffle: Module, Layer, ParameterFree {
  public let groups: Int

  public init(_ groups: Int) { self.groups = groups }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.channelShuffle(groups)) }
}
