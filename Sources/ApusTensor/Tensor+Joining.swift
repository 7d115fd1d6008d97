import ApusCore

/// What stands around a tensor where it is padded.
public enum PaddingMode: Hashable, Sendable {
  /// Zeros: `0 0 | a b c | 0 0`.
  case zeros
  /// Mirrored at the edge, which is not repeated: `c b | a b c | b a`.
  case reflect
  /// Mirrored with the edge: `b a | a b c | c b`.
  case symmetric
  /// The edge again and again: `a a | a b c | c c`.
  case replicate
  /// From the other end: `b c | a b c | a b`.
  case circular
}

extension Tensor {
  /// The whole tensor repeated along each axis; missing counts in front are 1, missing axes too. NumPy's `tile`.
  public func tiled(_ counts: [Int]) -> Tensor {
    guard counts.allSatisfy({ $0 >= 0 }) else {
      return Mistakes.report(OpError("tiled: counts \(counts) of \(shape), expected no negative ones"))
    }
    let rank = Swift.max(self.rank, counts.count)
    let sizes = [Int](repeating: 1, count: rank - self.rank) + Array(shape)
    let times = [Int](repeating: 1, count: rank - counts.count) + counts
    let split = reshaped(to: Shape(sizes.flatMap { [1, $0] }))
    let wide = split.broadcast(to: Shape(zip(times, sizes).flatMap { [$0, $1] }))
    return wide.reshaped(to: Shape(zip(times, sizes).map { ([$0, $1] as Shape).elementCount }))
  }

  /// Each element repeated along an axis: `[a, b]` becomes `[a, a, b, b]`. NumPy's `repeat`, PyTorch's
  /// `repeat_interleave`.
  public func repeated(_ count: Int, axis: Int) -> Tensor {
    guard let axis = existingAxis(axis, "repeated") else { return Mistakes.standIn }
    guard count >= 0 else { return Mistakes.report(OpError("repeated: \(count) times")) }
    var (wide, result) = (Array(shape), Array(shape))
    wide.insert(count, at: axis + 1)
    result[axis] = ([result[axis], count] as Shape).elementCount
    return .apply(
      .broadcastInDim(Shape(wide), axes: shape.indices.map { $0 <= axis ? $0 : $0 + 1 }), self
    ).reshaped(to: Shape(result))
  }

  /// The elements moved by a distance along an axis; those that leave at one end come in at the other. NumPy's `roll`.
  public func rolled(_ distance: Int, axis: Int) -> Tensor {
    guard let axis = existingAxis(axis, "rolled") else { return Mistakes.standIn }
    let size = shape[axis]
    if size == 0 { return self }
    let excess = distance % size
    let start = excess > 0 ? size - excess : -excess
    if start == 0 { return self }
    return concatenate([slice(axis: axis, start..<size), slice(axis: axis, 0..<start)], axis: axis)
  }

  /// The axis, or all axes, read backwards. See also `reversed(_:)`.
  public func flipped(axis: Int? = nil) -> Tensor { reversed(axis.map { [$0] } ?? Array(shape.indices)) }

  /// Cut into parts of the given sizes along an axis.
  public func split(sizes: [Int], axis: Int = 0) -> [Tensor] {
    guard let axis = existingAxis(axis, "split") else { return sizes.map { _ in Mistakes.standIn } }
    guard sizes.allSatisfy({ $0 >= 0 }) else {
      let standIn = Mistakes.report(OpError("split: sizes \(sizes), expected none below 0"))
      return sizes.map { _ in standIn }
    }
    guard sizes.allSatisfy({ $0 <= shape[axis] }), sizes.reduce(0, +) == shape[axis] else {
      let standIn = Mistakes.report(
        OpError("split: sizes \(sizes) on axis \(axis) of \(shape): they do not add up to \(shape[axis])"))
      return sizes.map { _ in standIn }
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return slice(axis: axis, start..<(start + size))
    }
  }

  /// Cut along an axis into parts of `size`; the last is smaller where that does not divide the axis.
  public func chunked(_ size: Int, axis: Int = 0) -> [Tensor] {
    guard let axis = existingAxis(axis, "chunked") else { return [Mistakes.standIn] }
    guard size > 0 else { return [Mistakes.report(OpError("chunked: into parts of \(size)"))] }
    return stride(from: 0, to: shape[axis], by: size).map { start in
      slice(axis: axis, start..<Swift.min(start + size, shape[axis]))
    }
  }

