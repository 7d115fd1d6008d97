import ApusTensor

/// The mean of each window of `[batch, time, channels]`.
public final class AveragePool1D: Module, Layer, ParameterFree {
  public let size: Int
  public let stride: Int
  public let padding: Padding
  public let ceilMode: Bool
  public let countsPadding: Bool

  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts.
  ///   - countsPadding: Whether padding counts as zeros, or not at all.
  public init(
    _ size: Int, stride: Int? = nil, padding: Padding = .valid, ceilMode: Bool = false, countsPadding: Bool = true
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    (self.ceilMode, self.countsPadding) = (ceilMode, countsPadding)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(
      x.averagePool1D(
        size, stride: stride, padding: padding, ceilMode: ceilMode, countsPadding: countsPadding))
  }
}

/// The mean of each window of `[batch, height, width, channels]`.
public final class AveragePool2D: Module, Layer, ParameterFree {
  public let size: Pair
  public let stride: Pair
  public let padding: Padding
  public let ceilMode: Bool
  public let countsPadding: Bool
  public let divisor: Int?

  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts.
  ///   - countsPadding: Whether padding counts as zeros, or not at all.
  ///   - divisor: What sums are divided by instead of the elements' number.
  public init(
    _ size: Pair, stride: Pair? = nil, padding: Padding = .valid, ceilMode: Bool = false, countsPadding: Bool = true,
    divisor: Int? = nil
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    (self.ceilMode, self.countsPadding) = (ceilMode, countsPadding)
    self.divisor = divisor
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(
      x.averagePool2D(
        size, stride: stride, padding: padding, ceilMode: ceilMode, countsPadding: countsPadding, divisor: divisor))
  }
}

/// The mean of each window of `[batch, depth, height, width, channels]`.
public final class AveragePool3D: Module, Layer, ParameterFree {
  public let size: Triple
  public let stride: Triple
  public let padding: Padding
  public let ceilMode: Bool
  public let countsPadding: Bool
  public let divisor: Int?

  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts.
  ///   - countsPadding: Whether padding counts as zeros, or not at all.
  ///   - divisor: What sums are divided by instead of the elements' number.
  public init(
    _ size: Triple, stride: Triple? = nil, padding: Padding = .valid, ceilMode: Bool = false,
    countsPadding: Bool = true,
    divisor: Int? = nil
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    (self.ceilMode, self.countsPadding) = (ceilMode, countsPadding)
    self.divisor = divisor
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(
      x.averagePool3D(
        size, stride: stride, padding: padding, ceilMode: ceilMode, countsPadding: countsPadding, divisor: divisor))
  }
}
