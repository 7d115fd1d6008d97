import ApusTensor

/// The p-th root of the sum of p-th powers in each window of `[batch, time, channels]`.
public final class LPPool1D: Module, Layer, ParameterFree {
  public let norm: Double
  public let size: Int
  public let stride: Int
  public let ceilMode: Bool

  /// - Parameters:
  ///   - norm: p, above 0; 1 is a sum.
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts, scaled up.
  public init(_ norm: Double, _ size: Int, stride: Int? = nil, ceilMode: Bool = false) {
    (self.norm, self.size, self.stride, self.ceilMode) = (norm, size, stride ?? size, ceilMode)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.lpPool1D(norm, size, stride: stride, ceilMode: ceilMode))
  }
}

/// The p-th root of the sum of p-th powers in each window of `[batch, height, width, channels]`.
public final class LPPool2D: Module, Layer, ParameterFree {
  public let norm: Double
  public let size: Pair
  public let stride: Pair
  public let ceilMode: Bool

  /// - Parameters:
  ///   - norm: p, above 0; 1 is a sum.
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts, scaled up.
  public init(_ norm: Double, _ size: Pair, stride: Pair? = nil, ceilMode: Bool = false) {
    (self.norm, self.size, self.stride, self.ceilMode) = (norm, size, stride ?? size, ceilMode)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.lpPool2D(norm, size, stride: stride, ceilMode: ceilMode))
  }
}

/// The p-th root of the sum of p-th powers in each window of `[batch, depth, height, width, channels]`.
public final class LPPool3D: Module, Layer, ParameterFree {
  public let norm: Double
  public let size: Triple
  public let stride: Triple
  public let ceilMode: Bool

  /// - Parameters:
  ///   - norm: p, above 0; 1 is a sum.
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts, scaled up.
  public init(_ norm: Double, _ size: Triple, stride: Triple? = nil, ceilMode: Bool = false) {
    (self.norm, self.size, self.stride, self.ceilMode) = (norm, size, stride ?? size, ceilMode)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    traced(x.lpPool3D(norm, size, stride: stride, ceilMode: ceilMode))
  }
}
