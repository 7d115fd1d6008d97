import ApusTensor

/// x·Wᵀ + b: `[…, inputs]` to `[…, outputs]`.
public final class Linear: Module, Layer {
  /// `[outputs, inputs]`
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?

  /// - Parameter initializer: Of the weight; the bias is uniform in ±1/√inputs, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, initializer: Initializer = .standard, key: inout RandomKey
  ) {
    weight = initializer([outputs, inputs], fanIn: inputs, fanOut: outputs, key: &key)
    self.bias = bias ? Initializer.standard([outputs], fanIn: inputs, fanOut: outputs, key: &key) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = x.matmul(weight.transposed())
    return traced(bias.map { y + $0 } ?? y, multiplyAdds: y.count * weight.shape[1])
  }
}
