import ApusCore

/// Where a value's memory comes from.
enum StorageKind: Hashable {
  /// A place in the plan's arena.
  case arena
  case input(Int)
  /// Memory of its own, handed to the caller.
  case output
  /// The plan's constants.
  case constant(byteOffset: Int)
}

/// A stretch of memory that steps write and read.
struct Storage {
  var kind: StorageKind
  let byteCount: Int
  /// The first and the last step that touch it.
  var first = Int.max
  var last = -1
}

/// A value as it lies in memory: dense or strided, possibly part of a larger one.
struct View: Hashable {
  let storage: Int
  /// In elements.
  var offset: Int
  var shape: Shape
  /// In elements; 0 where broadcast, negative where reversed.
  var strides: [Int]
  let dtype: DType

  /// Whether the elements lie next to each other in row-major order.
  var isDense: Bool {
    var expected = 1
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      if shape.elementCount == 0 { return true }
      if strides[axis] != expected { return false }
      expected *= shape[axis]
    }
    return true
  }

  /// How many bytes there are, those that broadcasting repeats counted once.
  var distinctBytes: Int {
    zip(shape, strides).reduce(dtype.byteCount) { $0 * ($1.1 == 0 ? Swift.min($1.0, 1) : $1.0) }
  }

  var reference: Reference { Reference(storage: storage, byteOffset: offset * dtype.byteCount) }

  func broadcast(_ target: Shape, _ axes: [Int]) -> View {
    var result = self
    result.shape = target
    result.strides = target.map { _ in 0 }
    for (axis, place) in axes.enumerated() where shape[axis] != 1 { result.strides[place] = strides[axis] }
    return result
  }

  func transposed(_ permutation: [Int]) -> View {
    var result = self
    result.shape = Shape(permutation.map { shape[$0] })
    result.strides = permutation.map { strides[$0] }
    return result
  }

  func sliced(_ bounds: SliceBounds, to target: Shape) -> View {
    var result = self
    result.shape = target
    for axis in shape.indices {
      result.offset += bounds.start[axis] * strides[axis]
      result.strides[axis] = strides[axis] * bounds.stride[axis]
    }
    // Nothing is read from an empty slice; its offset may lie past the end.
    if target.elementCount == 0 { result.offset = 0 }
    return result
  }

  func reversed(_ axes: [Int]) -> View {
    guard shape.elementCount > 0 else { return self }
    var result = self
    for axis in axes {
      result.offset += (shape[axis] - 1) * strides[axis]
      result.strides[axis] = -strides[axis]
    }
    return result
  }

  /// The same elements in another shape, where strides can say it.
  func reshaped(_ target: Shape) -> View? {
    var result = self
    result.shape = target
    if shape.elementCount == 0 || isDense {
      result.strides = target.denseStrides
      return result
    }
    // Only axes of size one come or go.
    let (old, new) = (shape.indices.filter { shape[$0] != 1 }, target.indices.filter { target[$0] != 1 })
    guard old.map({ shape[$0] }) == new.map({ target[$0] }) else { return nil }
    result.strides = target.map { _ in 0 }
    for (source, place) in zip(old, new) { result.strides[place] = strides[source] }
    return result
  }

  /// Some axes as one: its size and stride, where they lie so.
  func merged(_ axes: [Int]) -> (size: Int, stride: Int)? {
    // Strides of nothing say nothing.
    if shape.elementCount == 0 { return (axes.reduce(1) { $0 * shape[$1] }, 1) }
    let real = axes.filter { shape[$0] != 1 }
    guard let last = real.last else { return (1, 0) }
    for (outer, inner) in zip(real, real.dropFirst()) where strides[outer] != strides[inner] * shape[inner] {
      return nil
    }
    return (axes.reduce(1) { $0 * shape[$1] }, strides[last])
  }
}

/// A place in memory, once the plan runs: a storage and bytes into it.
struct Reference: Hashable {
  let storage: Int
  var byteOffset = 0
}
