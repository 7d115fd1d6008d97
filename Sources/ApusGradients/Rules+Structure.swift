import ApusCore

/// Part of one axis.
func take(_ x: Node, axis: Int, _ range: Range<Int>) -> Node {
  var bounds = SliceBounds(
    start: x.shape.map { _ in 0 }, limit: Array(x.shape), stride: x.shape.map { _ in 1 })
  bounds.start[axis] = range.lowerBound
  bounds.limit[axis] = range.upperBound
  return .build(.slice(bounds), x)
}

/// The gradient of a slice: zeros where nothing was taken.
func spreadSlice(_ g: Node, _ bounds: SliceBounds, over shape: Shape) -> Node {
  let interior = bounds.stride.map { $0 - 1 }
  let high = shape.indices.map { axis in
    let size = g.shape[axis]
    let reach = size == 0 ? bounds.start[axis] : bounds.start[axis] + (size - 1) * bounds.stride[axis] + 1
    return shape[axis] - reach
  }
  return .build(.pad(PadBounds(low: bounds.start, high: high, interior: interior)), g, .constant(0, g.dtype))
}

func padGradients(_ g: Node, _ bounds: PadBounds, operand: Node, _ isActive: [Bool]) -> [Node?] {
  // The operand's own elements: crop what was added (and pad what was cropped), then step over the interior.
  let uncropped = Node.build(
    .pad(
      PadBounds(low: bounds.low.map(-), high: bounds.high.map(-), interior: bounds.interior.map { _ in 0 })),
    g, .constant(0, g.dtype))
  let kept: Node = .build(
    .slice(
      SliceBounds(
        start: bounds.low.map { _ in 0 }, limit: Array(uncropped.shape), stride: bounds.interior.map { $0 + 1 })),
    uncropped)
  guard isActive[1] else { return [kept, nil] }
  // The filling value was written everywhere else. Its gradient is summed over a mask, not as a difference of sums,
  // which would cancel.
  let mask = Node.build(
    .pad(bounds), Node.filled(0, operand.type), .constant(1, g.dtype))
  return [kept, (g * mask).sum(axes: Array(g.shape.indices))]
}

func dotGradients(_ d: DotDimensions, _ a: Node, _ b: Node, _ g: Node, _ isActive: [Bool]) -> [Node?] {
  let (leftFree, rightFree) = (d.leftFree(rank: a.shape.rank), d.rightFree(rank: b.shape.rank))
  let batch = d.leftBatch.count
  let gBatch = Array(0..<batch)
  let gLeft = Array(batch..<(batch + leftFree.count))
  let gRight = Array((batch + leftFree.count)..<g.shape.rank)

  /// Puts a product whose axes come as batch, free, contracted back into the operand's order.
  func restored(_ product: Node, _ order: [Int]) -> Node {
    var inverse = order
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return product.transpose(inverse)
  }

  // The contracted axes of a product appear in the order of the other operand's remaining axes.
  let left: Node? =
    !isActive[0]
    ? nil
    : {
      let product = Node.build(
        .dotGeneral(
          DotDimensions(
            leftBatch: gBatch, rightBatch: d.rightBatch, leftContracting: gRight, rightContracting: rightFree)), g, b)
      let contracted = d.rightContracting.sorted().map { d.leftContracting[d.rightContracting.firstIndex(of: $0)!] }
      return restored(product, d.leftBatch + leftFree + contracted)
    }()
  let right: Node? =
    !isActive[1]
    ? nil
    : {
      let product = Node.build(
        .dotGeneral(
          DotDimensions(
            leftBatch: d.leftBatch, rightBatch: gBatch, leftContracting: leftFree, rightContracting: gLeft)), a, g)
      let contracted = d.leftContracting.sorted().map { d.rightContracting[d.leftContracting.firstIndex(of: $0)!] }
      return restored(product, d.rightBatch + contracted + rightFree)
    }()
  return [left, right]
}