  /// The slices along an axis, which they lack: the inverse of `stack`. PyTorch's `unbind`.
  public func unstacked(axis: Int = 0) -> [Tensor] {
    guard let axis = existingAxis(axis, "unstacked") else { return [Mistakes.standIn] }
    return (0..<shape[axis]).map { slice(axis: axis, $0..<($0 + 1)).reshaped(to: shape.removing([axis])) }
  }

  /// The tensor's own elements, or zeros, added around: `widths` holds (before, after) for each axis.
  public func padded(_ widths: [(Int, Int)], mode: PaddingMode) -> Tensor {
    guard widths.count == rank else {
      return Mistakes.report(OpError("padded: \(widths.count) widths for \(shape), which has \(rank) axes"))
    }
    return widths.enumerated().reduce(self) { x, entry in x.padded(axis: entry.offset, entry.element, mode) }
  }

  private func padded(axis: Int, _ width: (Int, Int), _ mode: PaddingMode) -> Tensor {
    let (before, after) = width
    // A mistake on an axis before leaves a stand-in.
    if before == 0 && after == 0 || axis >= rank { return self }
    let size = shape[axis]
    let limit =
      switch mode {
      case .reflect: size - 1
      case .symmetric, .circular: size
      case .replicate: size > 0 ? Int.max : 0
      case .zeros: Int.max
      }
    guard before >= 0, after >= 0, before <= limit, after <= limit else {
      return Mistakes.report(
        OpError("padded: \(before) and \(after) by \(mode) on axis \(axis) of \(shape), expected 0 to \(limit)"))
    }
    func part(_ range: Range<Int>) -> Tensor { slice(axis: axis, range) }
    func nothing(_ count: Int) -> Tensor {
      var sizes = shape
      sizes[axis] = count
      return .zeros(sizes, dtype: dtype)
    }
    func edge(_ place: Int, _ count: Int) -> Tensor { part(place..<(place + 1)).repeated(count, axis: axis) }
    let (low, high) =
      switch mode {
      case .reflect:
        (part(1..<(before + 1)).reversed([axis]), part((size - 1 - after)..<(size - 1)).reversed([axis]))
      case .symmetric: (part(0..<before).reversed([axis]), part((size - after)..<size).reversed([axis]))
      case .replicate: (edge(0, before), edge(size - 1, after))
      case .circular: (part((size - before)..<size), part(0..<after))
      case .zeros: (nothing(before), nothing(after))
      }
    return concatenate([low, self, high].filter { $0.shape[axis] > 0 }, axis: axis)
  }
}

/// The tensors broadcast over each other to one shape. NumPy's `broadcast_arrays`.
public func broadcastTogether(_ tensors: [Tensor]) -> [Tensor] {
  var shape: Shape = []
  for tensor in tensors {
    guard let next = broadcastShape(shape, tensor.shape) else {
      let standIn = Mistakes.report(OpError("broadcastTogether: shapes \(tensors.map(\.shape)) do not broadcast"))
      return tensors.map { _ in standIn }
    }
    shape = next
  }
  return tensors.map { $0.broadcast(to: shape) }
}

/// How the axes of `meshGrid` are ordered.
public enum MeshIndexing: Hashable, Sendable {
  /// Matrix positions: the first vector runs along the first axis.
  case ij
  /// Coordinates: the first vector runs along the second axis, the second along the first.
  case xy
}

/// Coordinates of the points of a grid, from those on its axes: vectors of n, m, … elements give tensors `[n, m, …]`,
/// or `[m, n, …]` with `.xy`.
public func meshGrid(_ vectors: [Tensor], indexing: MeshIndexing = .ij) -> [Tensor] {
  if let wrong = vectors.first(where: { $0.rank != 1 }) {
    let standIn = Mistakes.report(OpError("meshGrid: of \(wrong.shape), expected vectors"))
    return vectors.map { _ in standIn }
  }
  var sizes = vectors.map(\.count)
  let isSwapped = indexing == .xy && vectors.count > 1
  if isSwapped { sizes.swapAt(0, 1) }
  return vectors.enumerated().map { place, vector in
    let axis = isSwapped && place < 2 ? 1 - place : place
    return .apply(.broadcastInDim(Shape(sizes), axes: [axis]), vector)
  }
}
