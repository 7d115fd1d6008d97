/// The sizes of a tensor's axes, outermost first.
///
/// A shape is written as an array literal and used as a collection of sizes: `x.shape == [128, 10]`, `x.shape[0]`.
public struct Shape: Hashable, Sendable {
  @usableFromInline var sizes: [Int]

  public init(_ sizes: some Sequence<Int>) { self.sizes = Array(sizes) }

  /// How many axes there are.
  public var rank: Int { sizes.count }

  /// The product of the sizes: 1 for a scalar, `Int.max` for one that is larger.
  public var elementCount: Int {
    var count = 1
    var isTooLarge = false
    for size in sizes {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      if overflows, sizes.contains(0) { return 0 }
      isTooLarge = isTooLarge || overflows
      count = product
    }
    return isTooLarge ? .max : count
  }

  /// Steps in elements from one index to the next along each axis of a dense row-major array.
  public var denseStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
    return strides
  }

  /// The shape without the given axes.
  public func removing(_ axes: [Int]) -> Shape {
    Shape(indices.lazy.filter { !axes.contains($0) }.map { sizes[$0] })
  }

  /// The shape with the given axes set to one.
  public func flattening(_ axes: [Int]) -> Shape {
    Shape(indices.lazy.map { axes.contains($0) ? 1 : sizes[$0] })
  }
}

extension Shape: RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Int...) { sizes = elements }
  public var startIndex: Int { 0 }
  public var endIndex: Int { sizes.count }
  @inlinable public subscript(axis: Int) -> Int {
    get { sizes[axis] }
    set { sizes[axis] = newValue }
  }
}

extension Shape: CustomStringConvertible {
  public var description: String { "[" + sizes.map(String.init).joined(separator: ", ") + "]" }
}

/// The shape and the element type of a value in a graph.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  public var shape: Shape
  public var dtype: DType

  public init(_ shape: Shape, _ dtype: DType) {
    self.shape = shape
    self.dtype = dtype
  }

  /// The bytes that the elements take, `Int.max` for more than that.
  public var byteCount: Int {
    let (product, overflows) = shape.elementCount.multipliedReportingOverflow(by: dtype.byteCount)
    return overflows ? .max : product
  }
  public var description: String { "\(dtype)\(shape)" }
}

/// Which axes of two shapes line up when one is broadcast over the other by NumPy's rule: right-aligned, sizes equal
/// or one. Nil when they do not fit.
public func broadcastShape(_ a: Shape, _ b: Shape) -> Shape? {
  var result: [Int] = []
  for offset in 1...Swift.max(a.rank, b.rank, 1) {
    let left = offset <= a.rank ? a[a.rank - offset] : 1
    let right = offset <= b.rank ? b[b.rank - offset] : 1
    guard left == right || left == 1 || right == 1 else { return nil }
    if offset <= Swift.max(a.rank, b.rank) { result.append(left == 1 ? right : left) }
  }
  return Shape(result.reversed())
}
