import ApusTensor

/// Convolution of images (cross-correlation, as everywhere in deep learning): channels last, `[batch, height, width,
/// inputs]` to `[batch, height', width', outputs]`.
public final class Conv2D: Module, Layer {
  /// `[kernelHeight, kernelWidth, inputs / groups, outputs]`; PyTorch's is `[outputs, inputs / groups, kernelHeight,
  /// kernelWidth]`.
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  public let stride: Pair
  public let padding: Padding
  public let dilation: Pair
  public let groups: Int
  private let window: ConvolutionWindow

  public override var stateLayouts: [String: StateLayout] { ["weight": .convolution] }

  /// - Parameters:
  ///   - paddingMode: What the padding is made of.
  ///   - initializer: Of the weight; the bias is uniform in ±1/√fanIn, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Pair, stride: Pair = 1, padding: Padding = .valid, dilation: Pair = 1,
    groups: Int = 1, bias: Bool = true, paddingMode: PaddingMode = .zeros, initializer: Initializer = .standard,
    key: inout RandomKey
  ) {
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    window = ConvolutionWindow(
      name: "Conv2D", kernel: [kernel.height, kernel.width], stride: [stride.height, stride.width],
      dilation: [dilation.height, dilation.width], padding: padding, paddingMode: paddingMode, groups: groups)
    (weight, self.bias) = window.parameters(inputs, outputs, hasBias: bias, initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = window(x, weight, bias)
    return traced(y, multiplyAdds: window.multiplyAdds(x, y, weight))
  }

  /// A convolution of each channel by itself, with `multiplier` outputs from each: `[batch, height, width, channels]` to
  /// `[batch, height', width', channels · multiplier]`.
  public static func depthwise(
    _ channels: Int, multiplier: Int = 1, kernel: Pair, stride: Pair = 1, padding: Padding = .valid, dilation: Pair = 1,
    bias: Bool = true, paddingMode: PaddingMode = .zeros, initializer: Initializer = .standard, key: inout RandomKey
  ) -> Conv2D {
    Conv2D(
      channels, channels * multiplier, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: channels, bias: bias, paddingMode: paddingMode, initializer: initializer, key: &key)
  }
}

/// A convolution of each channel by itself and then one of 1 × 1 that mixes them (Sifre 2014, Chollet 2017): `[batch,
/// height, width, inputs]` to `[batch, height', width', outputs]`.
public final class SeparableConv2D: Module, Layer {
  public let depthwise: Conv2D
  public let pointwise: Conv2D

  public init(
    _ inputs: Int, _ outputs: Int, multiplier: Int = 1, kernel: Pair, stride: Pair = 1, padding: Padding = .valid,
    dilation: Pair = 1, bias: Bool = true, initializer: Initializer = .standard, key: inout RandomKey
  ) {
    depthwise = .depthwise(
      inputs, multiplier: multiplier, kernel: kernel, stride: stride, padding: padding, dilation: dilation, bias: bias,
      initializer: initializer, key: &key)
    pointwise = Conv2D(inputs * multiplier, outputs, kernel: 1, bias: bias, initializer: initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(pointwise(depthwise(x))) }
}
