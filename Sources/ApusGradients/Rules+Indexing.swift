import ApusCore

extension Node {
  /// Counts along an axis of a shape.
  static func iota(_ shape: Shape, axis: Int, _ dtype: DType = .int32) -> Node {
    build(.iota(TensorType(shape, dtype), axis: axis))
  }

  /// The elements at given places along an axis; indices and result have the operand's rank.
  func takeAlong(_ axis: Int, _ indices: Node) -> Node {
    .build(.gather(.along(axis, rank: shape.rank), sizes: shape.map { _ in 1 }), self, indices)
  }
}

func dynamicUpdateGradients(_ operands: [Node], _ g: Node, _ isActive: [Bool]) -> [Node?] {
  let (update, start) = (operands[1], operands[2])
  return [
    isActive[0] ? .build(.dynamicUpdateSlice, g, .filled(0, update.type), start) : nil,
    isActive[1] ? .build(.dynamicSlice(sizes: Array(update.shape)), g, start) : nil,
    nil,
  ]
}

/// What the updates' places of an array hold; 0 where an update was left out.
private func gatherAtUpdates(
  _ x: Node, _ d: IndexDimensions, _ clamps: Bool, indices: Node, updates: TensorType
) -> Node {
  let sizes = d.windowSizes(updates: updates.shape, operandRank: x.shape.rank)
  if updates.shape.elementCount == 0 || x.shape.elementCount == 0 {
    return .filled(0, TensorType(updates.shape, x.dtype))
  }
  let values = Node.build(.gather(d, sizes: sizes), x, indices)
  if clamps { return values }
  return isInside(d, indices, sizes: sizes, operand: x.shape, updates: updates.shape)
    .select(values, .filled(0, values.type))
}

/// For each element of the updates, whether its window lies inside the operand.
private func isInside(_ d: IndexDimensions, _ indices: Node, sizes: [Int], operand: Shape, updates: Shape) -> Node {
  let isVector = d.vectorAxis < indices.shape.rank
  var isGood: Node?
  for (component, axis) in d.indexMap.enumerated() {
    let position =
      isVector
      ? take(indices, axis: d.vectorAxis, component..<(component + 1))
        .reshape(indices.shape.removing([d.vectorAxis])) : indices
    let fits = position.compare(.greaterEqual, 0)
      .binary(.and, position.compare(.lessEqual, Double(operand[axis] - sizes[axis])))
    isGood = isGood.map { $0.binary(.and, fits) } ?? fits
  }
  guard let isGood else { return .filled(1, TensorType(updates, .bool)) }
  return isGood.broadcast(to: updates, axes: d.resultBatchAxes(rank: updates.rank))
}

func scatterGradients(
  _ kind: ScatterKind, _ d: IndexDimensions, _ clamps: Bool, _ operands: [Node], y: Node, _ g: Node,
  _ isActive: [Bool]
) -> [Node?] {
  let (x, indices, updates) = (operands[0], operands[1], operands[2])
  func scattered(_ kind: ScatterKind, _ base: Node, _ values: Node) -> Node {
    .build(.scatter(kind, d, clamps: clamps), base, indices, values)
  }
  func atUpdates(_ node: Node) -> Node { gatherAtUpdates(node, d, clamps, indices: indices, updates: updates.type) }
  switch kind {
  case .add: return [g, nil, isActive[2] ? atUpdates(g) : nil]
  case .set:
    // Of several updates of one element the last one has the gradient: they are numbered to find it.
    let numbers = Node.iota([updates.shape.elementCount], axis: 0).reshape(updates.shape)
    let untouched = scattered(.set, .filled(-1, TensorType(x.shape, .int32)), numbers)
    let isWinner = atUpdates(untouched).compare(.equal, numbers)
    let update = isActive[2] ? isWinner.select(atUpdates(g), .filled(0, updates.type)) : nil
    return [untouched.compare(.equal, -1).select(g, .filled(0, x.type)), nil, update]
  case .min, .max:
    // Ties share the gradient evenly.
    let isKept = x.compare(.equal, y).convert(g.dtype)
    let isTaken = updates.compare(.equal, atUpdates(y)).convert(g.dtype)
    let share = g / scattered(.add, isKept, isTaken)
    return [isKept * share, nil, isActive[2] ? isTaken * atUpdates(share) : nil]
  case .multiply:
    // Each factor's gradient is the product of the others: zeros are counted apart, so that nothing is divided by one.
    let (xZero, updateZero) = (x.compare(.equal, 0), updates.compare(.equal, 0))
    let (ones, updateOnes) = (Node.filled(1, x.type), Node.filled(1, updates.type))
    let zeros = scattered(.add, xZero.convert(g.dtype), updateZero.convert(g.dtype))
    let product = scattered(.multiply, xZero.select(ones, x), updateZero.select(updateOnes, updates))
    let none = zeros.compare(.equal, 0).select(product * g, .filled(0, g.type))
    let single = zeros.compare(.equal, 1).select(product * g, .filled(0, g.type))
    return [
      xZero.select(single, none / xZero.select(ones, x)), nil,
      isActive[2]
        ? updateZero.select(atUpdates(single), atUpdates(none) / updateZero.select(updateOnes, updates)) : nil,
    ]
  }
}

