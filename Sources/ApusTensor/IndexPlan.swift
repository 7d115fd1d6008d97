import ApusCore

/// A subscript's parts, laid out over the axes of an operand.
struct IndexPlan {
  enum Part {
    /// `count` positions from `start` by `stride`, which is not 0.
    case range(start: Int, count: Int, stride: Int)
    case position(Int)
    case indices(Tensor)
    case newAxis
  }

  private let shape: Shape
  private let parts: [Part]

  /// Checks the parts against the operand's shape. Masks become the indices of their true elements.
  init(_ shape: Shape, _ indices: [TensorIndex]) throws(OpError) {
    var indices = indices
    let used = indices.reduce(0) { $0 + $1.axisCount }
    guard used <= shape.rank else {
      throw OpError("subscript: \(used) indices for \(shape), which has \(shape.rank) axes")
    }
    let rest = [TensorIndex](repeating: .all, count: shape.rank - used)
    if let place = indices.firstIndex(where: { if case .ellipsis = $0 { true } else { false } }) {
      indices.replaceSubrange(place...place, with: rest)
    } else {
      indices += rest
    }
    self.shape = shape
    var parts: [Part] = []
    var axis = 0
    for index in indices {
      parts += try IndexPlan.parts(index, axis, shape)
      axis += index.axisCount
    }
    self.parts = parts
  }

  private static func parts(_ index: TensorIndex, _ axis: Int, _ shape: Shape) throws(OpError) -> [Part] {
    switch index {
    case .newAxis: return [.newAxis]
    case .ellipsis: throw OpError("subscript: more than one ellipsis")
    case .at(let position):
      let size = shape[axis]
      guard -size <= position, position < size else {
        let valid = size == 0 ? "which has no elements" : "expected \(-size) to \(size - 1)"
        throw OpError("subscript: position \(position) on axis \(axis) of \(shape), \(valid)")
      }
      return [.position(position < 0 ? position + size : position)]
    case .range(let start, let end, let stride): return [try range(start, end, stride, axis, shape)]
    case .indices(let tensor):
      if tensor.dtype == .bool { return try masked(tensor, axis, shape) }
      guard tensor.dtype.isInteger else {
        throw OpError("subscript: indices are integers or bool, not \(tensor.dtype)")
      }
      return [.indices(tensor)]
    }
  }

  private static func range(
    _ start: Int, _ end: Int?, _ stride: Int, _ axis: Int, _ shape: Shape
  ) throws(OpError) -> Part {
    let size = shape[axis]
    let first = start < 0 ? start + size : start
    let isForward = stride > 0
    let last = end.map { $0 < 0 ? $0 + size : $0 } ?? (isForward ? size : -1)
    let fits = isForward ? 0 <= first && first <= last && last <= size : -1 <= last && last <= first && first < size
    guard stride != 0, fits || (size == 0 && end == nil) else {
      let hint =
        stride == 0
        ? "the stride is 0" : isForward ? "expected bounds from 0 to \(size), in order" : "expected bounds in order"
      throw OpError(
        "subscript: \(start)..<\(end.map(String.init) ?? "") by \(stride) on axis \(axis) of \(shape), \(hint)")
    }
    let distance = isForward ? last - first : first - last
    let count = distance > 0 ? (distance - 1) / Int(clamping: stride.magnitude) + 1 : 0
    // A single position has no stride that matters, however large it was.
    return .range(start: first, count: count, stride: count > 1 ? stride : isForward ? 1 : -1)
  }

  private static func masked(_ mask: Tensor, _ axis: Int, _ shape: Shape) throws(OpError) -> [Part] {
    guard mask.rank > 0, mask.shape == Shape(shape[axis..<(axis + mask.rank)]) else {
      throw OpError("subscript: a mask \(mask.shape) at axis \(axis) of \(shape): the sizes must be equal")
    }
    try mask.requireValue("subscript", "Use `select(mask, x, other)`, whose shape is known")
    return mask.truePlaces().map { .indices(Tensor($0)) }
  }

  // MARK: Layout

  private var hasIndices: Bool { parts.contains { if case .indices = $0 { true } else { false } } }

  /// The parts that stand for an axis of the operand, in the axes' order.
  private var axisParts: [Part] { parts.filter { if case .newAxis = $0 { false } else { true } } }

