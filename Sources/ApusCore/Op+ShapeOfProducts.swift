extension Op {
  func dotType(_ a: TensorType, _ b: TensorType, _ d: DotDimensions) throws(OpError) -> TensorType {
    guard a.dtype == b.dtype else {
      throw OpError("matmul: \(a) and \(b) have different types. Convert one with `.cast(to: .\(a.dtype))`")
    }
    guard a.dtype != .bool else { throw OpError("matmul: is not defined on bool") }
    guard d.leftBatch.count == d.rightBatch.count, d.leftContracting.count == d.rightContracting.count,
      Set(d.leftBatch + d.leftContracting).count == d.leftBatch.count + d.leftContracting.count,
      Set(d.rightBatch + d.rightContracting).count == d.rightBatch.count + d.rightContracting.count,
      (d.leftBatch + d.leftContracting).allSatisfy(a.shape.indices.contains),
      (d.rightBatch + d.rightContracting).allSatisfy(b.shape.indices.contains)
    else { throw OpError("dot: \(d) does not describe axes of \(a.shape) and \(b.shape)") }
    for (left, right) in zip(d.leftBatch, d.rightBatch) where a.shape[left] != b.shape[right] {
      throw OpError("matmul: \(a.shape) × \(b.shape): batch sizes \(a.shape[left]) and \(b.shape[right]) differ")
    }
    for (left, right) in zip(d.leftContracting, d.rightContracting) where a.shape[left] != b.shape[right] {
      throw OpError("matmul: \(a.shape) × \(b.shape): inner sizes \(a.shape[left]) and \(b.shape[right]) differ")
    }
    let sizes =
      d.leftBatch.map { a.shape[$0] } + d.leftFree(rank: a.shape.rank).map { a.shape[$0] }
      + d.rightFree(rank: b.shape.rank).map { b.shape[$0] }
    return TensorType(Shape(sizes), a.dtype)
  }

  func convolutionType(_ x: TensorType, _ w: TensorType, _ d: ConvolutionDimensions) throws(OpError) -> TensorType {
    let rank = d.spatialRank
    guard x.dtype == w.dtype, x.dtype.isFloat else {
      throw OpError("convolution: input \(x) and kernel \(w) are not of one floating-point type")
    }
    guard x.shape.rank == rank + 2, w.shape.rank == rank + 2 else {
      throw OpError(
        "convolution: input \(x.shape) and kernel \(w.shape) need \(rank + 2) axes each: batch, \(rank) spatial, channels"
      )
    }
    try d.window.validate("convolution")
    let (batch, features) = (x.shape[d.inputBatch], x.shape[d.inputFeature])
    let (inputs, outputs) = (w.shape[d.kernelInput], w.shape[d.kernelOutput])
    guard d.featureGroups > 0, d.batchGroups > 0, d.featureGroups == 1 || d.batchGroups == 1 else {
      throw OpError("convolution: \(d.featureGroups) feature groups and \(d.batchGroups) batch groups")
    }
    guard features == inputs * d.featureGroups else {
      throw OpError(
        "convolution: input \(x.shape) has \(features) channels, kernel \(w.shape) expects \(inputs * d.featureGroups)"
          + (d.featureGroups == 1 ? "" : " (\(inputs) in each of \(d.featureGroups) groups)"))
    }
    guard outputs % d.featureGroups == 0, outputs % d.batchGroups == 0, batch % d.batchGroups == 0 else {
      throw OpError(
        "convolution: \(outputs) output channels do not divide into \(Swift.max(d.featureGroups, d.batchGroups)) groups"
      )
    }
    var sizes = [Int](repeating: 0, count: rank + 2)
    sizes[d.outputBatch] = batch / d.batchGroups
    sizes[d.outputFeature] = outputs
    for axis in 0..<rank {
      guard d.window.size[axis] == w.shape[d.kernelSpatial[axis]] else {
        throw OpError("convolution: window \(d.window.size) over a kernel \(w.shape)")
      }
      let count = d.window.count(x.shape[d.inputSpatial[axis]], axis: axis)
      guard count > 0 || x.shape[d.inputSpatial[axis]] == 0 else {
        throw OpError(
          "convolution: a kernel reaching over \(d.window.extent(axis: axis)) does not fit in "
            + "\(d.window.paddedSize(x.shape[d.inputSpatial[axis]], axis: axis)) (input \(x.shape), padding included). "
            + "Pad more or use a smaller kernel")
      }
      sizes[d.outputSpatial[axis]] = count
    }
    return TensorType(Shape(sizes), x.dtype)
  }

  func windowType(
    _ name: @autoclosure () -> String, _ x: TensorType, _ window: Window, _ reduction: Reduction
  ) throws(OpError) -> TensorType {
    guard window.rank == x.shape.rank else {
      throw OpError("\(name()): a window of \(window.rank) axes over \(x.shape), which has \(x.shape.rank)")
    }
    guard reduction.accepts(x.dtype) else { throw OpError("\(name()): is not defined on \(x.dtype)") }
    try window.validate(name())
    var sizes: [Int] = []
    for axis in 0..<window.rank {
      let count = window.count(x.shape[axis], axis: axis)
      guard count > 0 || x.shape[axis] == 0 else {
        throw OpError(
          "\(name()): a window reaching over \(window.extent(axis: axis)) does not fit in "
            + "\(window.paddedSize(x.shape[axis], axis: axis)) on axis \(axis) of \(x.shape)")
      }
      sizes.append(count)
    }
    return TensorType(Shape(sizes), x.dtype)
  }
}

extension Window {
  func validate(_ name: @autoclosure () -> String) throws(OpError) {
    let counts = [stride.count, padLow.count, padHigh.count, baseDilation.count, dilation.count]
    guard counts.allSatisfy({ $0 == rank }) else {
      throw OpError("\(name()): stride, padding and dilation need one number for each of \(rank) axes")
    }
    for axis in 0..<rank where size[axis] < 1 || stride[axis] < 1 || baseDilation[axis] < 1 || dilation[axis] < 1 {
      throw OpError(
        "\(name()): window \(size), stride \(stride) and dilation \(dilation) must be at least 1 on every axis")
    }
  }
}
