import ApusTensor

/// x·Wᵀ + b: `[…, inputs]` to `[…, outputs]`.
public final class Linear: Module, Layer {
  /// `[outputs, inputs]`
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  private let weightLayout: StateLayout

  public override var stateLayouts: [String: StateLayout] { ["weight": weightLayout] }

  /// - Parameters:
  ///   - initializer: Of the weight; the bias is uniform in ±1/√inputs, as PyTorch's.
  ///   - weightLayout: How PyTorch has the weight, where that is after flattened images.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, initializer: Initializer = .standard,
    weightLayout: StateLayout = .same, key: inout RandomKey
  ) {
    self.weightLayout = weightLayout
    weight = initializer([outputs, inputs], fanIn: inputs, fanOut: outputs, key: &key)
    self.bias = bias ? Initializer.standard([outputs], fanIn: inputs, fanOut: outputs, key: &key) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = x.matmul(weight.transposed())
    return traced(bias.map { y + $0 } ?? y, multiplyAdds: y.count * weight.shape[1])
  }
}