  /// The ranges of all axes; with `narrow`, positions are ranges of one.
  private func ranges(narrow: Bool) -> [(start: Int, count: Int, stride: Int)] {
    axisParts.enumerated().map { axis, part in
      switch part {
      case .range(let start, let count, let stride): (start, count, stride)
      case .position(let position) where narrow: (position, 1, 1)
      default: (0, shape[axis], 1)
      }
    }
  }

  /// The part's shape where no tensors are among the indices.
  private var basicShape: Shape {
    Shape(
      parts.compactMap { part in
        switch part {
        case .newAxis: 1
        case .range(_, let count, _): count
        default: nil
        }
      })
  }

  /// How tensors of indices pick from an operand whose ranges are cut already.
  private struct Picks {
    var indices: Tensor
    var dimensions: IndexDimensions
    var sizes: [Int]
    /// The shape of what is picked, and the same with the subscript's new axes.
    var gathered: Shape
    var result: Shape
  }

  private func picks() throws(OpError) -> Picks {
    let kept = ranges(narrow: false).map(\.count)
    var (axes, tensors): ([Int], [Tensor]) = ([], [])
    for (axis, part) in axisParts.enumerated() {
      switch part {
      case .indices(let tensor): tensors.append(tensor.wrapped(size: shape[axis]))
      case .position(let position): tensors.append(Tensor(position, dtype: .int32))
      default: continue
      }
      axes.append(axis)
    }
    var batch: Shape = []
    for tensor in tensors {
      guard let next = broadcastShape(batch, tensor.shape) else {
        throw OpError("subscript: indices of shapes \(tensors.map(\.shape)) do not broadcast")
      }
      batch = next
    }
    let wide = tensors.map { $0.broadcast(to: batch) }
    let places = parts.indices.filter {
      switch parts[$0] {
      case .indices, .position: true
      default: false
      }
    }
    let isTogether = places[places.count - 1] - places[0] + 1 == places.count
    let front = isTogether ? axes[0] : 0
    let windows = kept.indices.filter { !axes.contains($0) }
    let windowAxes = windows.indices.map { $0 < front ? $0 : $0 + batch.rank }
    var gathered = windows.map { kept[$0] }
    gathered.insert(contentsOf: batch, at: front)
    var result = isTogether ? [] : Array(batch)
    for (place, part) in parts.enumerated() {
      switch part {
      case .newAxis: result.append(1)
      case .range(_, let count, _): result.append(count)
      default: if isTogether, place == places[0] { result += batch }
      }
    }
    return Picks(
      indices: wide.count == 1 ? wide[0] : stack(wide, axis: batch.rank),
      dimensions: IndexDimensions(
        windowAxes: windowAxes, collapsedAxes: axes, indexMap: axes, vectorAxis: batch.rank),
      sizes: kept.indices.map { axes.contains($0) ? 1 : kept[$0] }, gathered: Shape(gathered), result: Shape(result))
  }

  // MARK: Reading and writing

  func read(_ x: Tensor) throws(OpError) -> Tensor {
    let region = IndexPlan.cut(x, ranges(narrow: !hasIndices))
    if !hasIndices { return region.reshaped(to: basicShape) }
    let picks = try picks()
    return Tensor.apply(.gather(picks.dimensions, sizes: picks.sizes), region, picks.indices)
      .reshaped(to: picks.result)
  }

  func write(_ kind: ScatterKind, _ value: Tensor, into x: Tensor) throws(OpError) -> Tensor {
    let ranges = ranges(narrow: !hasIndices)
    if hasIndices {
      let picks = try picks()
      let updates = try IndexPlan.fitted(value, picks.result).reshaped(to: picks.gathered)
      let region = IndexPlan.cut(x, ranges)
      let updated = Tensor.apply(.scatter(kind, picks.dimensions, clamps: true), region, picks.indices, updates)
      return IndexPlan.paste(updated, into: x, ranges)
    }
    let regionShape = Shape(ranges.map(\.count))
    let update = try IndexPlan.fitted(value, basicShape).reshaped(to: regionShape)
    if kind == .set { return IndexPlan.paste(update, into: x, ranges) }
    let region = IndexPlan.cut(x, ranges)
    return IndexPlan.paste(.apply(.binary(kind.binary), region, update), into: x, ranges)
  }

  /// The value broadcast to the part's shape; further axes of size one in front are dropped.
  private static func fitted(_ value: Tensor, _ shape: Shape) throws(OpError) -> Tensor {
    let extra = Swift.max(0, value.rank - shape.rank)
    let inner = Shape(value.shape.dropFirst(extra))
    guard value.shape.prefix(extra).allSatisfy({ $0 == 1 }), broadcastShape(inner, shape) == shape else {
      throw OpError("subscript: assigns \(value.shape) to a part of shape \(shape), to which it does not broadcast")
    }
    return value.reshaped(to: inner).broadcast(to: shape)
  }

