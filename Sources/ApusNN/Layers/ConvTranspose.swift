import ApusTensor

/// Transposed convolution of sequences: channels last, `[batch, time, inputs]` to `[batch, time', outputs]` with time' =
/// (time − 1)·stride − 2·padding + (kernel − 1)·dilation + outputPadding + 1.
public final class ConvTranspose1D: Module, Layer {
  /// `[kernel, inputs / groups, outputs]`; PyTorch's is `[inputs, outputs / groups, kernel]`.
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  private let window: ConvolutionWindow

  public override var stateLayouts: [String: StateLayout] {
    ["weight": .transposedConvolution(groups: window.groups)]
  }

  /// - Parameters:
  ///   - padding: By which the result is smaller at both ends.
  ///   - outputPadding: By which the result is larger at its end.
  ///   - initializer: Of the weight; the bias is uniform in ±1/√fanIn, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, initializer: Initializer = .standard, key: inout RandomKey
  ) {
    window = ConvolutionWindow(
      name: "ConvTranspose1D", kernel: [kernel], stride: [stride], dilation: [dilation], padding: .axes([padding]),
      outputPadding: [outputPadding], groups: groups)
    (weight, self.bias) = window.parameters(inputs, outputs, hasBias: bias, initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = window(x, weight, bias)
    return traced(y, multiplyAdds: window.multiplyAdds(x, y, weight))
  }
}

/// Transposed convolution of images: channels last, `[batch, height, width, inputs]` to `[batch, height', width',
/// outputs]`; see ``ConvTranspose1D`` for the sizes.
public final class ConvTranspose2D: Module, Layer {
  /// `[kernelHeight, kernelWidth, inputs / groups, outputs]`; PyTorch's is `[inputs, outputs / groups, kernelHeight,
  /// kernelWidth]`.
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  private let window: ConvolutionWindow

  public override var stateLayouts: [String: StateLayout] {
    ["weight": .transposedConvolution(groups: window.groups)]
  }

  /// - Parameters:
  ///   - padding: By which the result is smaller on all sides.
  ///   - outputPadding: By which the result is larger at the bottom and the right.
  ///   - initializer: Of the weight; the bias is uniform in ±1/√fanIn, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, outputPadding: Pair = 0,
    dilation: Pair = 1, groups: Int = 1, bias: Bool = true, initializer: Initializer = .standard, key: inout RandomKey
  ) {
    window = ConvolutionWindow(
      name: "ConvTranspose2D", kernel: [kernel.height, kernel.width], stride: [stride.height, stride.width],
      dilation: [dilation.height, dilation.width], padding: .explicit(padding),
      outputPadding: [outputPadding.height, outputPadding.width], groups: groups)
    (weight, self.bias) = window.parameters(inputs, outputs, hasBias: bias, initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = window(x, weight, bias)
    return traced(y, multiplyAdds: window.multiplyAdds(x, y, weight))
  }
}

/// Transposed convolution of volumes: channels last, `[batch, depth, height, width, inputs]` to `[batch, depth', height',
/// width', outputs]`; see ``ConvTranspose1D`` for the sizes.
public final class ConvTranspose3D: Module, Layer {
  /// `[kernelDepth, kernelHeight, kernelWidth, inputs / groups, outputs]`; PyTorch's is `[inputs, outputs / groups,
  /// kernelDepth, kernelHeight, kernelWidth]`.
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  private let window: ConvolutionWindow

  public override var stateLayouts: [String: StateLayout] {
    ["weight": .transposedConvolution(groups: window.groups)]
  }

  /// - Parameters:
  ///   - padding: By which the result is smaller on all sides.
  ///   - outputPadding: By which the result is larger at the end of each axis.
  ///   - initializer: Of the weight; the bias is uniform in ±1/√fanIn, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Triple, stride: Triple = 1, padding: Triple = 0, outputPadding: Triple = 0,
    dilation: Triple = 1, groups: Int = 1, bias: Bool = true, initializer: Initializer = .standard, key: inout RandomKey
  ) {
    window = ConvolutionWindow(
      name: "ConvTranspose3D", kernel: kernel.sizes, stride: stride.sizes, dilation: dilation.sizes,
      padding: .axes(padding.sizes), outputPadding: outputPadding.sizes, groups: groups)
    (weight, self.bias) = window.parameters(inputs, outputs, hasBias: bias, initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = window(x, weight, bias)
    return traced(y, multiplyAdds: window.multiplyAdds(x, y, weight))
  }
}
