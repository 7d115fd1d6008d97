import ApusTensor

// Units with a smooth step in them. All take any layout.

/// 1 / (1 + e⁻ˣ), any layout.
public final class Sigmoid: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.sigmoid()) }
}

/// log σ(x), any layout.
public final class LogSigmoid: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.logSigmoid()) }
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

/// x·σ(1.702x), the sigmoid approximation of ``GELU`` (Hendrycks & Gimpel 2016), any layout.
public final class QuickGELU: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.quickGELU()) }
}

/// x·σ(x) (Hendrycks & Gimpel 2016; Elfwing et al. 2018), any layout.
public final class SiLU: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.silu()) }
}

/// x·tanh(log(1 + eˣ)) (Misra 2019), any layout.
public final class Mish: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.mish()) }
}

/// log(1 + e^(βx)) / β (Dugas et al. 2001), any layout.
public final class Softplus: Module, Layer, ParameterFree {
  public let beta: Double
  /// Where βx is above it the result is x itself.
  public let threshold: Double

  public init(beta: Double = 1, threshold: Double = 20) { (self.beta, self.threshold) = (beta, threshold) }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.softplus(beta: beta, threshold: threshold)) }
}

/// x / (1 + |x|), any layout.
public final class Softsign: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.softsign()) }
}
