import ApusTensor

/// Convolution of images (cross-correlation, as everywhere in deep learning): channels last, `[batch, height, width,
/// inputs]` to `[batch, height', width', outputs]`.
public final class Conv2D: Module, Layer {
  /// `[kernelHeight, kernelWidth, inputs / groups, outputs]`
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?
  public let stride: Pair
  public let padding: Padding
  public let dilation: Pair
  public let groups: Int

  public override var stateLayouts: [String: StateLayout] { ["weight": .convolution] }

  /// - Parameter initializer: Of the weight; the bias is uniform in ±1/√fanIn, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Pair, stride: Pair = 1, padding: Padding = .valid, dilation: Pair = 1,
    groups: Int = 1, bias: Bool = true, initializer: Initializer = .standard, key: inout RandomKey
  ) {
    guard groups > 0, inputs % groups == 0, outputs % groups == 0 else {
      fatalError("Conv2D: \(inputs) inputs and \(outputs) outputs do not divide into \(groups) groups")
    }
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    let area = kernel.height * kernel.width
    let (fanIn, fanOut) = (inputs / groups * area, outputs / groups * area)
    weight = initializer(
      [kernel.height, kernel.width, inputs / groups, outputs], fanIn: fanIn, fanOut: fanOut, key: &key)
    self.bias = bias ? Initializer.standard([outputs], fanIn: fanIn, fanOut: fanOut, key: &key) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = x.conv2D(weight, stride: stride, padding: padding, dilation: dilation, groups: groups)
    return traced(bias.map { y + $0 } ?? y, multiplyAdds: y.count * weight.count / weight.shape[3])
  }
}
