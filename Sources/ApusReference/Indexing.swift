import ApusCore

func bitcast(_ source: DenseArray, _ type: TensorType) -> DenseArray {
  DenseArray(reading: source.makeBuffer(), type: type)
}

/// The start of a window moved so that it lies inside.
private func clampedStart(_ start: [Int], _ sizes: [Int], _ shape: Shape) -> [Int] {
  start.indices.map { max(0, min(start[$0], shape[$0] - sizes[$0])) }
}

func dynamicSliced(_ source: DenseArray, _ start: DenseArray, _ sizes: [Int], _ type: TensorType) -> DenseArray {
  let origin = clampedStart(start.elements.map { Int($0) }, sizes, source.shape)
  return DenseArray(type) { index in source[zip(origin, index).map(+)] }
}

func dynamicUpdated(_ source: DenseArray, _ update: DenseArray, _ start: DenseArray) -> DenseArray {
  var result = source
  let origin = clampedStart(start.elements.map { Int($0) }, Array(update.shape), source.shape)
  update.shape.forEachIndex { index in result[zip(origin, index).map(+)] = update[index] }
  return result
}

/// Where the window of a result's (or update's) element starts, and the element's place in the window.
private func windowPlace(
  _ index: [Int], _ indices: DenseArray, _ d: IndexDimensions, operandRank: Int
) -> (start: [Int], offset: [Int]) {
  let batch = d.resultBatchAxes(rank: index.count).map { index[$0] }
  let batchAxes = d.batchAxes(indexRank: indices.shape.rank)
  var start = [Int](repeating: 0, count: operandRank)
  for (component, axis) in d.indexMap.enumerated() {
    var place = [Int](repeating: 0, count: indices.shape.rank)
    for (batchAxis, position) in zip(batchAxes, batch) { place[batchAxis] = position }
    if d.vectorAxis < indices.shape.rank { place[d.vectorAxis] = component }
    start[axis] = Int(indices[place])
  }
  for (axis, indexAxis) in zip(d.operandBatchAxes, d.indexBatchAxes) {
    start[axis] = batch[batchAxes.firstIndex(of: indexAxis)!]
  }
  var offset = [Int](repeating: 0, count: operandRank)
  for (axis, place) in zip(d.keptAxes(operandRank: operandRank), d.windowAxes) { offset[axis] = index[place] }
  return (start, offset)
}

func gathered(
  _ source: DenseArray, _ indices: DenseArray, _ d: IndexDimensions, _ sizes: [Int], _ type: TensorType
) -> DenseArray {
  DenseArray(type) { index in
    let (start, offset) = windowPlace(index, indices, d, operandRank: source.shape.rank)
    return source[zip(clampedStart(start, sizes, source.shape), offset).map(+)]
  }
}

func scattered(
  _ source: DenseArray, _ indices: DenseArray, _ updates: DenseArray, _ kind: ScatterKind, _ d: IndexDimensions,
  clamps: Bool
) -> DenseArray {
  var result = source
  let sizes = d.windowSizes(updates: updates.shape, operandRank: source.shape.rank)
  updates.shape.forEachIndex { index in
    let (start, offset) = windowPlace(index, indices, d, operandRank: source.shape.rank)
    let origin = clampedStart(start, sizes, source.shape)
    guard clamps || origin == start else { return }
    let place = zip(origin, offset).map(+)
    result[place] = kind.combine(result[place], updates[index], source.dtype)
  }
  // Sums run in double precision and are rounded once at the end.
  return result.map { $0 }
}

extension ScatterKind {
  fileprivate func combine(_ a: Double, _ b: Double, _ dtype: DType) -> Double {
    switch self {
    case .set: b
    case .add: Reduction.sum.combine(a, b, dtype)
    case .multiply: Reduction.product.combine(a, b, dtype)
    case .min: Reduction.min.combine(a, b, dtype)
    case .max: Reduction.max.combine(a, b, dtype)
    }
  }
}

func accumulated(_ source: DenseArray, _ kind: Cumulative, _ axis: Int, _ isReversed: Bool) -> DenseArray {
  var result = source
  guard source.shape.elementCount > 0 else { return result }
  var lines = source.shape
  lines[axis] = 1
  let order = isReversed ? Array((0..<source.shape[axis]).reversed()) : Array(0..<source.shape[axis])
  lines.forEachIndex { line in
    var place = line
    var value = kind.reduction.neutral(source.dtype).doubleValue
    for position in order {
      place[axis] = position
      value = kind.reduction.combine(value, source[place], source.dtype)
      result[place] = rounded(value, source.dtype)
    }
  }
  return result
}

func argSorted(_ source: DenseArray, _ axis: Int, _ isDescending: Bool, _ type: TensorType) -> DenseArray {
  var result = DenseArray(type) { _ in 0 }
  guard type.shape.elementCount > 0 else { return result }
  var lines = source.shape
  lines[axis] = 1
  lines.forEachIndex { line in
    func value(_ position: Int) -> Double {
      var place = line
      place[axis] = position
      return source[place]
    }
    func precedes(_ a: Int, _ b: Int) -> Bool {
      let (x, y) = isDescending ? (value(b), value(a)) : (value(a), value(b))
      if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
      return x == y ? a < b : x < y
    }
    let order = (0..<source.shape[axis]).sorted(by: precedes)
    for position in 0..<type.shape[axis] {
      var place = line
      place[axis] = position
      result[place] = Double(order[position])
    }
  }
  return result
}
