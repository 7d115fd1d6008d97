import ApusCore

/// The gradients of a convolution are convolutions, so they have gradients by the same rule.
func convolutionGradients(
  _ d: ConvolutionDimensions, _ x: Node, _ w: Node, _ g: Node, _ isActive: [Bool]
) -> [Node?] {
  let isEmpty = g.shape.elementCount == 0 || x.shape.elementCount == 0 || w.shape.elementCount == 0
  return [
    isActive[0] ? (isEmpty ? .filled(0, x.type) : dataGradient(d, x, w, g)) : nil,
    isActive[1] ? (isEmpty ? .filled(0, w.type) : kernelGradient(d, x, w, g)) : nil,
  ]
}

/// How far the input reaches on a spatial axis once spread by its base dilation.
private func spreadSize(_ d: ConvolutionDimensions, _ x: Node, _ axis: Int) -> Int {
  (x.shape[d.inputSpatial[axis]] - 1) * d.window.baseDilation[axis] + 1
}

/// How far the windows' origins reach on a spatial axis.
private func strideReach(_ d: ConvolutionDimensions, _ g: Node, _ axis: Int) -> Int {
  (g.shape[d.outputSpatial[axis]] - 1) * d.window.stride[axis] + 1
}

/// Each cotangent is spread by the stride and convolved with the kernel read the other way round, inputs and outputs
/// exchanged.
private func dataGradient(_ d: ConvolutionDimensions, _ x: Node, _ w: Node, _ g: Node) -> Node {
  let axes = 0..<d.spatialRank
  var c = d
  c.inputBatch = d.outputBatch
  c.inputFeature = d.outputFeature
  c.inputSpatial = d.outputSpatial
  c.outputBatch = d.inputBatch
  c.outputFeature = d.inputFeature
  c.outputSpatial = d.inputSpatial
  c.kernelInput = d.kernelOutput
  c.kernelOutput = d.kernelInput
  c.reversed = d.reversed.map(!)
  c.window.stride = d.window.baseDilation
  c.window.baseDilation = d.window.stride
  c.window.padLow = axes.map { d.window.extent(axis: $0) - 1 - d.window.padLow[$0] }
  c.window.padHigh = axes.map {
    spreadSize(d, x, $0) + d.window.extent(axis: $0) - 1 - strideReach(d, g, $0) - c.window.padLow[$0]
  }
  if d.featureGroups > 1 {
    return .build(.convolution(c), g, regrouped(w, from: d.kernelOutput, to: d.kernelInput, groups: d.featureGroups))
  }
  guard d.batchGroups > 1 else { return .build(.convolution(c), g, w) }
  // Each group of output features came from its own part of the batch: compute the parts as feature groups, then put
  // them back along the batch.
  c.featureGroups = d.batchGroups
  c.batchGroups = 1
  let kernel = regrouped(w, from: d.kernelOutput, to: d.kernelInput, groups: d.batchGroups)
  let parts = Node.build(.convolution(c), g, kernel)
  return regrouped(parts, from: d.inputFeature, to: d.inputBatch, groups: d.batchGroups)
}

/// The input and the cotangents convolved with each other: batch and features exchange their roles.
private func kernelGradient(_ d: ConvolutionDimensions, _ x: Node, _ w: Node, _ g: Node) -> Node {
  let axes = 0..<d.spatialRank
  var c = d
  c.inputBatch = d.inputFeature
  c.inputFeature = d.inputBatch
  c.kernelInput = d.outputBatch
  c.kernelOutput = d.outputFeature
  c.kernelSpatial = d.outputSpatial
  c.outputBatch = d.kernelInput
  c.outputFeature = d.kernelOutput
  c.outputSpatial = d.kernelSpatial
  c.featureGroups = d.batchGroups
  c.batchGroups = d.featureGroups
  c.reversed = axes.map { _ in false }
  c.window.size = axes.map { g.shape[d.outputSpatial[$0]] }
  c.window.stride = d.window.dilation
  c.window.dilation = d.window.stride
  c.window.padHigh = axes.map {
    (d.window.size[$0] - 1) * d.window.dilation[$0] + strideReach(d, g, $0) - spreadSize(d, x, $0) - d.window.padLow[$0]
  }
  let gradient = Node.build(.convolution(c), x, g)
  let reversed = axes.filter { d.reversed[$0] }.map { d.kernelSpatial[$0] }
  return reversed.isEmpty ? gradient : .build(.reverse(axes: reversed), gradient)
}

/// Moves the group index, the outer part of axis `source`, to become the outer part of axis `target`.
private func regrouped(_ x: Node, from source: Int, to target: Int, groups: Int) -> Node {
  var split: [Int] = []
  var sourcePlace = 0
  var targetPlace = 0
  for (axis, size) in x.shape.enumerated() {
    if axis == target { targetPlace = split.count }
    if axis == source {
      sourcePlace = split.count
      split += [groups, size / groups]
    } else {
      split.append(size)
    }
  }
  var order = Array(split.indices)
  order.remove(at: sourcePlace)
  order.insert(sourcePlace, at: targetPlace > sourcePlace ? targetPlace - 1 : targetPlace)
  var merged = Array(x.shape)
  merged[source] /= groups
  merged[target] *= groups
  return x.reshape(Shape(split)).transpose(order).reshape(Shape(merged))
}
