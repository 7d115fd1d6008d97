import ApusTensor

// Initial values that are more than independent numbers.
extension Initializer {
  /// A random matrix, evenly distributed among those with orthonormal rows or columns (Mezzadri 2007): the Q of a
  /// factorization of normal numbers whose R has a positive diagonal.
  static func orthogonal(_ shape: Shape, key: inout RandomKey) -> Tensor {
    guard shape.rank >= 2 else {
      return .mistake("orthogonal: of shape \(shape), expected a matrix [outputs, inputs] or a kernel [..., outputs]")
    }
    // Channels last: the outputs of a kernel are its last axis.
    let rows = shape.rank == 2 ? shape[0] : Shape(shape.dropLast()).elementCount
    let columns = shape[shape.rank - 1]
    let random = Tensor.normal([min(rows, columns), max(rows, columns)], key: &key, dtype: .float64)
    let basis = orthonormalRows(random)
    return (rows <= columns ? basis : basis.transposed()).cast(to: .float32).reshaped(to: shape)
  }

  /// The rows of a matrix that is no higher than wide, each made orthogonal to those before it and of length 1: Gram &
  /// Schmidt, each row twice, which is enough for full precision (Giraud et al. 2005).
  static func orthonormalRows(_ matrix: Tensor) -> Tensor {
    scan([Tensor.zeros(like: matrix)], over: [matrix, .range(matrix.shape[0])]) { carries, elements in
      let basis = carries[0]
      var row = elements[0]
      for _ in 0..<2 { row = row - basis.matmul(row).matmul(basis) }
      row = row * row.squaredNorm().rsqrt()
      return ([basis.updating(with: row.expandingAxis(0), at: [elements[1], Tensor(0, dtype: .int32)])], [])
    }.carries[0]
  }

  static func sparse(_ shape: Shape, _ sparsity: Double, _ deviation: Double, key: inout RandomKey) -> Tensor {
    guard shape.rank == 2, 0...1 ~= sparsity else {
      return .mistake("sparse: a share \(sparsity) of shape \(shape), expected one from 0 to 1 of a matrix")
    }
    let values = Tensor.normal(shape, standardDeviation: deviation, key: &key)
    let zeros = Int((sparsity * Double(shape[0])).rounded(.up))
    let ranks = Tensor.uniform(shape, key: &key).argSort(axis: 0).argSort(axis: 0)
    return select(ranks .< zeros, Tensor.zeros(shape), values)
  }

  static func identity(_ shape: Shape) -> Tensor {
    guard shape.rank == 2 else { return .mistake("identity: of shape \(shape), expected a matrix") }
    let rows = Tensor.range(shape[0]).expandingAxis(1)
    return (rows .== Tensor.range(shape[1])).cast(to: .float32)
  }

  static func dirac(_ shape: Shape, groups: Int) -> Tensor {
    guard 3...5 ~= shape.rank, groups > 0, shape[shape.rank - 1] % groups == 0 else {
      return .mistake(
        "dirac: \(groups) groups of shape \(shape), expected a kernel [..., inputs, outputs] that divides")
    }
    let (inputs, outputs) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let share = outputs / groups
    // Output `g · share + i` takes input i of its group.
    let place = Tensor.range(outputs) % share
    let passes = (Tensor.range(inputs).expandingAxis(1) .== place).cast(to: .float32)
    let area = Shape(shape.dropLast(2))
    let centre = zip(area, area.denseStrides).reduce(0) { $0 + $1.0 / 2 * $1.1 }
    let isCentre = (Tensor.range(area.elementCount) .== centre).cast(to: .float32)
    return (isCentre.reshaped(to: [area.elementCount, 1, 1]) * passes).reshaped(to: shape)
  }
}
