import ApusTensor

/// A batch of matrices as a kernel sees it: `[…, rows, columns]`.
struct Matrices {
  let batch: Int
  let rows: Int
  let columns: Int
  let isDouble: Bool

  init(_ spec: TensorSpec) {
    let shape = spec.shape
    batch = shape.dropLast(2).reduce(1, *)
    rows = shape[shape.rank - 2]
    columns = shape[shape.rank - 1]
    isDouble = spec.dtype == .float64
  }

  /// The elements of one matrix.
  var count: Int { rows * columns }
  var rank: Int { Swift.min(rows, columns) }
}

extension UnsafeRawBufferPointer {
  /// Part `index` of memory that is cut into parts of `count` elements.
  func part<T>(_ index: Int, _ count: Int) -> UnsafePointer<T>? {
    baseAddress?.assumingMemoryBound(to: T.self) + index * count
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Part `index` of memory that is cut into parts of `count` elements.
  func part<T>(_ index: Int, _ count: Int) -> UnsafeMutablePointer<T>? {
    baseAddress?.assumingMemoryBound(to: T.self) + index * count
  }
}

private func + <T>(pointer: UnsafePointer<T>?, offset: Int) -> UnsafePointer<T>? { pointer.map { $0 + offset } }
private func + <T>(pointer: UnsafeMutablePointer<T>?, offset: Int) -> UnsafeMutablePointer<T>? {
  pointer.map { $0 + offset }
}

extension CustomOperation {
  /// The first of the operation's results.
  func callAsFunction(_ inputs: Tensor...) -> Tensor { Tensor.custom(self, inputs)[0] }
}

extension Tensor {
  /// Whether the last two axes hold matrices of float32 or float64, square ones if so wanted; reports what is wrong.
  func isMatrix(_ name: String, square: Bool = false) -> Bool {
    if rank < 2 || square && shape[rank - 1] != shape[rank - 2] {
      _ = Tensor.mistake(
        "\(name): shape \(shape), expected \(square ? "square matrices [..., n, n]" : "matrices [..., m, n]")")
      return false
    }
    return hasRealElements(name)
  }

  func hasRealElements(_ name: String) -> Bool {
    if dtype == .float32 || dtype == .float64 { return true }
    _ = Tensor.mistake("\(name): elements of \(dtype), expected float32 or float64. Use `cast(to:)`")
    return false
  }

  /// The sizes of the axes before the matrices.
  var batchShape: Shape { Shape(shape.dropLast(2)) }
  var rows: Int { shape[rank - 2] }
  var columns: Int { shape[rank - 1] }

  /// The last two axes exchanged.
  var matrixTransposed: Tensor { swapping(-1, -2) }

  /// The symmetric part (A + Aᵀ) / 2.
  var symmetricPart: Tensor { (self + matrixTransposed) * 0.5 }

  /// The elements on and below the diagonal (`offset` 0), or below it (−1); zeros elsewhere.
  func lowerTriangle(_ offset: Int = 0) -> Tensor {
    let row = Tensor.range(rows).expandingAxis(1), column = Tensor.range(columns).expandingAxis(0)
    return select(column .<= row + offset, self, Tensor(0, dtype: dtype))
  }

  /// The elements on and above the diagonal (`offset` 0), or above it (1); zeros elsewhere.
  func upperTriangle(_ offset: Int = 0) -> Tensor {
    let row = Tensor.range(rows).expandingAxis(1), column = Tensor.range(columns).expandingAxis(0)
    return select(column .>= row + offset, self, Tensor(0, dtype: dtype))
  }

  /// The diagonals `[…, n]` of square matrices `[…, n, n]`.
  var matrixDiagonal: Tensor {
    let row = Tensor.range(rows).expandingAxis(1), column = Tensor.range(columns).expandingAxis(0)
    return select(row .== column, self, Tensor(0, dtype: dtype)).sum(axis: -1)
  }

  /// The diagonal matrices `[…, n, n]` of vectors `[…, n]`.
  var diagonalMatrix: Tensor {
    let place = Tensor.range(shape[rank - 1])
    return select(place.expandingAxis(1) .== place.expandingAxis(0), expandingAxis(rank), Tensor(0, dtype: dtype))
  }

  /// Identity matrices like these square ones.
  var identityMatrices: Tensor { Tensor.eye(rows, dtype: dtype).broadcast(to: shape) }

  /// 1 / x, and 0 where x is 0.
  var reciprocalOrZero: Tensor {
    let isZero = self .== 0
    return select(isZero, Tensor(0, dtype: dtype), 1 / select(isZero, Tensor(1, dtype: dtype), self))
  }

  /// The matrices of several tensors with the batch axes broadcast over each other; nil after a mistake.
  static func broadcastingBatches(_ name: String, _ a: Tensor, _ b: Tensor) -> (Tensor, Tensor)? {
    var batch: [Int] = []
    let (left, right) = (Array(a.batchShape.reversed()), Array(b.batchShape.reversed()))
    for place in 0..<Swift.max(left.count, right.count) {
      let (x, y) = (place < left.count ? left[place] : 1, place < right.count ? right[place] : 1)
      guard x == y || x == 1 || y == 1 else {
        _ = Tensor.mistake("\(name): \(a.shape) and \(b.shape): the batch axes do not broadcast")
        return nil
      }
      batch.insert(x == 1 ? y : x, at: 0)
    }
    return (
      a.broadcast(to: Shape(batch + [a.rows, a.columns])), b.broadcast(to: Shape(batch + [b.rows, b.columns]))
    )
  }
}
