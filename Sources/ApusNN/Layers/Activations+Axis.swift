import ApusTensor

// Units that work along an axis, the last unless another is given.

/// eˣ over its sum along an axis (Bridle 1990), of the input's shape.
public final class Softmax: Module, Layer, ParameterFree {
  public let axis: Int

  public init(axis: Int = -1) { self.axis = axis }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.softmax(axis: axis)) }
}

/// The logarithm of ``Softmax``, of the input's shape.
public final class LogSoftmax: Module, Layer, ParameterFree {
  public let axis: Int

  public init(axis: Int = -1) { self.axis = axis }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.logSoftmax(axis: axis)) }
}

/// The softmax of −x along an axis, of the input's shape.
public final class Softmin: Module, Layer, ParameterFree {
  public let axis: Int

  public init(axis: Int = -1) { self.axis = axis }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.softmin(axis: axis)) }
}

/// value · σ(gate) of the halves (value, gate) of an axis (Dauphin et al. 2017): `[…, 2n]` to `[…, n]`.
public final class GLU: Module, Layer, ParameterFree {
  public let axis: Int

  public init(axis: Int = -1) { self.axis = axis }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.glu(axis: axis)) }
}

/// value · max(gate, 0) of the halves (value, gate) of an axis (Shazeer 2020): `[…, 2n]` to `[…, n]`.
public final class ReGLU: Module, Layer, ParameterFree {
  public let axis: Int

  public init(axis: Int = -1) { self.axis = axis }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.reglu(axis: axis)) }
}

/// value · GELU(gate) of the halves (value, gate) of an axis (Shazeer 2020): `[…, 2n]` to `[…, n]`.
public final class GEGLU: Module, Layer, ParameterFree {
  public let axis: Int
  /// Whether GELU is approximated by tanh.
  public let approximate: Bool

  public init(axis: Int = -1, approximate: Bool = false) { (self.axis, self.approximate) = (axis, approximate) }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.geglu(axis: axis, approximate: approximate)) }
}

/// value · swish(gate) of the halves (value, gate) of an axis (Shazeer 2020): `[…, 2n]` to `[…, n]`.
public final class SwiGLU: Module, Layer, ParameterFree {
  public let axis: Int

  public init(axis: Int = -1) { self.axis = axis }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.swiglu(axis: axis)) }
}
