import ApusTensor

/// Means of nearly equal windows, as many as are wanted whatever the input's size: `[batch, time, channels]`. Window i of n covers
/// ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
public final class AdaptiveAveragePool1D: Module, Layer, ParameterFree {
  public let output: Int

  public init(_ output: Int) { self.output = output }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.adaptiveAveragePool([output])) }
}

/// Means of nearly equal windows, as many as are wanted whatever the input's size: `[batch, height, width, channels]`. Window i of n covers
/// ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
public final class AdaptiveAveragePool2D: Module, Layer, ParameterFree {
  public let output: Pair

  public init(_ output: Pair) { self.output = output }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.adaptiveAveragePool([output.height, output.width])) }
}

/// Means of nearly equal windows, as many as are wanted whatever the input's size: `[batch, depth, height, width, channels]`. Window i of n covers
/// ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
public final class AdaptiveAveragePool3D: Module, Layer, ParameterFree {
  public let output: Triple

  public init(_ output: Triple) { self.output = output }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.adaptiveAveragePool(output.sizes)) }
}

/// The largest elements of nearly equal windows, as many as are wanted whatever the input's size: `[batch, time, channels]`. Window i of n covers
/// ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
public final class AdaptiveMaxPool1D: Module, Layer, ParameterFree {
  public let output: Int

  public init(_ output: Int) { self.output = output }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.adaptiveMaxPool([output])) }
}

/// The largest elements of nearly equal windows, as many as are wanted whatever the input's size: `[batch, height, width, channels]`. Window i of n covers
/// ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
public final class AdaptiveMaxPool2D: Module, Layer, ParameterFree {
  public let output: Pair

  public init(_ output: Pair) { self.output = output }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.adaptiveMaxPool([output.height, output.width])) }
}

/// The largest elements of nearly equal windows, as many as are wanted whatever the input's size: `[batch, depth, height, width, channels]`. Window i of n covers
/// ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
public final class AdaptiveMaxPool3D: Module, Layer, ParameterFree {
  public let output: Triple

  public init(_ output: Triple) { self.output = output }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.adaptiveMaxPool(output.sizes)) }
}

/// The mean of each channel over all places: `[batch, spatial…, channels]` to `[batch, channels]`, or with `keepDims` sizes
/// of 1.
public final class GlobalAveragePool: Module, Layer, ParameterFree {
  public let keepDims: Bool

  public init(keepDims: Bool = false) { self.keepDims = keepDims }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.globalAveragePool(keepDims: keepDims)) }
}

/// The largest element of each channel over all places: `[batch, spatial…, channels]` to `[batch, channels]`, or with `keepDims` sizes
/// of 1.
public final class GlobalMaxPool: Module, Layer, ParameterFree {
  public let keepDims: Bool

  public init(keepDims: Bool = false) { self.keepDims = keepDims }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.globalMaxPool(keepDims: keepDims)) }
}
