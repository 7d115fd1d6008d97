import ApusCore

extension Tensor {
  /// Convolution (cross-correlation) over one to three spatial axes, with all that a convolution can be asked for:
  /// `[batch, spatial…, channels]` with a kernel `[spatial…, channels / groups, outputs]` is `[batch / batchGroups,
  /// spatial'…, outputs]`, where spatial' = ⌊(low + (spatial − 1)·inputDilation + 1 + high − extent) / stride⌋ + 1 and
  /// extent = (kernel − 1)·dilation + 1.
  ///
  /// - Parameters:
  ///   - stride: Of each spatial axis; ones unless given.
  ///   - padding: Zeros before and after each spatial axis, negative to crop; none unless given.
  ///   - inputDilation: Spreads the input: so many places from one element to the next, zeros between them. A
  ///     transposed convolution is one with the stride here and a reversed kernel.
  ///   - dilation: The same of the kernel.
  ///   - reversesKernel: Reads the kernel backwards along its spatial axes.
  ///   - groups: The channels are cut into so many groups, each seen by its own share of the outputs.
  ///   - batchGroups: The examples are cut into so many groups, each seen by its own share of the outputs.
  public func convolution(
    _ kernel: Tensor, stride: [Int]? = nil, padding: [(low: Int, high: Int)]? = nil, inputDilation: [Int]? = nil,
    dilation: [Int]? = nil, reversesKernel: Bool = false, groups: Int = 1, batchGroups: Int = 1
  ) -> Tensor {
    let spatial = rank - 2
    guard (1...3).contains(spatial), kernel.rank == rank else {
      return Mistakes.report(
        OpError(
          "convolution: input \(shape) and kernel \(kernel.shape), expected [batch, spatial…, channels] and "
            + "[spatial…, channels / groups, outputs] with one to three spatial axes"))
    }
    for (name, count) in [
      ("stride", stride?.count), ("padding", padding?.count), ("inputDilation", inputDilation?.count),
      ("dilation", dilation?.count),
    ] {
      guard let count, count != spatial else { continue }
      return Mistakes.report(
        OpError("convolution: \(count) values of \(name) for \(spatial) spatial axes of \(shape)"))
    }
    let window = Window(
      size: Array(kernel.shape.prefix(spatial)), stride: stride, padLow: padding?.map(\.low),
      padHigh: padding?.map(\.high), baseDilation: inputDilation, dilation: dilation)
    var dimensions = ConvolutionDimensions(channelsLast: window, groups: groups)
    dimensions.batchGroups = batchGroups
    if reversesKernel { dimensions.reversed = dimensions.reversed.map { _ in true } }
    return .apply(.convolution(dimensions), self, kernel)
  }

  /// Convolution (cross-correlation) of sequences `[batch, time, channels]` with a kernel `[size, channels / groups,
  /// outputs]`: `[batch, ⌊(time + 2·padding − extent) / stride⌋ + 1, outputs]`.
  public func conv1D(_ kernel: Tensor, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1) -> Tensor
  {
    guard rank == 3, kernel.rank == 3 else {
      return Mistakes.report(
        OpError(
          "conv1D: input \(shape) and kernel \(kernel.shape), expected [batch, time, channels] and "
            + "[size, channels / groups, outputs]"))
    }
    return convolution(
      kernel, stride: [stride], padding: [(padding, padding)], dilation: [dilation], groups: groups)
  }

  /// Convolution (cross-correlation) of volumes `[batch, depth, height, width, channels]` with a kernel `[depth, height,
  /// width, channels / groups, outputs]`; each of stride, padding and dilation for the three axes in this order.
  public func conv3D(
    _ kernel: Tensor, stride: [Int] = [1, 1, 1], padding: [Int] = [0, 0, 0], dilation: [Int] = [1, 1, 1],
    groups: Int = 1
  ) -> Tensor {
    guard rank == 5, kernel.rank == 5 else {
      return Mistakes.report(
        OpError(
          "conv3D: input \(shape) and kernel \(kernel.shape), expected [batch, depth, height, width, channels] and "
            + "[depth, height, width, channels / groups, outputs]"))
    }
    return convolution(
      kernel, stride: stride, padding: padding.map { ($0, $0) }, dilation: dilation, groups: groups)
  }
}

extension Tensor {
  /// Transposed convolution, the gradient of a convolution with respect to its input: `[batch, spatial…, channels]` with a
  /// kernel `[spatial…, channels / groups, outputs]` is `[batch, spatial'…, outputs]`, where spatial' = (spatial − 1)·stride
  /// − 2·padding + (kernel − 1)·dilation + 1 + outputPadding (Dumoulin & Visin 2016).
  ///
  /// - Parameters:
  ///   - stride: Of each spatial axis; ones unless given.
  ///   - padding: What the convolution had, by which the result is smaller; none unless given.
  ///   - outputPadding: By how much the result is larger at its end, less than stride or dilation: of the sizes that a
  ///     convolution takes to the same one, which is meant.
  public func transposedConvolution(
    _ kernel: Tensor, stride: [Int]? = nil, padding: [Int]? = nil, outputPadding: [Int]? = nil,
    dilation: [Int]? = nil, groups: Int = 1
  ) -> Tensor {
    let spatial = rank - 2
    guard (1...3).contains(spatial), kernel.rank == rank else {
      return Mistakes.report(
        OpError(
          "transposedConvolution: input \(shape) and kernel \(kernel.shape), expected [batch, spatial…, channels] and "
            + "[spatial…, channels / groups, outputs] with one to three spatial axes"))
    }
    let (ones, zeros) = ([Int](repeating: 1, count: spatial), [Int](repeating: 0, count: spatial))
    let (stride, dilation) = (stride ?? ones, dilation ?? ones)
    let (padding, extra) = (padding ?? zeros, outputPadding ?? zeros)
    for (name, values) in [
      ("stride", stride), ("padding", padding), ("outputPadding", extra), ("dilation", dilation),
    ] where values.count != spatial {
      return Mistakes.report(
        OpError("transposedConvolution: \(values.count) values of \(name) for \(spatial) spatial axes of \(shape)"))
    }
    for axis in 0..<spatial where extra[axis] < 0 || extra[axis] >= Swift.max(stride[axis], dilation[axis]) {
      return Mistakes.report(
        OpError(
          "transposedConvolution: outputPadding \(extra) with stride \(stride) and dilation \(dilation), expected 0 or "
            + "more and less than one of them"))
    }
    let edges = (0..<spatial).map { axis in
      let edge = (kernel.shape[axis] - 1) * dilation[axis] - padding[axis]
      return (low: edge, high: edge + extra[axis])
    }
    return convolution(
      kernel, padding: edges, inputDilation: stride, dilation: dilation, reversesKernel: true, groups: groups)
  }
}
