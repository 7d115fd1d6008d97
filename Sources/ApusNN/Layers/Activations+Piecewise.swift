import ApusTensor

// Piecewise linear units, and those that shrink. All take any layout.

/// x, held between two bounds; any layout.
public final class Hardtanh: Module, Layer, ParameterFree {
  public let lower: Double
  public let upper: Double

  public init(_ lower: Double = -1, _ upper: Double = 1) { (self.lower, self.upper) = (lower, upper) }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.hardtanh(lower, upper)) }
}

/// min(max(x + 3, 0), 6) / 6, any layout.
public final class Hardsigmoid: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.hardsigmoid()) }
}

/// x times ``Hardsigmoid`` (Howard et al. 2019), any layout.
public final class Hardswish: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.hardswish()) }
}

/// x moved towards 0 by λ, and 0 within λ of it; any layout.
public final class Softshrink: Module, Layer, ParameterFree {
  public let lambda: Double

  public init(_ lambda: Double = 0.5) { self.lambda = lambda }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.softshrink(lambda)) }
}

/// x, and 0 within λ of 0; any layout.
public final class Hardshrink: Module, Layer, ParameterFree {
  public let lambda: Double

  public init(_ lambda: Double = 0.5) { self.lambda = lambda }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.hardshrink(lambda)) }
}

/// x − tanh x, any layout.
public final class Tanhshrink: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.tanhshrink()) }
}
