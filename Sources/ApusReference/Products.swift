import ApusCore

/// The general dot product. Sums run in double precision and are rounded once.
func dotted(_ a: DenseArray, _ b: DenseArray, _ d: DotDimensions, _ type: TensorType) -> DenseArray {
  let (leftFree, rightFree) = (d.leftFree(rank: a.shape.rank), d.rightFree(rank: b.shape.rank))
  let inner = Shape(d.leftContracting.map { a.shape[$0] })
  return DenseArray(type) { index in
    var left = [Int](repeating: 0, count: a.shape.rank)
    var right = [Int](repeating: 0, count: b.shape.rank)
    for (place, (l, r)) in zip(d.leftBatch, d.rightBatch).enumerated() {
      left[l] = index[place]
      right[r] = index[place]
    }
    for (place, axis) in leftFree.enumerated() { left[axis] = index[d.leftBatch.count + place] }
    for (place, axis) in rightFree.enumerated() { right[axis] = index[d.leftBatch.count + leftFree.count + place] }
    var sum = 0.0
    inner.forEachIndex { contracted in
      for (place, (l, r)) in zip(d.leftContracting, d.rightContracting).enumerated() {
        left[l] = contracted[place]
        right[r] = contracted[place]
      }
      sum = type.dtype.isFloat ? sum + a[left] * b[right] : fused(sum, a[left], b[right], type.dtype)
    }
    return rounded(sum, type.dtype)
  }
}

private func fused(_ sum: Double, _ a: Double, _ b: Double, _ dtype: DType) -> Double {
  Binary.add.reference(sum, Binary.multiply.reference(a, b, dtype), dtype)
}

/// The general convolution. Sums run in double precision and are rounded once.
func convolved(_ x: DenseArray, _ w: DenseArray, _ d: ConvolutionDimensions, _ type: TensorType) -> DenseArray {
  let rank = d.spatialRank
  let inputsPerGroup = w.shape[d.kernelInput]
  let outputsPerFeatureGroup = w.shape[d.kernelOutput] / d.featureGroups
  let outputsPerBatchGroup = w.shape[d.kernelOutput] / d.batchGroups
  let batchPerGroup = x.shape[d.inputBatch] / d.batchGroups
  let kernel = Shape(d.window.size)
  return DenseArray(type) { index in
    var input = [Int](repeating: 0, count: rank + 2)
    var weight = [Int](repeating: 0, count: rank + 2)
    let output = index[d.outputFeature]
    weight[d.kernelOutput] = output
    input[d.inputBatch] = index[d.outputBatch] + output / outputsPerBatchGroup * batchPerGroup
    let firstFeature = output / outputsPerFeatureGroup * inputsPerGroup
    var sum = 0.0
    kernel.forEachIndex { offset in
      for axis in 0..<rank {
        let spread =
          index[d.outputSpatial[axis]] * d.window.stride[axis] + offset[axis] * d.window.dilation[axis]
          - d.window.padLow[axis]
        let step = d.window.baseDilation[axis]
        guard spread >= 0, spread % step == 0, spread / step < x.shape[d.inputSpatial[axis]] else { return }
        input[d.inputSpatial[axis]] = spread / step
        weight[d.kernelSpatial[axis]] = d.reversed[axis] ? d.window.size[axis] - 1 - offset[axis] : offset[axis]
      }
      for feature in 0..<inputsPerGroup {
        input[d.inputFeature] = firstFeature + feature
        weight[d.kernelInput] = feature
        sum += x[input] * w[weight]
      }
    }
    return rounded(sum, type.dtype)
  }
}
