import ApusTensor

/// The smallest element of each window of `[batch, time, channels]`. Padding never wins.
public final class MinPool1D: Module, Layer, ParameterFree {
  public let size: Int
  public let stride: Int
  public let padding: Padding
  public let dilation: Int
  public let ceilMode: Bool

  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts.
  public init(
    _ size: Int, stride: Int? = nil, padding: Padding = .valid, dilation: Int = 1, ceilMode: Bool = false
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    (self.dilation, self.ceilMode) = (dilation, ceilMode)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.minPool1D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode))
  }
}

/// The smallest element of each window of `[batch, height, width, channels]`. Padding never wins.
public final class MinPool2D: Module, Layer, ParameterFree {
  public let size: Pair
  public let stride: Pair
  public let padding: Padding
  public let dilation: Pair
  public let ceilMode: Bool

  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts.
  public init(
    _ size: Pair, stride: Pair? = nil, padding: Padding = .valid, dilation: Pair = 1, ceilMode: Bool = false
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    (self.dilation, self.ceilMode) = (dilation, ceilMode)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.minPool2D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode))
  }
}

/// The smallest element of each window of `[batch, depth, height, width, channels]`. Padding never wins.
public final class MinPool3D: Module, Layer, ParameterFree {
  public let size: Triple
  public let stride: Triple
  public let padding: Padding
  public let dilation: Triple
  public let ceilMode: Bool

  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts.
  public init(
    _ size: Triple, stride: Triple? = nil, padding: Padding = .valid, dilation: Triple = 1, ceilMode: Bool = false
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    (self.dilation, self.ceilMode) = (dilation, ceilMode)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.minPool3D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode))
  }
}
