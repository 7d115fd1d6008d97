import ApusTensor

/// Convolution of volumes (cross-correlation): channels last, `[batch, depth, height, width, inputs]` to `[batch, depth',
/// height', width', outputs]`.
public final class Conv3D: Module, Layer {
  /// `[kernelDepth, kernelHeight, kernelWidth, inputs / groups, outputs]`; PyTorch's is `[outputs, inputs / groups,
  /// kernelDepth, kernelHeight, kernelWidth]`.
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  private let window: ConvolutionWindow

  public override var stateLayouts: [String: StateLayout] { ["weight": .convolution] }

  /// - Parameters:
  ///   - padding: `.axes` for a number of each axis.
  ///   - paddingMode: What the padding is made of.
  ///   - initializer: Of the weight; the bias is uniform in ±1/√fanIn, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Triple, stride: Triple = 1, padding: Padding = .valid, dilation: Triple = 1,
    groups: Int = 1, bias: Bool = true, paddingMode: PaddingMode = .zeros, initializer: Initializer = .standard,
    key: inout RandomKey
  ) {
    window = ConvolutionWindow(
      name: "Conv3D", kernel: kernel.sizes, stride: stride.sizes, dilation: dilation.sizes, padding: padding,
      paddingMode: paddingMode, groups: groups)
    (weight, self.bias) = window.parameters(inputs, outputs, hasBias: bias, initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = window(x, weight, bias)
    return traced(y, multiplyAdds: window.multiplyAdds(x, y, weight))
  }
}