func cumulativeGradient(
  _ kind: Cumulative, _ axis: Int, _ isReversed: Bool, x: Node, y: Node, _ g: Node
) -> Node {
  switch kind {
  case .sum: return .build(.cumulative(.sum, axis: axis, isReversed: !isReversed), g)
  case .max, .min:
    guard x.shape.elementCount > 0 else { return .filled(0, x.type) }
    // The winner of each place is the latest element so far that equals it.
    let places = Node.iota(x.shape, axis: axis)
    let none = Node.filled(isReversed ? Double(x.shape[axis]) : -1, places.type)
    let records = x.compare(.equal, y).select(places, none)
    let winners = Node.build(.cumulative(isReversed ? .min : .max, axis: axis, isReversed: isReversed), records)
    return .build(
      .scatter(.add, .along(axis, rank: x.shape.rank), clamps: false), .filled(0, x.type), winners, g)
  case .product: return cumulativeProductGradient(axis, isReversed, x: x, y: y, g)
  }
}

/// dxᵢ = Pᵢ₋₁ · Sᵢ with Sᵢ = gᵢ + xᵢ₊₁ Sᵢ₊₁, a linear recurrence that is solved by doubling: no division, so that zeros
/// are no trouble.
private func cumulativeProductGradient(_ axis: Int, _ isReversed: Bool, x: Node, y: Node, _ g: Node) -> Node {
  let length = x.shape[axis]
  guard x.shape.elementCount > 0 else { return .filled(0, x.type) }
  /// The element `distance` further along the way, and `fill` past the end.
  func ahead(_ node: Node, _ distance: Int, _ fill: Double) -> Node {
    let part = isReversed ? take(node, axis: axis, 0..<(length - distance)) : take(node, axis: axis, distance..<length)
    var bounds = PadBounds(low: x.shape.map { _ in 0 }, high: x.shape.map { _ in 0 }, interior: x.shape.map { _ in 0 })
    if isReversed { bounds.low[axis] = distance } else { bounds.high[axis] = distance }
    return .build(.pad(bounds), part, .constant(fill, node.dtype))
  }
  func behind(_ node: Node, _ fill: Double) -> Node {
    let part = isReversed ? take(node, axis: axis, 1..<length) : take(node, axis: axis, 0..<(length - 1))
    var bounds = PadBounds(low: x.shape.map { _ in 0 }, high: x.shape.map { _ in 0 }, interior: x.shape.map { _ in 0 })
    if isReversed { bounds.high[axis] = 1 } else { bounds.low[axis] = 1 }
    return .build(.pad(bounds), part, .constant(fill, node.dtype))
  }
  var factor = ahead(x, 1, 0)
  var sum = g
  var distance = 1
  while distance < length {
    sum = sum + factor * ahead(sum, distance, 0)
    factor = factor * ahead(factor, distance, 0)
    distance *= 2
  }
  return behind(y, 1) * sum
}
