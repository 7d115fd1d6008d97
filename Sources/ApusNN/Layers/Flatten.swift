import ApusTensor

/// All axes but the batch merged: `[batch, …]` to `[batch, features]`.
public final class Flatten: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.flattened(from: 1)) }
}
