import ApusCore

extension Tensor {
  /// The axis counted from the front; negative ones count from the back. Out of range is a mistake.
  func axis(_ axis: Int, _ name: String, extra: Int = 0) -> Int {
    let count = rank + extra
    Mistakes.require(-count <= axis && axis < count, "\(name): axis \(axis) of \(shape), which has \(rank) axes")
    return Swift.min(Swift.max(axis < 0 ? axis + count : axis, 0), Swift.max(count - 1, 0))
  }

  func axes(_ axes: [Int]?, _ name: String) -> [Int] {
    guard let axes else { return Array(shape.indices) }
    let resolved = axes.map { axis($0, name) }.sorted()
    Mistakes.require(Set(resolved).count == resolved.count, "\(name): an axis is repeated in \(axes)")
    // A scalar has none: only after a mistake.
    return rank == 0 ? [] : resolved
  }

  /// The same elements in another shape. One size may be −1: it is what the others leave.
  public func reshaped(to shape: Shape) -> Tensor {
    guard shape.allSatisfy({ $0 >= -1 }) else {
      return Mistakes.report(
        OpError("reshape: \(self.shape) to \(shape): a size is negative. One may be -1, for what the others leave"))
    }
    guard let unknown = shape.firstIndex(of: -1) else {
      return shape == self.shape ? self : .apply(.reshape(shape), self)
    }
    let known = shape.removing([unknown]).elementCount
    guard known > 0, count % known == 0, !shape[(unknown + 1)...].contains(-1) else {
      return Mistakes.report(OpError("reshape: \(self.shape) has \(count) elements, which \(shape) cannot hold"))
    }
    var filled = shape
    filled[unknown] = count / known
    return .apply(.reshape(filled), self)
  }

  /// Axes `start...` merged into one: `[batch, height, width, channels]` to `[batch, features]`.
  public func flattened(from start: Int = 0) -> Tensor {
    let start = axis(start, "flatten")
    return reshaped(to: Shape(shape[..<start] + [Shape(shape[start...]).elementCount]))
  }

  /// The axes in another order; reversed when none is given.
  public func transposed(_ permutation: [Int]? = nil) -> Tensor {
    let order = permutation?.map { axis($0, "transpose") } ?? Array(shape.indices.reversed())
    return .apply(.transpose(order), self)
  }

  /// Two axes exchanged.
  public func swapping(_ a: Int, _ b: Int) -> Tensor {
    var order = Array(shape.indices)
    order.swapAt(axis(a, "swap"), axis(b, "swap"))
    return .apply(.transpose(order), self)
  }

  /// One axis moved to another place, the others kept in order.
  public func movingAxis(_ source: Int, to target: Int) -> Tensor {
    let (from, to) = (axis(source, "movingAxis"), axis(target, "movingAxis"))
    if from == to { return self }
    var order = Array(shape.indices)
    order.insert(order.remove(at: from), at: to)
    return .apply(.transpose(order), self)
  }

  /// Repeated along axes of size one, and along new axes in front, until it has `shape`.
  public func broadcast(to shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    guard shape.rank >= rank else {
      return Mistakes.report(OpError("broadcast: \(self.shape) to \(shape), which has fewer axes"))
    }
    return .apply(.broadcastInDim(shape, axes: Array((shape.rank - rank)..<shape.rank)), self)
  }

  /// A new axis of size one before axis `position`.
  public func expandingAxis(_ position: Int) -> Tensor {
    var sizes = Array(shape)
    sizes.insert(1, at: axis(position, "expand", extra: 1))
    return reshaped(to: Shape(sizes))
  }

  /// Without the given axes of size one, or without all of them.
  public func squeezed(_ axes: [Int]? = nil) -> Tensor {
    let dropped = axes.map { self.axes($0, "squeeze") } ?? shape.indices.filter { shape[$0] == 1 }
    for axis in dropped {
      Mistakes.require(shape[axis] == 1, "squeeze: axis \(axis) of \(shape) has size \(shape[axis]), not 1")
    }
    return reshaped(to: shape.removing(dropped))
  }

  /// The given axes read backwards.
  public func reversed(_ axes: [Int]) -> Tensor { .apply(.reverse(axes: self.axes(axes, "reverse")), self) }

  /// `value` added around: `widths` holds (before, after) for each axis; negative widths crop.
  public func padded(_ widths: [(Int, Int)], value: some TensorScalar = 0) -> Tensor {
    guard widths.allSatisfy({ Swift.max($0.0.magnitude, $0.1.magnitude) < 1 << 60 }) else {
      return Mistakes.report(OpError("pad: widths \(widths) are more than can be counted"))
    }
    let bounds = PadBounds(low: widths.map(\.0), high: widths.map(\.1), interior: widths.map { _ in 0 })
    return .apply(.pad(bounds), self, Tensor(.build(.constant(value.element(dtype)))))
  }

  /// Cut into equal parts along an axis.
  public func split(_ parts: Int, axis: Int) -> [Tensor] {
    let place = self.axis(axis, "split")
    guard rank > 0 else { return Array(repeating: self, count: Swift.max(1, parts)) }
    Mistakes.require(
      parts > 0 && shape[place] % parts == 0, "split: axis \(axis) of \(shape) does not divide into \(parts) parts")
    let size = shape[place] / Swift.max(1, parts)
    return (0..<Swift.max(1, parts)).map { part in slice(axis: place, part * size..<(part + 1) * size) }
  }

  func slice(axis: Int, _ range: Range<Int>, by stride: Int = 1) -> Tensor {
    // What stands in for a result after a mistake has no axes.
    if Mistakes.hasFailed, axis >= rank { return self }
    var bounds = SliceBounds(start: shape.map { _ in 0 }, limit: Array(shape), stride: shape.map { _ in 1 })
    bounds.start[axis] = range.lowerBound
    bounds.limit[axis] = range.upperBound
    bounds.stride[axis] = stride
    return .apply(.slice(bounds), self)
  }
}

/// The tensors joined along an axis that they have.
public func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
  guard let first = tensors.first else { return Mistakes.report(OpError("concatenate: nothing to join")) }
  return .apply(.concatenate(axis: first.axis(axis, "concatenate")), Tensor.promoted(tensors))
}

/// The tensors joined along a new axis.
public func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
  guard let first = tensors.first else { return Mistakes.report(OpError("stack: nothing to join")) }
  let place = first.axis(axis, "stack", extra: 1)
  return .apply(.concatenate(axis: place), Tensor.promoted(tensors).map { $0.expandingAxis(place) })
}
