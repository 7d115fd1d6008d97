import ApusCore

func windowGradient(_ reduction: Reduction, _ window: Window, x: Node, _ g: Node) -> Node? {
  switch reduction {
  case .max, .min:
    precondition(window.baseDilation.allSatisfy { $0 == 1 }, "max pooling over a dilated base has no gradient rule")
    return .build(.selectAndScatter(reduction == .max ? .max : .min, window), x, g)
  case .sum: return sumWindowGradient(window, x: x, g)
  case .product: return productWindowGradient(window, x: x, g)
  case .and, .or: return nil
  }
}

/// Each cotangent goes to all of its window: a sum over windows of the cotangents spread by the stride.
private func sumWindowGradient(_ window: Window, x: Node, _ g: Node) -> Node {
  guard g.shape.elementCount > 0, x.shape.elementCount > 0 else { return .filled(0, x.type) }
  let axes = 0..<window.rank
  var back = window
  back.stride = window.baseDilation
  back.baseDilation = window.stride
  back.padLow = axes.map { window.extent(axis: $0) - 1 - window.padLow[$0] }
  back.padHigh = axes.map { axis in
    let spread = (x.shape[axis] - 1) * window.baseDilation[axis] + 1
    let reach = (g.shape[axis] - 1) * window.stride[axis] + 1
    return spread + window.extent(axis: axis) - 1 - reach - back.padLow[axis]
  }
  return .build(.reduceWindow(.sum, back), g)
}

/// For each offset in the window, the operand seen there by every window: the operand padded and sliced.
private func windowViews(_ window: Window, _ x: Node, fill: Double) -> [(offset: [Int], view: Node)] {
  let pad = PadBounds(low: window.padLow, high: window.padHigh, interior: window.baseDilation.map { $0 - 1 })
  let padded = Node.build(.pad(pad), x, .constant(fill, x.dtype))
  let counts = (0..<window.rank).map { window.count(x.shape[$0], axis: $0) }
  return offsets(window.size).map { offset in
    let start = (0..<window.rank).map { offset[$0] * window.dilation[$0] }
    let limit = (0..<window.rank).map { start[$0] + max(0, counts[$0] - 1) * window.stride[$0] + min(1, counts[$0]) }
    return (offset, .build(.slice(SliceBounds(start: start, limit: limit, stride: window.stride)), padded))
  }
}

/// Every index of an array of the given sizes, in row-major order.
private func offsets(_ sizes: [Int]) -> [[Int]] {
  sizes.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
}

/// The value at the first extreme of each window: what `selectAndScatter` reads when it is differentiated.
func selectFromWindows(_ kind: ArgReduction, _ window: Window, x: Node, values: Node) -> Node {
  let lowest = kind == .max ? -Double.infinity : Double.infinity
  let seen = windowViews(window, x, fill: lowest)
  let candidates = windowViews(window, values, fill: 0)
  let better: Comparison = kind == .max ? .greater : .less
  var best = seen[0].view
  var chosen = candidates[0].view
  for (view, candidate) in zip(seen.dropFirst(), candidates.dropFirst()) {
    let wins = view.view.compare(better, best)
    best = wins.select(view.view, best)
    chosen = wins.select(candidate.view, chosen)
  }
  return chosen
}

/// Prefix times suffix products over the offsets of the window, so that a zero in it is no trouble.
private func productWindowGradient(_ window: Window, x: Node, _ g: Node) -> Node {
  let views = windowViews(window, x, fill: 1).map(\.view)
  var suffixes = [Node.filled(1, g.type)]
  for view in views.reversed().dropLast() { suffixes.append(suffixes.last! * view) }
  var prefix = Node.filled(1, g.type)
  var total: Node?
  let pad = PadBounds(low: window.padLow, high: window.padHigh, interior: window.baseDilation.map { $0 - 1 })
  let padded = Shape(x.shape.indices.map { window.paddedSize(x.shape[$0], axis: $0) })
  for (position, offset) in offsets(window.size).enumerated() {
    let start = (0..<window.rank).map { offset[$0] * window.dilation[$0] }
    let bounds = SliceBounds(start: start, limit: Array(padded), stride: window.stride)
    let share = spreadSlice(g * prefix * suffixes[views.count - 1 - position], bounds, over: padded)
    total = total.map { $0 + share } ?? share
    prefix = prefix * views[position]
  }
  return padGradients(total!, pad, operand: x, [true, false])[0]!
}
