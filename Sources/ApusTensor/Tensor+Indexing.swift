import ApusCore

/// One part of a subscript: `x[0]`, `x[1..<3, TensorIndex.all]`, `x[TensorIndex.ellipsis, -1]`.
public enum TensorIndex: Sendable {
  /// One position, from the end when negative; the axis disappears.
  case at(Int)
  /// From `start` up to and without `end` (nil: to the end; negative: from the end), by `stride`.
  case range(start: Int, end: Int?, stride: Int)
  /// A new axis of size one.
  case newAxis
  /// All of as many axes as the other parts leave.
  case ellipsis

  /// All of one axis.
  public static var all: TensorIndex { .range(start: 0, end: nil, stride: 1) }
  /// Every `step`-th position of an axis.
  public static func every(_ step: Int) -> TensorIndex { .range(start: 0, end: nil, stride: step) }
}

/// What can stand in a tensor's subscript.
public protocol TensorIndexing {
  var tensorIndex: TensorIndex { get }
}

extension TensorIndex: TensorIndexing { public var tensorIndex: TensorIndex { self } }
extension Int: TensorIndexing { public var tensorIndex: TensorIndex { .at(self) } }
extension Range: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound, stride: 1) }
}
extension ClosedRange: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound + 1, stride: 1) }
}
extension PartialRangeFrom: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: nil, stride: 1) }
}
extension PartialRangeUpTo: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: 0, end: upperBound, stride: 1) }
}
extension PartialRangeThrough: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .range(start: 0, end: upperBound + 1, stride: 1) }
}

extension Tensor {
  /// Part of the tensor, by position, range or new axis; axes that are not named are kept whole.
  ///
  /// Positions out of range are mistakes; ranges must lie inside the axis.
  public subscript(_ indices: any TensorIndexing...) -> Tensor {
    var parts = indices.map(\.tensorIndex)
    let used = parts.reduce(0) { count, part in
      switch part {
      case .at, .range: count + 1
      case .newAxis, .ellipsis: count
      }
    }
    guard used <= rank else {
      return Mistakes.report(OpError("subscript: \(used) indices for \(shape), which has \(rank) axes"))
    }
    let rest = [TensorIndex](repeating: .all, count: rank - used)
    if let place = parts.firstIndex(where: { if case .ellipsis = $0 { true } else { false } }) {
      parts.replaceSubrange(place...place, with: rest)
    } else {
      parts += rest
    }

    var bounds = SliceBounds(start: [], limit: [], stride: [])
    var result: [Int] = []
    for part in parts {
      let axis = bounds.start.count
      switch part {
      case .newAxis: result.append(1)
      case .ellipsis: return Mistakes.report(OpError("subscript: more than one ellipsis"))
      case .at(let position):
        let size = shape[axis]
        guard -size <= position, position < size else {
          return Mistakes.report(OpError("subscript: position \(position) on axis \(axis) of \(shape)"))
        }
        let start = position < 0 ? position + size : position
        bounds.append(start, start + 1, 1)
      case .range(let start, let end, let stride):
        let size = shape[axis]
        let first = start < 0 ? start + size : start
        let last = end.map { $0 < 0 ? $0 + size : $0 } ?? size
        guard 0 <= first, first <= last, last <= size, stride > 0 else {
          return Mistakes.report(
            OpError("subscript: \(start)..<\(end.map(String.init) ?? "") by \(stride) on axis \(axis) of \(shape)"))
        }
        bounds.append(first, last, stride)
        result.append((last - first + stride - 1) / stride)
      }
    }
    let isWhole =
      bounds.start.allSatisfy { $0 == 0 } && bounds.limit == Array(shape) && bounds.stride.allSatisfy { $0 == 1 }
    return (isWhole ? self : .apply(.slice(bounds), self)).reshaped(to: Shape(result))
  }
}

extension SliceBounds {
  fileprivate mutating func append(_ start: Int, _ limit: Int, _ stride: Int) {
    self.start.append(start)
    self.limit.append(limit)
    self.stride.append(stride)
  }
}