  private static func cut(_ x: Tensor, _ ranges: [(start: Int, count: Int, stride: Int)]) -> Tensor {
    var bounds = SliceBounds(start: [], limit: [], stride: [])
    for range in ranges {
      let (low, high) = extent(range)
      bounds.start.append(low)
      bounds.limit.append(high)
      bounds.stride.append(range.stride.magnitude.asInt)
    }
    let isWhole =
      bounds.start.allSatisfy { $0 == 0 } && bounds.limit == Array(x.shape)
      && bounds.stride.allSatisfy { $0 == 1 }
    let part = isWhole ? x : Tensor.apply(.slice(bounds), x)
    return flipped(part, ranges)
  }

  /// The tensor with `region` in place of the ranges.
  private static func paste(
    _ region: Tensor, into x: Tensor, _ ranges: [(start: Int, count: Int, stride: Int)]
  ) -> Tensor {
    if ranges.contains(where: { $0.count == 0 }) { return x }
    let region = flipped(region, ranges)
    if region.shape == x.shape { return region }
    if ranges.allSatisfy({ $0.stride.magnitude == 1 || $0.count == 1 }) {
      let start = Tensor(ranges.map { Int32(extent($0).low) })
      return .apply(.dynamicUpdateSlice, x, region, start)
    }
    var bounds = PadBounds(low: [], high: [], interior: [])
    for (range, size) in zip(ranges, x.shape) {
      let (low, high) = extent(range)
      bounds.low.append(low)
      bounds.high.append(size - high)
      bounds.interior.append(range.stride.magnitude.asInt - 1)
    }
    let spread = Tensor.apply(.pad(bounds), region, Tensor(0, dtype: x.dtype))
    let isInside = Tensor.apply(
      .pad(bounds), .full(1, region.shape, dtype: .bool), Tensor(0, dtype: .bool))
    return .apply(.select, isInside, spread, x)
  }

  /// The lowest position of a range and the one after its highest.
  private static func extent(_ range: (start: Int, count: Int, stride: Int)) -> (low: Int, high: Int) {
    if range.count == 0 { return (0, 0) }
    let last = range.start + (range.count - 1) * range.stride
    return (Swift.min(range.start, last), Swift.max(range.start, last) + 1)
  }

  private static func flipped(_ x: Tensor, _ ranges: [(start: Int, count: Int, stride: Int)]) -> Tensor {
    let axes = ranges.indices.filter { ranges[$0].stride < 0 && ranges[$0].count > 1 }
    return axes.isEmpty ? x : x.reversed(axes)
  }
}

extension TensorIndex {
  /// How many axes of the operand the part speaks of.
  fileprivate var axisCount: Int {
    switch self {
    case .newAxis, .ellipsis: 0
    case .at, .range: 1
    case .indices(let tensor): tensor.dtype == .bool ? tensor.rank : 1
    }
  }
}

extension UInt {
  fileprivate var asInt: Int { Int(self) }
}

extension ScatterKind {
  /// What one element and one update become.
  fileprivate var binary: Binary {
    switch self {
    case .set: fatalError("an element that is replaced is not combined")
    case .add: .add
    case .multiply: .multiply
    case .min: .minimum
    case .max: .maximum
    }
  }
}

extension Tensor {
  /// Integer indices as `int32`, negative ones counted from the end of an axis.
  func wrapped(size: Int) -> Tensor {
    let indices = cast(to: .int32)
    guard dtype.isSigned else { return indices }
    return .apply(.select, indices .< 0, indices + size, indices)
  }

  /// Throws where the tensor's value cannot be had because its function is being traced.
  func requireValue(_ name: String, _ hint: String) throws(OpError) {
    guard node.isSymbolic else { return }
    throw OpError(
      "\(name): the size of the result depends on the values of a \(node.type), which are not there while its function "
        + "is traced. \(hint)")
  }

  /// The indices of the elements that are true (or not 0), one list for each axis. Evaluates the tensor.
  func truePlaces() -> [[Int32]] {
    let strides = shape.denseStrides
    let offsets = truths.scalars(Bool.self).enumerated().lazy.filter(\.element).map(\.offset)
    let places = Array(offsets)
    return shape.indices.map { axis in places.map { Int32($0 / strides[axis] % shape[axis]) } }
  }
}
