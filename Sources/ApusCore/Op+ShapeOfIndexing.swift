extension Op {
  func bitcastType(_ x: TensorType, _ dtype: DType) throws(OpError) -> TensorType {
    let (old, new) = (x.dtype.byteCount, dtype.byteCount)
    if (x.dtype == .bool) != (dtype == .bool) { throw OpError("bitcast: \(x) to \(dtype): a bool is not a number") }
    if old == new { return TensorType(x.shape, dtype) }
    if old > new { return TensorType(Shape(Array(x.shape) + [old / new]), dtype) }
    guard x.shape.last == new / old else {
      throw OpError(
        "bitcast: \(x) to \(dtype), which takes \(new / old) elements each: the last axis must have that size")
    }
    return TensorType(Shape(x.shape.dropLast()), dtype)
  }

  func requireStart(_ name: String, _ x: TensorType, _ start: TensorType) throws(OpError) {
    guard start == TensorType([x.shape.rank], .int32) else {
      throw OpError("\(name): start \(start) in \(x), expected int32[\(x.shape.rank)]")
    }
  }

  /// Checks that the dimensions describe axes of these types, and gives the sizes of the batch axes. Where nothing is
  /// picked, a single position may lie on an axis that has none.
  private func batchSizes(
    _ name: String, _ x: TensorType, _ indices: TensorType, _ d: IndexDimensions, _ sizes: [Int]
  ) throws(OpError) -> [Int] {
    guard indices.dtype == .int32 else { throw OpError("\(name): indices are int32, not \(indices.dtype)") }
    let components = d.vectorAxis == indices.shape.rank ? 1 : 0
    let rank = x.shape.rank
    guard d.vectorAxis >= 0, d.vectorAxis <= indices.shape.rank,
      d.indexMap.count == (components == 1 ? 1 : indices.shape[d.vectorAxis]),
      sizes.count == rank,
      x.shape.indices.allSatisfy({
        0 <= sizes[$0] && (sizes[$0] <= x.shape[$0] || (sizes[$0] == 1 && !d.keptAxes(operandRank: rank).contains($0)))
      }),
      (d.collapsedAxes + d.operandBatchAxes + d.indexMap).allSatisfy(x.shape.indices.contains),
      Set(d.collapsedAxes + d.operandBatchAxes).count == d.collapsedAxes.count + d.operandBatchAxes.count,
      Set(d.indexMap + d.operandBatchAxes).count == d.indexMap.count + d.operandBatchAxes.count,
      (d.collapsedAxes + d.operandBatchAxes).allSatisfy({ sizes[$0] <= 1 }),
      d.operandBatchAxes.count == d.indexBatchAxes.count,
      d.indexBatchAxes.allSatisfy({ indices.shape.indices.contains($0) && $0 != d.vectorAxis }),
      d.windowAxes.count == d.keptAxes(operandRank: rank).count,
      zip(d.windowAxes, d.windowAxes.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw OpError("\(name): \(d) does not describe windows \(sizes) of \(x.shape) at \(indices.shape)") }
    for (axis, place) in zip(d.operandBatchAxes, d.indexBatchAxes) where x.shape[axis] != indices.shape[place] {
      throw OpError(
        "\(name): batch sizes \(x.shape[axis]) of \(x.shape) and \(indices.shape[place]) of \(indices.shape) differ")
    }
    return d.batchAxes(indexRank: indices.shape.rank).map { indices.shape[$0] }
  }

  func gatherType(
    _ x: TensorType, _ indices: TensorType, _ d: IndexDimensions, _ sizes: [Int]
  ) throws(OpError) -> TensorType {
    let batch = try batchSizes("gather", x, indices, d, sizes)
    let window = d.keptAxes(operandRank: x.shape.rank).map { sizes[$0] }
    let rank = batch.count + window.count
    guard d.windowAxes.allSatisfy({ 0 <= $0 && $0 < rank }) else {
      throw OpError("gather: window axes \(d.windowAxes) of a result of \(rank) axes")
    }
    var shape = [Int](repeating: 0, count: rank)
    for (axis, size) in zip(d.windowAxes, window) { shape[axis] = size }
    for (axis, size) in zip(d.resultBatchAxes(rank: rank), batch) { shape[axis] = size }
    if batch.contains(0) || window.contains(0) { return TensorType(Shape(shape), x.dtype) }
    for axis in d.indexMap + d.collapsedAxes where x.shape[axis] == 0 {
      throw OpError("gather: axis \(axis) of \(x.shape) has no elements to pick from")
    }
    return TensorType(Shape(shape), x.dtype)
  }

  func scatterType(
    _ kind: ScatterKind, _ operands: [TensorType], _ d: IndexDimensions, clamps: Bool
  ) throws(OpError) -> TensorType {
    let (x, indices, updates) = (operands[0], operands[1], operands[2])
    guard kind.accepts(x.dtype) else { throw OpError("scatter \(kind): is not defined on \(x.dtype)") }
    let rank = updates.shape.rank
    guard updates.dtype == x.dtype, d.windowAxes.allSatisfy(updates.shape.indices.contains),
      d.windowAxes.count == d.keptAxes(operandRank: x.shape.rank).count
    else { throw OpError("scatter: updates \(updates) into \(x) with \(d)") }
    let sizes = d.windowSizes(updates: updates.shape, operandRank: x.shape.rank)
    let batch = try batchSizes("scatter", x, indices, d, sizes.indices.map { x.shape[$0] == 0 ? 0 : sizes[$0] })
    guard d.resultBatchAxes(rank: rank).map({ updates.shape[$0] }) == batch else {
      throw OpError("scatter: updates \(updates.shape) at indices \(indices.shape): the batch axes differ")
    }
    // Clamped, an update would have to go somewhere.
    guard !clamps || updates.shape.elementCount == 0 || x.shape.elementCount > 0 else {
      throw OpError("scatter: updates \(updates.shape) into \(x.shape), which has no elements")
    }
    return x
  }
}
