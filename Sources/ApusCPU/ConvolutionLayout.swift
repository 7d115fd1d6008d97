import ApusCore
import CApusKernels

/// Which of the quick kernels a convolution's layout is.
enum ConvolutionLayout {
  /// Channels-last data, any kernel layout, over one or two axes: the forward pass, and the gradient of the data.
  case forward
  /// Batch and channels exchanged: the gradient of the kernel.
  case weightGradient
  /// The same of a transposed convolution: `x` with zeros between its pixels.
  case transposedWeightGradient
  case other

  init(_ d: ConvolutionDimensions) {
    self = .other
    let rank = d.spatialRank
    let spatial = Array(1..<(rank + 1))
    guard rank == 1 || rank == 2, d.inputSpatial == spatial else { return }
    let isUniform = d.reversed.allSatisfy { $0 == d.reversed[0] }
    if d.inputBatch == 0, d.inputFeature == rank + 1, d.outputBatch == 0, d.outputFeature == rank + 1,
      d.outputSpatial == spatial, d.batchGroups == 1, isUniform
    {
      self = .forward
    } else if d.inputBatch == rank + 1, d.inputFeature == 0, d.kernelInput == 0, d.kernelOutput == rank + 1,
      d.kernelSpatial == spatial, d.featureGroups == 1, !d.reversed.contains(true)
    {
      if d.window.baseDilation.allSatisfy({ $0 == 1 }) {
        self = .weightGradient
      } else if d.batchGroups == 1, d.window.dilation.allSatisfy({ $0 == 1 }) {
        self = .transposedWeightGradient
      }
    }
  }
}

extension apus_convolution_shape {
  /// The forward pass over dense channels-last `x` and a kernel of any strides.
  init(_ d: ConvolutionDimensions, x: View, w: View, output: Shape) {
    self.init(x: x.shape, y: output)
    groups = d.featureGroups
    (kernel_h, kernel_w) = axes(d.window.size, else: 1)
    (stride_h, stride_w) = axes(d.window.stride, else: 1)
    (pad_top, pad_left) = axes(d.window.padLow, else: 0)
    (dilation_h, dilation_w) = axes(d.window.dilation, else: 1)
    (base_dilation_h, base_dilation_w) = axes(d.window.baseDilation, else: 1)
    flip = d.reversed[0]
    (w_row, w_column) = axes(d.kernelSpatial.map { w.strides[$0] }, else: 0)
    (w_input, w_output) = (w.strides[d.kernelInput], w.strides[d.kernelOutput])
  }

  /// The gradient of the kernel, told as the forward pass that it belongs to: `x` and the cotangents `dy` are dense
  /// channels-last, `dw` has the given strides.
  init(weightGradient d: ConvolutionDimensions, x: View, dy: View, dw: View) {
    self.init(x: x.shape, y: dy.shape)
    groups = d.batchGroups
    (kernel_h, kernel_w) = axes(d.outputSpatial.map { dw.shape[$0] }, else: 1)
    (stride_h, stride_w) = axes(d.window.dilation, else: 1)
    (pad_top, pad_left) = axes(d.window.padLow, else: 0)
    (dilation_h, dilation_w) = axes(d.window.stride, else: 1)
    (base_dilation_h, base_dilation_w) = (1, 1)
    flip = false
    (w_row, w_column) = axes(d.outputSpatial.map { dw.strides[$0] }, else: 0)
    (w_input, w_output) = (dw.strides[d.outputBatch], dw.strides[d.outputFeature])
  }

  /// The gradient of a transposed convolution's kernel. With zeros between the pixels i of `x`, b apart, the product at
  /// tap k is that of x(i) and dy(b i + p − q k): the gradient of a convolution of `dy` with steps of b whose cotangents
  /// are `x`, taps in reverse order. `dw` is the kernel with its spatial axes reversed.
  init(transposedWeightGradient d: ConvolutionDimensions, x: View, dy: View, dw: View) {
    self.init(x: dy.shape, y: x.shape)
    groups = 1
    (kernel_h, kernel_w) = axes(d.outputSpatial.map { dw.shape[$0] }, else: 1)
    (stride_h, stride_w) = axes(d.window.baseDilation, else: 1)
    (dilation_h, dilation_w) = axes(d.window.stride, else: 1)
    let padding = d.outputSpatial.enumerated().map { place, axis in
      d.window.stride[place] * (dw.shape[axis] - 1) - d.window.padLow[place]
    }
    (pad_top, pad_left) = axes(padding, else: 0)
    (base_dilation_h, base_dilation_w) = (1, 1)
    flip = false
    (w_row, w_column) = axes(d.outputSpatial.map { dw.strides[$0] }, else: 0)
    (w_input, w_output) = (dw.strides[d.outputFeature], dw.strides[d.outputBatch])
  }

  /// Channels-last arrays; those of a single spatial axis have one row.
  private init(x: Shape, y: Shape) {
    self.init()
    batch = x[0]
    (in_h, in_w) = axes(Array(x[1..<(x.rank - 1)]), else: 1)
    (out_h, out_w) = axes(Array(y[1..<(y.rank - 1)]), else: 1)
    (in_channels, out_channels) = (x[x.rank - 1], y[y.rank - 1])
    (x_pixel, y_pixel) = (in_channels, out_channels)
  }
}

/// Height and width of what is said for one or two axes.
private func axes(_ values: [Int], else height: Int) -> (Int, Int) {
  values.count == 1 ? (height, values[0]) : (values[0], values[1])
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
