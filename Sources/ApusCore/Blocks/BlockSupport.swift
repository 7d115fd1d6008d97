/// What the bodies of blocks have in common.
extension Node {
  /// The value in the type that arithmetic is done in: half precision is too coarse for sums and exponentials.
  var wide: Node { convert(dtype.computeType ?? dtype) }

  /// The elements of a range of an axis.
  func part(axis: Int, _ range: Range<Int>) -> Node {
    if range == 0..<shape[axis] { return self }
    var bounds = SliceBounds(start: shape.map { _ in 0 }, limit: Array(shape), stride: shape.map { _ in 1 })
    bounds.start[axis] = range.lowerBound
    bounds.limit[axis] = range.upperBound
    return .build(.slice(bounds), self)
  }

  /// The mean over some axes, which disappear.
  func mean(axes: [Int]) -> Node {
    let count = axes.reduce(1) { $0 * shape[$1] }
    return sum(axes: axes).binary(.divide, Double(count))
  }

  /// Largest elements that exponents are taken relative to: no gradient flows through them, for it cancels.
  func largest(axes: [Int]) -> Node { .build(.stopGradient, reduce(.max, axes: axes)) }

  static func zeros(_ type: TensorType) -> Node { .filled(0, type) }
  static func ones(_ type: TensorType) -> Node { .filled(1, type) }
}

extension TensorType {
  /// The type in which a block does its arithmetic on these elements.
  var wide: DType { dtype.computeType ?? dtype }

  /// Throws what a user reads unless the elements are floating point.
  func requireFloat(_ name: String) throws(OpError) {
    guard dtype.isFloat else {
      throw OpError("\(name): \(self), expected floating point. Convert with `.cast(to: .float32)`")
    }
  }

  /// Throws unless an operand is of the type that it must have for another one.
  func require(_ expected: TensorType, _ name: String, _ role: String, for other: String) throws(OpError) {
    guard self == expected else { throw OpError("\(name): \(role) \(self) for \(other), expected \(expected)") }
  }
}

/// Throws unless a block has a number of operands that it takes.
func requireCount(_ operands: [TensorType], _ counts: ClosedRange<Int>, _ name: String) throws(OpError) {
  guard counts.contains(operands.count) else {
    let expected =
      counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
    throw OpError("\(name): \(operands.count) operands, expected \(expected)")
  }
}

/// Throws unless the axes are different ones of a shape.
func requireAxes(_ axes: [Int], of type: TensorType, _ name: String) throws(OpError) {
  guard axes.allSatisfy(type.shape.indices.contains), Set(axes).count == axes.count else {
    throw OpError("\(name): axes \(axes) of \(type.shape), which has \(type.shape.rank) axes")
  }
}
