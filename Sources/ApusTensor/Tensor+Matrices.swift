import ApusCore

extension Tensor {
  /// True at and above diagonal `offset` of a matrix (`bool[rows, columns]`): column − row ≥ offset.
  public static func upperTriangularMask(_ rows: Int, _ columns: Int? = nil, offset: Int = 0) -> Tensor {
    let (row, column) = places(rows, columns ?? rows)
    return column .>= row + Swift.max(-rows, Swift.min(offset, columns ?? rows))
  }

  /// True at and below diagonal `offset` of a matrix (`bool[rows, columns]`): column − row ≤ offset. With offset 0 the
  /// mask of causal attention.
  public static func lowerTriangularMask(_ rows: Int, _ columns: Int? = nil, offset: Int = 0) -> Tensor {
    let (row, column) = places(rows, columns ?? rows)
    return column .<= row + Swift.max(-rows, Swift.min(offset, columns ?? rows))
  }

  private static func places(_ rows: Int, _ columns: Int) -> (row: Tensor, column: Tensor) {
    let type = TensorType([rows, columns], .int32)
    return (apply(.iota(type, axis: 0)), apply(.iota(type, axis: 1)))
  }

  /// The matrices `[…, n, m]` with zeros below diagonal `offset`. NumPy's `triu`.
  public func upperTriangle(_ offset: Int = 0) -> Tensor {
    guard rank >= 2 else { return needsMatrix("upperTriangle") }
    return select(Tensor.upperTriangularMask(shape[rank - 2], shape[rank - 1], offset: offset), self, zero)
  }

  /// The matrices `[…, n, m]` with zeros above diagonal `offset`. NumPy's `tril`.
  public func lowerTriangle(_ offset: Int = 0) -> Tensor {
    guard rank >= 2 else { return needsMatrix("lowerTriangle") }
    return select(Tensor.lowerTriangularMask(shape[rank - 2], shape[rank - 1], offset: offset), self, zero)
  }

  private var zero: Tensor { Tensor(0, dtype: dtype) }

  private func needsMatrix(_ name: String) -> Tensor {
    Mistakes.report(OpError("\(name): of \(shape), expected matrices [..., n, m]"))
  }

  /// A diagonal of the matrices that two axes make, as the last axis: `[…, n, m]` gives `[…, k]`. Diagonals above the
  /// main one have positive offsets.
  public func diagonal(_ offset: Int = 0, axes: (Int, Int) = (-2, -1)) -> Tensor {
    guard rank >= 2, let first = existingAxis(axes.0, "diagonal"), let second = existingAxis(axes.1, "diagonal"),
      first != second
    else { return needsMatrix("diagonal") }
    var x = self
    if (first, second) != (rank - 2, rank - 1) {
      x = transposed(shape.indices.filter { $0 != first && $0 != second } + [first, second])
    }
    let (n, m) = (x.shape[rank - 2], x.shape[rank - 1])
    let count = Swift.max(0, Swift.min(n + Swift.min(offset, 0), m - Swift.max(offset, 0)))
    let batch = Array(x.shape.dropLast(2))
    let flat = x.reshaped(to: Shape(batch + [n * m]))
    if count == 0 { return flat.slice(axis: rank - 2, 0..<0) }
    // A diagonal is every (m + 1)-th element.
    let start = offset >= 0 ? offset : -offset * m
    return flat.slice(axis: rank - 2, start..<(start + (count - 1) * (m + 1) + 1), by: m + 1)
  }

  /// Matrices with the elements of the last axis on diagonal `offset` and zeros elsewhere: `[…, n]` gives
  /// `[…, n + |offset|, n + |offset|]`. NumPy's `diag`, PyTorch's `diag_embed`.
  public func diagonalMatrix(_ offset: Int = 0) -> Tensor {
    guard rank >= 1 else { return Mistakes.report(OpError("diagonalMatrix: of a scalar, expected [..., n]")) }
    let count = shape[rank - 1]
    let size = count + Int(offset.magnitude)
    let batch = Array(shape.dropLast())
    if count == 0 { return .zeros(Shape(batch + [size, size]), dtype: dtype) }
    let start = offset >= 0 ? offset : -offset * size
    var bounds = PadBounds(low: shape.map { _ in 0 }, high: shape.map { _ in 0 }, interior: shape.map { _ in 0 })
    bounds.low[rank - 1] = start
    bounds.interior[rank - 1] = size
    bounds.high[rank - 1] = size * size - start - (count - 1) * (size + 1) - 1
    return Tensor.apply(.pad(bounds), self, zero).reshaped(to: Shape(batch + [size, size]))
  }

  /// The sum of diagonal `offset` of matrices: `[…, n, m]` gives `[…]`.
  public func trace(_ offset: Int = 0) -> Tensor {
    rank >= 2 ? diagonal(offset).sum(axis: -1) : needsMatrix("trace")
  }

  /// The inner product of two vectors.
  public func dot(_ other: Tensor) -> Tensor {
    guard rank == 1, shape == other.shape else {
      return Mistakes.report(OpError("dot: \(shape) and \(other.shape), expected vectors of one size"))
    }
    return matmul(other)
  }

  /// All products of an element of one tensor and an element of the other: `[a…]` and `[b…]` give `[a…, b…]`.
  public func outer(_ other: Tensor) -> Tensor {
    reshaped(to: Shape(Array(shape) + other.shape.map { _ in 1 })) * other
  }

  /// The Kronecker product: each element of the tensor times the whole of the other.
  public func kron(_ other: Tensor) -> Tensor {
    let rank = Swift.max(self.rank, other.rank)
    let left = [Int](repeating: 1, count: rank - self.rank) + Array(shape)
    let right = [Int](repeating: 1, count: rank - other.rank) + Array(other.shape)
    let product =
      reshaped(to: Shape(left.flatMap { [$0, 1] })) * other.reshaped(to: Shape(right.flatMap { [1, $0] }))
    return product.reshaped(to: Shape(zip(left, right).map { $0 * $1 }))
  }

  /// The product summed over pairs of axes: the result has the tensor's other axes, then the other's.
  public func tensorDot(_ other: Tensor, axes: ([Int], [Int])) -> Tensor {
    let left = axes.0.compactMap { existingAxis($0, "tensorDot") }
    let right = axes.1.compactMap { other.existingAxis($0, "tensorDot") }
    guard left.count == axes.0.count, right.count == axes.1.count else { return Mistakes.standIn }
    guard left.count == right.count, Set(left).count == left.count, Set(right).count == right.count,
      zip(left, right).allSatisfy({ shape[$0] == other.shape[$1] })
    else {
      return Mistakes.report(
        OpError("tensorDot: \(shape) × \(other.shape) over axes \(axes.0) and \(axes.1), whose sizes must be equal"))
    }
    let (a, b) = Tensor.promoted(self, other)
    if left.isEmpty { return a.outer(b) }
    return .apply(.dotGeneral(DotDimensions(leftContracting: left, rightContracting: right)), a, b)
  }

  /// The product summed over the last `axes` axes of the tensor and the first of the other.
  public func tensorDot(_ other: Tensor, axes: Int = 2) -> Tensor {
    guard 0 <= axes, axes <= rank, axes <= other.rank else {
      return Mistakes.report(OpError("tensorDot: \(shape) × \(other.shape) over \(axes) axes"))
    }
    return tensorDot(other, axes: (Array((rank - axes)..<rank), Array(0..<axes)))
  }
}
