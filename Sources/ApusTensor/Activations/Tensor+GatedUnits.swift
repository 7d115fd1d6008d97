import ApusCore

// Gated linear units: one half of an axis lets the other pass. `[…, 2n, …]` to `[…, n, …]`.
extension Tensor {
  /// value · f(gate), of the halves (value, gate) of an axis.
  ///
  /// - Parameter activation: What is done to the gate, the second half.
  public func gated(axis: Int = -1, by activation: (Tensor) -> Tensor) -> Tensor {
    let place = self.axis(axis, "gated")
    guard rank > 0, shape[place] % 2 == 0 else {
      return Mistakes.report(OpError("gated: axis \(axis) of \(shape) has no two halves"))
    }
    let halves = split(2, axis: place)
    return halves[0] * activation(halves[1])
  }

  /// value · σ(gate) (Dauphin et al. 2017).
  public func glu(axis: Int = -1) -> Tensor { gated(axis: axis) { $0.sigmoid() } }

  /// value · max(gate, 0) (Shazeer 2020).
  public func reglu(axis: Int = -1) -> Tensor { gated(axis: axis) { $0.relu() } }

  /// value · `gelu`(gate) (Shazeer 2020).
  public func geglu(axis: Int = -1, approximate: Bool = false) -> Tensor {
    gated(axis: axis) { $0.gelu(approximate: approximate) }
  }

  /// value · `swish`(gate) (Shazeer 2020).
  public func swiglu(axis: Int = -1, beta: Double = 1) -> Tensor { gated(axis: axis) { $0.swish(beta: beta) } }
}
