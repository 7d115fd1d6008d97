import ApusCore

extension RandomGraph {
  /// Integers as indices, some of them outside.
  private mutating func growIndices(_ shape: Shape, below size: Int) -> Int? {
    guard let numbers = add(.iota(TensorType([shape.elementCount], .int32), axis: 0), []),
      let factor = add(.constant(Scalar(noise.pick([1, 3, 5, 7]), .int32)), []),
      let factors = add(.broadcastInDim([shape.elementCount], axes: []), [factor]),
      let modulus = add(.constant(Scalar(max(1, size) + (noise.chance(0.2) ? 1 : 0), .int32)), []),
      let moduli = add(.broadcastInDim([shape.elementCount], axes: []), [modulus]),
      let products = add(.binary(.multiply), [numbers, factors]),
      let places = add(.binary(.remainder), [products, moduli])
    else { return nil }
    return add(.reshape(shape), [places])
  }

  mutating func growIndexing() {
    guard let x = anyPosition(where: { $0.shape.rank > 0 && $0.shape.elementCount > 0 }) else { return }
    let shape = type(x).shape
    let axis = noise.integer(0...shape.rank - 1)
    switch noise.integer(0...2) {
    case 0:
      // Whole slices along an axis.
      guard let indices = growIndices([noise.pick([1, 2, 5])], below: shape[axis]) else { return }
      var sizes = Array(shape)
      sizes[axis] = 1
      let window = shape.indices.filter { $0 != axis }
      let dimensions = IndexDimensions(windowAxes: window, collapsedAxes: [axis], indexMap: [axis], vectorAxis: 1)
      add(.gather(dimensions, sizes: sizes), [x, indices])
    case 1:
      var wanted = shape
      wanted[axis] = noise.pick([1, 2, 4])
      guard let indices = growIndices(wanted, below: shape[axis]) else { return }
      add(.gather(.along(axis, rank: shape.rank), sizes: shape.map { _ in 1 }), [x, indices])
    default:
      guard let start = growIndices([shape.rank], below: shape[axis]) else { return }
      add(.dynamicSlice(sizes: shape.map { noise.integer(1...$0) }), [x, start])
    }
  }

  mutating func growUpdate() {
    guard let x = anyPosition(where: { $0.shape.rank > 0 && $0.shape.elementCount > 0 }) else { return }
    let (shape, dtype) = (type(x).shape, type(x).dtype)
    let axis = noise.integer(0...shape.rank - 1)
    let partners = { (candidate: TensorType) in
      candidate.dtype == dtype && candidate.shape.rank == shape.rank
        && zip(candidate.shape, shape).enumerated().allSatisfy { $0 == axis ? $1.0 <= 9 : $1.0 <= $1.1 }
    }
    guard let update = anyPosition(where: partners) else { return }
    let updates = type(update).shape
    if noise.chance(0.3), zip(updates, shape).allSatisfy({ $0 <= $1 }) {
      guard let start = growIndices([shape.rank], below: shape[axis]) else { return }
      add(.dynamicUpdateSlice, [x, update, start])
      return
    }
    guard let indices = growIndices([updates[axis]], below: shape[axis]) else { return }
    let dimensions = IndexDimensions(
      windowAxes: shape.indices.filter { $0 != axis }, collapsedAxes: [axis], indexMap: [axis], vectorAxis: 1)
    let kind = noise.pick(ScatterKind.allCases)
    add(.scatter(kind, dimensions, clamps: noise.chance(0.5)), [x, indices, update])
  }

  /// What goes along an axis.
  mutating func growAlong() {
    guard let x = anyPosition(where: { $0.shape.rank > 0 }) else { return }
    let shape = type(x).shape
    let axis = noise.integer(0...shape.rank - 1)
    if noise.chance(0.6) {
      add(.cumulative(noise.pick(Cumulative.allCases), axis: axis, isReversed: noise.chance(0.5)), [x])
    } else {
      add(.argSort(axis: axis, isDescending: noise.chance(0.5), count: noise.integer(0...shape[axis])), [x])
    }
  }
}
