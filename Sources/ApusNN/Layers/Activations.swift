import ApusTensor

// Rectifiers: what is above zero passes. All take any layout.

/// x itself, any layout: what stands where a layer may be.
public final class Identity: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x) }
}

/// max(x, 0) (Nair & Hinton 2010), any layout.
public final class ReLU: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.relu()) }
}

/// min(max(x, 0), 6) (Krizhevsky 2010), any layout.
public final class ReLU6: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.relu6()) }
}

/// x where it is positive, else `negativeSlope` · x (Maas et al. 2013), any layout.
public final class LeakyReLU: Module, Layer, ParameterFree {
  public let negativeSlope: Double

  public init(negativeSlope: Double = 0.01) { self.negativeSlope = negativeSlope }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.leakyReLU(negativeSlope: negativeSlope)) }
}

/// α (eˣ − 1) where x is negative (Clevert et al. 2016), any layout.
public final class ELU: Module, Layer, ParameterFree {
  public let alpha: Double

  public init(alpha: Double = 1) { self.alpha = alpha }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.elu(alpha: alpha)) }
}

/// α (e^(x/α) − 1) where x is negative (Barron 2017), any layout.
public final class CELU: Module, Layer, ParameterFree {
  public let alpha: Double

  public init(alpha: Double = 1) { self.alpha = alpha }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.celu(alpha: alpha)) }
}

/// The self-normalising unit (Klambauer et al. 2017), any layout: with `Initializer.lecunNormal` and ``AlphaDropout``
/// activations keep mean 0 and variance 1.
public final class SELU: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.selu()) }
}

/// x where it is above the threshold, else a constant; any layout.
public final class Threshold: Module, Layer, ParameterFree {
  public let threshold: Double
  public let value: Double

  public init(_ threshold: Double, value: Double) { (self.threshold, self.value) = (threshold, value) }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.threshold(threshold, value: value)) }
}

/// 1 where x is at least the threshold, else 0 (McCulloch & Pitts 1943), any layout. Its gradient is 0.
public final class BinaryStep: Module, Layer, ParameterFree {
  public let threshold: Double

  public init(at threshold: Double = 0) { self.threshold = threshold }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.step(at: threshold)) }
}

/// An activation by name, or any function of your own; any layout.
///
/// ```swift
/// let f = ActivationLayer(.mish)
/// let g = ActivationLayer { $0.sin() }
/// ```
public final class ActivationLayer: Module, Layer, ParameterFree {
  private let function: (Tensor) -> Tensor

  public init(_ activation: Activation) { function = { activation($0) } }
  public init(_ activation: ComposedActivation) { function = { activation($0) } }
  public init(_ function: @escaping (Tensor) -> Tensor) { self.function = function }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(function(x)) }
}
