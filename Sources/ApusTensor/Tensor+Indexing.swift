import ApusCore

/// One part of a subscript: `x[0]`, `x[1..<3, TensorIndex.all]`, `x[TensorIndex.ellipsis, -1]`, `x[rows, columns]`.
public enum TensorIndex: Sendable {
  /// One position, from the end when negative; the axis disappears.
  case at(Int)
  /// From `start` up to and without `end` (nil: as far as it goes), by `stride`; negative places count from the end. A
  /// negative stride goes backwards: `.range(start: -1, end: nil, stride: -1)` is the axis reversed.
  case range(start: Int, end: Int?, stride: Int)
  /// A new axis of size one.
  case newAxis
  /// All of as many axes as the other parts leave.
  case ellipsis
  /// The positions that an integer tensor holds, or those where a `bool` tensor is true.
  case indices(Tensor)

  /// All of one axis.
  public static var all: TensorIndex { .range(start: 0, end: nil, stride: 1) }
  /// Every `step`-th position of an axis, from its first, or from its last when `step` is negative.
  public static func every(_ step: Int) -> TensorIndex { .range(start: step < 0 ? -1 : 0, end: nil, stride: step) }
}

/// What can stand in a tensor's subscript.
public protocol TensorIndexing {
  var tensorIndex: TensorIndex { get }
}

extension TensorIndex: TensorIndexing { public var tensorIndex: TensorIndex { self } }
extension Int: TensorIndexing { public var tensorIndex: TensorIndex { .at(self) } }
extension Tensor: TensorIndexing { public var tensorIndex: TensorIndex { .indices(self) } }
extension Range: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound, stride: 1) }
}
extension ClosedRange: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound.following, stride: 1) }
}
extension PartialRangeFrom: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: nil, stride: 1) }
}
extension PartialRangeUpTo: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: 0, end: upperBound, stride: 1) }
}
extension PartialRangeThrough: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: 0, end: upperBound.following, stride: 1) }
}

extension Int {
  /// The end of a range whose last place this is: nil after −1, the last of all.
  fileprivate var following: Int? { self == -1 ? nil : self == .max ? .max : self + 1 }
}

extension Tensor {
  /// Part of the tensor, by position, range, new axis or tensors of indices; axes that are not named are kept whole.
  ///
  /// Tensors of integers are NumPy's advanced indices: they are broadcast together, negative ones count from the back,
  /// and their axes stand where the first of them stood, or in front if something stands between them. Positions that
  /// are numbers count as such indices when they stand beside one. A `bool` tensor stands for the positions where it is
  /// true; as the size of the result depends on its values it is evaluated, and inside a traced function it is a
  /// mistake: use `select` there.
  ///
  /// Positions out of range are mistakes, and ranges must lie inside the axis; indices in tensors are clamped.
  ///
  /// Assignment makes a new value, in which the values, broadcast to the part's shape and converted to the tensor's
  /// type, take its place: `x[1..<3] = y`, `x[rows] = Tensor(0)`, or
  /// `x.fill(0, at: rows)`. With a single mask, the value may also have the tensor's
  /// shape, of which the masked elements are taken; neither this nor a value that is broadcast evaluates the mask.
  public subscript(_ indices: any TensorIndexing...) -> Tensor {
    get { read(indices.map(\.tensorIndex)) }
    set { self = write(.set, newValue, indices.map(\.tensorIndex)) }
  }

  /// The part of the tensor that a subscript names, to be replaced or combined with values in a new tensor:
  /// `x.at(rows).adding(updates)`. Where an index occurs more than once all its updates count.
  public func at(_ indices: any TensorIndexing...) -> TensorPart {
    TensorPart(tensor: self, indices: indices.map(\.tensorIndex))
  }

  /// Writes one number over the part that the indices name: `x.fill(0, at: mask)` is `x[mask] = Tensor(0)`.
  ///
  /// There is no `x[mask] = 0`: were literals tensors, Swift would read `Double.pi / 2` beside a tensor as a
  /// `float32` quotient of tensors.
  public mutating func fill(_ value: some TensorScalar, at indices: any TensorIndexing...) {
    self = write(.set, Tensor(value, dtype: dtype), indices.map(\.tensorIndex))
  }

  private func read(_ indices: [TensorIndex]) -> Tensor {
    do throws(OpError) {
      return try IndexPlan(shape, indices).read(self)
    } catch {
      return Mistakes.report(error)
    }
  }

  fileprivate func write(_ kind: ScatterKind, _ value: Tensor, _ indices: [TensorIndex]) -> Tensor {
    do throws(OpError) {
      let value = try conformed(value)
      if let result = writeMasked(kind, value, indices) { return result }
      return try IndexPlan(shape, indices).write(kind, value, into: self)
    } catch {
      return Mistakes.report(error)
    }
  }

  /// The value in this tensor's type.
  private func conformed(_ value: Tensor) throws(OpError) -> Tensor {
    if value.dtype == dtype { return value }
    if Promotion.current == .strict, value.rank > 0 {
      throw OpError("subscript: assigns \(value.node.type) to \(node.type). Convert with `.cast(to: .\(dtype))`")
    }
    return value.cast(to: dtype)
  }

  /// An assignment by a single mask whose number of true elements doesn't matter.
  private func writeMasked(_ kind: ScatterKind, _ value: Tensor, _ indices: [TensorIndex]) -> Tensor? {
    guard kind == .set, indices.count == 1, case .indices(let mask) = indices[0], mask.dtype == .bool, mask.rank > 0,
      mask.rank <= rank, mask.shape == Shape(shape.prefix(mask.rank))
    else { return nil }
    let rest = Shape(shape.dropFirst(mask.rank))
    let isSpread = value.rank <= rest.rank && broadcastShape(value.shape, rest) == rest
    guard isSpread || value.shape == shape else { return nil }
    let wide = mask.reshaped(to: Shape(Array(mask.shape) + rest.map { _ in 1 })).broadcast(to: shape)
    return .apply(.select, wide, value.broadcast(to: shape), self)
  }
}

/// A part of a tensor, which methods replace or combine with values in a new tensor.
public struct TensorPart: Sendable {
  let tensor: Tensor
  let indices: [TensorIndex]

  /// The tensor with `values` in place of the part. Which of several values for one element wins is not specified.
  public func replaced(by values: Tensor) -> Tensor { tensor.write(.set, values, indices) }
  /// The tensor with `values` added to the part.
  public func adding(_ values: Tensor) -> Tensor { tensor.write(.add, values, indices) }
  /// The tensor with a number in place of the part.
  public func replaced(by value: some TensorScalar) -> Tensor { replaced(by: Tensor(value, dtype: tensor.dtype)) }
  /// The tensor with a number added to the part.
  public func adding(_ value: some TensorScalar) -> Tensor { adding(Tensor(value, dtype: tensor.dtype)) }
  /// The tensor with the part multiplied by `values`.
  public func multiplied(by values: Tensor) -> Tensor { tensor.write(.multiply, values, indices) }
  /// The tensor with the part's elements replaced by `values` that are larger.
  public func maximum(_ values: Tensor) -> Tensor { tensor.write(.max, values, indices) }
  /// The tensor with the part's elements replaced by `values` that are smaller.
  public func minimum(_ values: Tensor) -> Tensor { tensor.write(.min, values, indices) }
}
