import ApusTensor

/// Convolution of sequences (cross-correlation): channels last, `[batch, time, inputs]` to `[batch, time', outputs]`.
public final class Conv1D: Module, Layer {
  /// `[kernel, inputs / groups, outputs]`; PyTorch's is `[outputs, inputs / groups, kernel]`.
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  private let window: ConvolutionWindow

  public override var stateLayouts: [String: StateLayout] { ["weight": .convolution] }

  /// - Parameters:
  ///   - paddingMode: What the padding is made of.
  ///   - initializer: Of the weight; the bias is uniform in ±1/√fanIn, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Padding = .valid, dilation: Int = 1,
    groups: Int = 1, bias: Bool = true, paddingMode: PaddingMode = .zeros, initializer: Initializer = .standard,
    key: inout RandomKey
  ) {
    window = ConvolutionWindow(
      name: "Conv1D", kernel: [kernel], stride: [stride], dilation: [dilation], padding: padding,
      paddingMode: paddingMode, groups: groups)
    (weight, self.bias) = window.parameters(inputs, outputs, hasBias: bias, initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = window(x, weight, bias)
    return traced(y, multiplyAdds: window.multiplyAdds(x, y, weight))
  }
}
