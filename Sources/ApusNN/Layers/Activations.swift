import ApusTensor

/// max(x, 0) (Nair & Hinton 2010), any layout.
public final class ReLU: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.relu()) }
}

/// The hyperbolic tangent, any layout.
public final class Tanh: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.tanh()) }
}

/// The Gaussian error linear unit x·Φ(x) (Hendrycks & Gimpel 2016), any layout.
public final class GELU: Module, Layer, ParameterFree {
  /// Whether Φ is approximated by tanh.
  public let approximate: Bool

  public init(approximate: Bool = false) { self.approximate = approximate }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.gelu(approximate: approximate)) }
}
