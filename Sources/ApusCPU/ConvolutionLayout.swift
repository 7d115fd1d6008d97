import ApusCore
import CApusKernels

/// Which of the quick kernels a convolution's layout is.
enum ConvolutionLayout {
  /// Channels-last data, any kernel layout: the forward pass, and the gradient of the data.
  case forward
  /// Batch and channels exchanged: the gradient of the kernel.
  case weightGradient
  case other

  init(_ d: ConvolutionDimensions) {
    self = .other
    guard d.spatialRank == 2, d.featureGroups == 1, d.batchGroups == 1, d.inputSpatial == [1, 2] else { return }
    let isUniform = d.reversed[0] == d.reversed[1]
    if d.inputBatch == 0, d.inputFeature == 3, d.outputBatch == 0, d.outputFeature == 3, d.outputSpatial == [1, 2],
      isUniform
    {
      self = .forward
    } else if d.inputBatch == 3, d.inputFeature == 0, d.kernelInput == 0, d.kernelOutput == 3,
      d.kernelSpatial == [1, 2], d.reversed == [false, false], d.window.baseDilation == [1, 1]
    {
      self = .weightGradient
    }
  }
}

extension apus_convolution_shape {
  /// The forward pass over dense channels-last `x` and a kernel of any strides.
  init(_ d: ConvolutionDimensions, x: View, w: View, output: Shape) {
    self.init()
    (batch, in_h, in_w, in_channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    (out_h, out_w, out_channels) = (output[1], output[2], output[3])
    (kernel_h, kernel_w) = (d.window.size[0], d.window.size[1])
    (stride_h, stride_w) = (d.window.stride[0], d.window.stride[1])
    (pad_top, pad_left) = (d.window.padLow[0], d.window.padLow[1])
    (dilation_h, dilation_w) = (d.window.dilation[0], d.window.dilation[1])
    (base_dilation_h, base_dilation_w) = (d.window.baseDilation[0], d.window.baseDilation[1])
    flip = d.reversed[0]
    (w_row, w_column) = (w.strides[d.kernelSpatial[0]], w.strides[d.kernelSpatial[1]])
    (w_input, w_output) = (w.strides[d.kernelInput], w.strides[d.kernelOutput])
  }

  /// The gradient of the kernel, told as the forward pass that it belongs to: `x` and the cotangents `dy` are dense
  /// channels-last, `dw` has the given strides.
  init(weightGradient d: ConvolutionDimensions, x: View, dy: View, dw: View) {
    self.init()
    (batch, in_h, in_w, in_channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    (out_h, out_w, out_channels) = (dy.shape[1], dy.shape[2], dy.shape[3])
    (kernel_h, kernel_w) = (dw.shape[d.outputSpatial[0]], dw.shape[d.outputSpatial[1]])
    (stride_h, stride_w) = (d.window.dilation[0], d.window.dilation[1])
    (pad_top, pad_left) = (d.window.padLow[0], d.window.padLow[1])
    (dilation_h, dilation_w) = (d.window.stride[0], d.window.stride[1])
    (base_dilation_h, base_dilation_w) = (1, 1)
    flip = false
    (w_row, w_column) = (dw.strides[d.outputSpatial[0]], dw.strides[d.outputSpatial[1]])
    (w_input, w_output) = (dw.strides[d.outputBatch], dw.strides[d.outputFeature])
  }
}

extension apus_convolution_any_shape {
  init(_ d: ConvolutionDimensions, x: View, w: View, y: View) {
    self.init()
    spatial_rank = Int32(d.spatialRank)
    batch = x.shape[d.inputBatch]
    in_features = x.shape[d.inputFeature]
    out_features = w.shape[d.kernelOutput]
    feature_groups = d.featureGroups
    batch_groups = d.batchGroups
    fill(&in_size, d.inputSpatial.map { x.shape[$0] })
    fill(&out_size, d.outputSpatial.map { y.shape[$0] })
    fill(&kernel_size, d.window.size)
    fill(&stride, d.window.stride)
    fill(&pad_low, d.window.padLow)
    fill(&kernel_dilation, d.window.dilation)
    fill(&base_dilation, d.window.baseDilation)
    fill(&flip, d.reversed)
    fill(&x_stride, ([d.inputBatch, d.inputFeature] + d.inputSpatial).map { x.strides[$0] })
    fill(&w_stride, ([d.kernelOutput, d.kernelInput] + d.kernelSpatial).map { w.strides[$0] })
    fill(&y_stride, ([d.outputBatch, d.outputFeature] + d.outputSpatial).map { y.strides[$0] })
  }
}

extension apus_window_shape {
  init(_ window: Window, input: Shape, output: Shape) {
    self.init()
    rank = Int32(window.rank)
    fill(&self.in, Array(input))
    fill(&out, Array(output))
    fill(&self.window, window.size)
    fill(&stride, window.stride)
    fill(&pad_low, window.padLow)
    fill(&window_dilation, window.dilation)
    fill(&base_dilation, window.baseDilation)
  }
}

/// Sets the first elements of a C array, which Swift sees as a tuple.
func fill<Tuple, Element>(_ tuple: inout Tuple, _ values: [Element]) {
  withUnsafeMutableBytes(of: &tuple) { raw in
    let elements = raw.bindMemory(to: Element.self)
    for (place, value) in values.enumerated() { elements[place] = value }
  }
}
