import ApusTensor

/// The largest element of each window: channels last, `[batch, height, width, channels]`.
public final class MaxPool2D: Module, Layer, ParameterFree {
  public let size: Pair
  public let stride: Pair
  public let padding: Padding

  /// - Parameter stride: The window's size unless given.
  public init(_ size: Pair, stride: Pair? = nil, padding: Padding = .valid) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.maxPool2D(size, stride: stride, padding: padding)) }
}

/// The mean of each window: channels last, `[batch, height, width, channels]`.
public final class AveragePool2D: Module, Layer, ParameterFree {
  public let size: Pair
  public let stride: Pair
  public let padding: Padding
  public let countsPadding: Bool

  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - countsPadding: Whether padding counts as zeros, or not at all.
  public init(_ size: Pair, stride: Pair? = nil, padding: Padding = .valid, countsPadding: Bool = true) {
    (self.size, self.stride, self.padding, self.countsPadding) = (size, stride ?? size, padding, countsPadding)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.averagePool2D(size, stride: stride, padding: padding, countsPadding: countsPadding))
  }
}

/// Means of nearly equal windows, as many as are wanted whatever the input's size: channels last, `[batch, height,
/// width, channels]` to `[batch, outputHeight, outputWidth, channels]`. Window i of n covers ⌊i·size/n⌋ to
/// ⌈(i+1)·size/n⌉, as in PyTorch.
public final class AdaptiveAveragePool2D: Module, Layer, ParameterFree {
  public let output: Pair

  public init(_ output: Pair) { self.output = output }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank == 4, x.shape[1] > 0, x.shape[2] > 0 else {
      return .mistake("AdaptiveAveragePool2D: input \(x.shape), expected [batch, height, width, channels]")
    }
    let (height, width) = (x.shape[1], x.shape[2])
    if output.height == height, output.width == width { return traced(x) }
    if output == 1 { return traced(x.mean(axes: [1, 2], keepDims: true)) }
    if height % output.height == 0, width % output.width == 0 {
      return traced(x.averagePool2D(Pair(height / output.height, width / output.width)))
    }
    let rows = Self.averages(height, output.height).cast(to: x.dtype)
    let columns = Self.averages(width, output.width).cast(to: x.dtype)
    return traced(einsum("bhwc,ih,jw->bijc", x, rows, columns))
  }

  /// Each row holds the shares of the places in one window.
  private static func averages(_ count: Int, _ windows: Int) -> Tensor {
    let shares = (0..<windows).flatMap { window -> [Float] in
      let (first, end) = (window * count / windows, ((window + 1) * count + windows - 1) / windows)
      return (0..<count).map { (first..<end).contains($0) ? 1 / Float(end - first) : 0 }
    }
    return Tensor(shares).reshaped(to: [windows, count])
  }
}
