import ApusData
import ApusTensor

/// A matrix of which few elements are not 0, row by row.
struct SparseMatrix: Sendable {
  let rows: Int
  let columns: Int
  /// The elements of row `r` are at `starts[r]..<starts[r + 1]`.
  let starts: [Int]
  let places: [Int32]
  var values: [Float]

  /// Times a dense `[columns, width]`: `[rows, width]`.
  func times(_ dense: Blocks) -> Blocks {
    var result = Blocks(rows: rows, width: dense.width)
    let count = dense.count
    for row in 0..<rows {
      for element in starts[row]..<starts[row + 1] {
        let (from, value) = (Int(places[element]) * count, values[element])
        for block in 0..<count { result.blocks[row * count + block] += dense.blocks[from + block] * value }
      }
    }
    return result
  }

  /// The transpose times a dense `[rows, width]`: `[columns, width]`.
  func transposedTimes(_ dense: Blocks) -> Blocks {
    var result = Blocks(rows: columns, width: dense.width)
    let count = dense.count
    for row in 0..<rows {
      for element in starts[row]..<starts[row + 1] {
        let (to, value) = (Int(places[element]) * count, values[element])
        for block in 0..<count { result.blocks[to + block] += dense.blocks[row * count + block] * value }
      }
    }
    return result
  }

  /// The largest singular values with their vectors: `[rows, count]`, `[count]` and `[count, columns]`, by the orthonormal
  /// basis of a few powers of the matrix (Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1).
  ///
  /// - Parameter powers: How often the basis is multiplied by the matrix and its transpose: the more, the more exact.
  func singularVectors(_ count: Int, powers: Int = 5, seed: UInt64) -> (u: Tensor, s: Tensor, vt: Tensor) {
    let width = min(count + max(10, count / 10), rows, columns)
    var random = SplitMix64(seed: seed)
    var start = Blocks(rows: columns, width: width)
    // Uniform numbers serve as well as normal ones.
    for block in start.blocks.indices {
      for lane in 0..<16 where block % start.count * 16 + lane < width {
        start.blocks[block][lane] = 2 * random.uniform() - 1
      }
    }
    var basis = times(start).tensor.qr().q.evaluated()
    for _ in 0..<powers {
      let other = transposedTimes(Blocks(basis)).tensor.qr().q.evaluated()
      basis = times(Blocks(other)).tensor.qr().q.evaluated()
    }
    // basis^T A, whose transpose is A^T basis.
    let (left, values, right) = transposedTimes(Blocks(basis)).tensor.svd()
    let u = basis.matmul(right.transposed())
    return (u[TensorIndex.all, ..<count], values[..<count], left[TensorIndex.all, ..<count].transposed())
  }
}

/// Rows of numbers in blocks of sixteen, filled up with zeros.
struct Blocks {
  let rows: Int
  let width: Int
  var blocks: [SIMD16<Float>]

  /// Blocks of a row.
  var count: Int { (width + 15) / 16 }

  init(rows: Int, width: Int) {
    (self.rows, self.width) = (rows, width)
    blocks = [SIMD16<Float>](repeating: .zero, count: rows * ((width + 15) / 16))
  }

  init(_ tensor: Tensor) {
    self.init(rows: tensor.shape[0], width: tensor.shape[1])
    let numbers = tensor.scalars(Float.self)
    for row in 0..<rows {
      for column in 0..<width { blocks[row * count + column / 16][column % 16] = numbers[row * width + column] }
    }
  }

  /// `float32[rows, width]`
  var tensor: Tensor {
    var numbers: [Float] = []
    numbers.reserveCapacity(rows * width)
    for row in 0..<rows {
      for column in 0..<width { numbers.append(blocks[row * count + column / 16][column % 16]) }
    }
    return Tensor(numbers, shape: [rows, width])
  }
}
