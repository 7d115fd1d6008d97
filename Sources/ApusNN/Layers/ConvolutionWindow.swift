import ApusTensor

/// What convolution layers of all ranks have in common.
struct ConvolutionWindow {
  let name: String
  let kernel: [Int]
  let stride: [Int]
  let dilation: [Int]
  var padding = Padding.valid
  var paddingMode = PaddingMode.zeros
  var outputPadding: [Int]?
  let groups: Int

  /// Weight `[spatial…, inputs / groups, outputs]` and bias `[outputs]`.
  ///
  /// - Parameter fanIn: How many inputs PyTorch counts for one output.
  func parameters(
    _ inputs: Int, _ outputs: Int, hasBias: Bool, _ initializer: Initializer, key: inout RandomKey
  ) -> (weight: Tensor, bias: Tensor?) {
    guard inputs > 0, outputs > 0, groups > 0, inputs % groups == 0, outputs % groups == 0 else {
      return (
        .mistake(
          "\(name): \(inputs) inputs and \(outputs) outputs do not divide into \(groups) groups. Both must be multiples "
            + "of `groups`"), nil
      )
    }
    guard (kernel + stride + dilation).allSatisfy({ $0 >= 1 }) else {
      return (
        .mistake(
          "\(name): kernel \(kernel), stride \(stride) and dilation \(dilation) must be at least 1 on every axis"), nil
      )
    }
    let area = kernel.reduce(1, *)
    var (fanIn, fanOut) = (inputs / groups * area, outputs / groups * area)
    // A transposed convolution starts from what it would be the gradient of.
    if outputPadding != nil { swap(&fanIn, &fanOut) }
    let weight = initializer(Shape(kernel + [inputs / groups, outputs]), fanIn: fanIn, fanOut: fanOut, key: &key)
    let bias = hasBias ? Initializer.standard([outputs], fanIn: fanIn, fanOut: fanOut, key: &key) : nil
    return (weight, bias)
  }

  func callAsFunction(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    let spatial = kernel.count
    let inputs = weight.rank == spatial + 2 ? weight.shape[spatial] * groups : 0
    guard x.rank == spatial + 2, x.shape[spatial + 1] == inputs else {
      let axes = ["time"], image = ["height", "width"]
      let names = (spatial == 1 ? axes : spatial == 2 ? image : ["depth"] + image).joined(separator: ", ")
      return .mistake("\(name): input \(x.shape), expected [batch, \(names), \(inputs)]")
    }
    let y = outputPadding == nil ? convolved(x, weight) : transposed(x, weight)
    return bias.map { y + $0 } ?? y
  }

  private func convolved(_ x: Tensor, _ weight: Tensor) -> Tensor {
    let sizes = Array(x.shape[1...kernel.count])
    guard let (low, high) = padding.amounts(name, inputs: sizes, size: kernel, stride: stride, dilation: dilation)
    else { return x }
    var widths = Array(zip(low, high))
    var input = x
    if paddingMode != .zeros {
      input = x.padded([(0, 0)] + widths + [(0, 0)], mode: paddingMode)
      widths = widths.map { _ in (0, 0) }
    }
    return input.convolution(
      weight, stride: stride, padding: widths.map { (low: $0.0, high: $0.1) }, dilation: dilation, groups: groups)
  }

  private func transposed(_ x: Tensor, _ weight: Tensor) -> Tensor {
    let sizes = Array(x.shape[1...kernel.count])
    guard let (low, _) = padding.amounts(name, inputs: sizes, size: kernel, stride: stride, dilation: dilation)
    else { return x }
    return x.transposedConvolution(
      weight, stride: stride, padding: low, outputPadding: outputPadding, dilation: dilation, groups: groups)
  }

  /// How many multiplications with addition a call takes.
  func multiplyAdds(_ x: Tensor, _ y: Tensor, _ weight: Tensor) -> Int {
    if weight.count == 0 { return 0 }
    // Each input of a transposed convolution meets the kernel once, as each output of a convolution does.
    let meetings =
      outputPadding == nil ? y.count / weight.shape[weight.rank - 1] : x.count / weight.shape[weight.rank - 2]
    return outputPadding == nil ? meetings * weight.count : meetings / groups * weight.count
  }
}
