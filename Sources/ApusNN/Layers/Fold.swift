import ApusTensor

/// The patches that a window sees of an image: `[batch, height, width, channels]` to `[batch, patches, channels · area]`.
/// PyTorch's result has the last two axes the other way round.
public final class Unfold: Module, Layer, ParameterFree {
  public let size: Pair
  public let stride: Pair
  public let padding: Pair
  public let dilation: Pair

  public init(_ size: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) {
    (self.size, self.stride, self.padding, self.dilation) = (size, stride, padding, dilation)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.unfold(size, stride: stride, padding: padding, dilation: dilation))
  }
}

/// The sum of overlapping patches: `[batch, patches, channels · area]`, as ``Unfold`` gives them, to `[batch, height,
/// width, channels]`.
public final class Fold: Module, Layer, ParameterFree {
  public let output: Pair
  public let size: Pair
  public let stride: Pair
  public let padding: Pair
  public let dilation: Pair

  /// - Parameter output: Height and width of the result.
  public init(_ output: Pair, _ size: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) {
    self.output = output
    (self.size, self.stride, self.padding, self.dilation) = (size, stride, padding, dilation)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.fold(output, size, stride: stride, padding: padding, dilation: dilation))
  }
}
