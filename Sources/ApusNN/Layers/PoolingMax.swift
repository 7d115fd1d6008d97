import ApusTensor

/// The largest element of each window of `[batch, time, channels]`. Padding never wins.
public final class MaxPool1D: Module, Layer, ParameterFree {
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
    traced(x.maxPool1D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode))
  }
}

/// The largest element of each window of `[batch, height, width, channels]`. Padding never wins.
public final class MaxPool2D: Module, Layer, ParameterFree {
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
    traced(x.maxPool2D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode))
  }
}

/// The largest element of each window of `[batch, depth, height, width, channels]`. Padding never wins.
public final class MaxPool3D: Module, Layer, ParameterFree {
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
    traced(x.maxPool3D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode))
  }
}

/// The inverse of max pooling: values at the places of an image that ``Tensor/maxPool2DWithIndices(_:stride:padding:
/// dilation:ceilMode:)`` names, and zeros elsewhere: `[batch, height, width, channels]` to `[batch, height', width',
/// channels]`.
public final class MaxUnpool2D: Module, ParameterFree {
  public let size: Pair
  public let stride: Pair
  public let padding: Pair

  /// The pooling's window.
  public init(_ size: Pair, stride: Pair? = nil, padding: Pair = 0) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
  }

  /// - Parameter output: Height and width that the pooling's input had; the smallest possible unless given.
  public func callAsFunction(_ x: Tensor, indices: Tensor, output: Pair? = nil) -> Tensor {
    guard x.rank == 4 else {
      return .mistake("MaxUnpool2D: input \(x.shape), expected [batch, height, width, channels]")
    }
    let height = (x.shape[1] - 1) * stride.height - 2 * padding.height + size.height
    let width = (x.shape[2] - 1) * stride.width - 2 * padding.width + size.width
    return traced(x.maxUnpool2D(indices, output: output ?? Pair(height, width)))
  }
}
