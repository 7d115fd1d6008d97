import ApusCore

extension Tensor {
  /// The largest element of each window of `[batch, height, width, channels]`, and where it is: `int32` indices of the
  /// values' shape that count an image's places row by row, row · width + column, as PyTorch's.
  public func maxPool2DWithIndices(
    _ size: Pair, stride: Pair? = nil, padding: Padding = .valid, dilation: Pair = 1, ceilMode: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    let window = PoolingWindow(
      size.sizes, stride: stride?.sizes, padding: padding, dilation: dilation.sizes, ceilMode: ceilMode)
    guard let margins = margins("max pooling", window) else { return (Mistakes.standIn, Mistakes.standIn) }
    let lowest = Tensor(.build(.constant(Reduction.max.neutral(dtype))))
    let high = zip(margins.high, margins.excess).map { $0 + $1 }
    let bounds = PadBounds(low: [0] + margins.low + [0], high: [0] + high + [0], interior: [0, 0, 0, 0])
    let padded = Tensor.apply(.pad(bounds), self, lowest)
    let output = Tensor.apply(
      .reduceWindow(
        .max,
        Window(size: [1] + size.sizes + [1], stride: [1] + window.stride + [1], dilation: [1] + dilation.sizes + [1])),
      padded
    ).shape
    if Mistakes.hasFailed { return (Mistakes.standIn, Mistakes.standIn) }
    let indices = padded.firstLargest(window, margins.low, output, width: shape[2])
    let (places, channels) = (shape[1] * shape[2], shape[3])
    let flat = indices.reshaped(to: [output[0], output[1] * output[2], channels])
    let values = reshaped(to: [shape[0], places, channels]).takeAlong(flat, axis: 1)
    return (values.reshaped(to: output), indices)
  }

  /// Of a padded tensor, where each window has its first largest element, counted without the padding.
  private func firstLargest(_ window: PoolingWindow, _ low: [Int], _ output: Shape, width: Int) -> Tensor {
    func view(_ row: Int, _ column: Int) -> Tensor {
      let top = row * window.dilation[0]
      let left = column * window.dilation[1]
      let bottom = top + (output[1] - 1) * window.stride[0] + 1
      let right = left + (output[2] - 1) * window.stride[1] + 1
      let bounds = SliceBounds(
        start: [0, top, left, 0], limit: [shape[0], bottom, right, shape[3]], stride: [1] + window.stride + [1])
      return .apply(.slice(bounds), self)
    }
    func places(_ axis: Int) -> Tensor { Tensor.range(output[axis + 1]) * window.stride[axis] - low[axis] }
    let origin = places(0).expandingAxis(1) * width + places(1)
    let base = origin.expandingAxis(2).broadcast(to: output)
    var (best, offsets) = (view(0, 0), Tensor.zeros(output, dtype: .int32))
    for row in 0..<window.size[0] {
      for column in 0..<window.size[1] where row + column > 0 {
        let candidate = view(row, column)
        let wins = candidate .> best
        best = select(wins, candidate, best)
        let offset = row * window.dilation[0] * width + column * window.dilation[1]
        offsets = select(wins, Tensor.full(offset, output, dtype: .int32), offsets)
      }
    }
    return base + offsets
  }

  /// The inverse of max pooling: `[batch, height, width, channels]` with values at the places that
  /// ``maxPool2DWithIndices(_:stride:padding:dilation:ceilMode:)`` names, and zeros elsewhere.
  ///
  /// - Parameter output: The height and width of the result, which the input of the pooling had.
  public func maxUnpool2D(_ indices: Tensor, output: Pair) -> Tensor {
    guard rank == 4, indices.shape == shape, indices.dtype.isInteger else {
      return Mistakes.report(
        OpError(
          "maxUnpool2D: values \(node.type) and indices \(indices.node.type), expected [batch, height, width, channels] "
            + "and integers of that shape"))
    }
    guard output.height >= 0, output.width >= 0 else {
      return Mistakes.report(OpError("maxUnpool2D: output \(output.sizes), expected a height and a width"))
    }
    let (batch, channels) = (shape[0], shape[3])
    let flat: Shape = [batch, shape[1] * shape[2], channels]
    let plane = Tensor.zeros([batch, output.height * output.width, channels], dtype: dtype)
    return plane.putAlong(indices.reshaped(to: flat), reshaped(to: flat), axis: 1)
      .reshaped(to: [batch, output.height, output.width, channels])
  }
}
