import ApusTensor
import CApusLinearAlgebra

/// a → u, s, vt, or s alone.
struct SingularValueDecomposition: CustomOperation {
  let valuesOnly: Bool

  var name: String { valuesOnly ? "singularValues" : "svd" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    let (a, batch, dtype) = (Matrices(inputs[0]), inputs[0].shape.dropLast(2), inputs[0].dtype)
    let values = TensorSpec(Shape(batch + [a.rank]), dtype)
    if valuesOnly { return [values] }
    return [
      TensorSpec(Shape(batch + [a.rows, a.rank]), dtype), values,
      TensorSpec(Shape(batch + [a.rank, a.columns]), dtype),
    ]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(
      _ kernel: (
        Int32, Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?
      ) -> Void
    ) {
      for i in 0..<a.batch {
        kernel(
          Int32(a.rows), Int32(a.columns), inputs[0].part(i, a.count),
          valuesOnly ? nil : outputs[0].part(i, a.rows * a.rank), outputs[valuesOnly ? 0 : 1].part(i, a.rank),
          valuesOnly ? nil : outputs[2].part(i, a.rank * a.columns))
      }
    }
    if a.isDouble { all(apus_svd_f64) } else { all(apus_svd_f32) }
  }

  /// Townsend 2016, equations 43 to 46.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    if valuesOnly {
      let (u, _, vt) = inputs[0].svd()
      return [(u * cotangents[0].expandingAxis(-2)).matmul(vt)]
    }
    let (u, s, vt) = (outputs[0], outputs[1], outputs[2])
    let (row, column) = (s.expandingAxis(-2), s.expandingAxis(s.rank))
    // 1 / (s_j² − s_i²); between equal values, where only what does not depend on it has a gradient, 0.
    let gaps = ((row - column) * (row + column)).reciprocalOrZero
    let inverse = s.reciprocalOrZero
    let left = u.matrixTransposed.matmul(cotangents[0]), right = vt.matmul(cotangents[2].matrixTransposed)
    let (j, k) = (gaps * left, gaps * right)
    let core =
      (j + j.matrixTransposed) * row + (k + k.matrixTransposed) * column + cotangents[1].diagonalMatrix
    var result = u.matmul(core).matmul(vt)
    if u.rows > u.columns {
      let outside = (cotangents[0] - u.matmul(left)) * inverse.expandingAxis(-2)
      result += outside.matmul(vt)
    }
    if vt.columns > vt.rows {
      let outside = (cotangents[2] - right.matrixTransposed.matmul(vt)) * inverse.expandingAxis(inverse.rank)
      result += u.matmul(outside)
    }
    return [result]
  }
}

extension Tensor {
  /// The reduced singular value decomposition of matrices `[…, m, n]`: A = U diag(s) Vᵀ with U `[…, m, k]`, s `[…, k]` in
  /// descending order and Vᵀ `[…, k, n]`, k = min(m, n).
  ///
  /// NaN or infinities in a matrix give NaN throughout. The vectors are determined up to their signs, and up to a
  /// rotation among equal singular values; the gradient (Townsend 2016, "Differentiating the singular value
  /// decomposition") is that of functions which do not depend on the choice.
  public func svd() -> (u: Tensor, s: Tensor, vt: Tensor) {
    guard isMatrix("svd") else { return (self, self, self) }
    let results = Tensor.custom(SingularValueDecomposition(valuesOnly: false), [self])
    return (results[0], results[1], results[2])
  }

  /// The singular values `[…, min(m, n)]` of matrices `[…, m, n]`, in descending order.
  public func singularValues() -> Tensor {
    guard isMatrix("singularValues") else { return self }
    return SingularValueDecomposition(valuesOnly: true)(self)
  }

  /// The ranks `[…]` of matrices `[…, m, n]` as int32: how many singular values are above `tolerance` times the largest,
  /// by default max(m, n) times the precision of the type.
  public func matrixRank(tolerance: Double? = nil) -> Tensor {
    guard isMatrix("matrixRank") else { return self }
    let s = stoppingGradient().singularValues()
    if s.shape[s.rank - 1] == 0 { return Tensor.zeros(batchShape, dtype: .int32) }
    return (s .> s.max(axis: -1, keepDims: true) * (tolerance ?? precision)).cast(to: .int32).sum(axis: -1)
  }

  /// The condition numbers `[…]` of matrices `[…, m, n]` in the spectral norm: the largest singular value divided by the
  /// smallest, ∞ for a singular matrix.
  public func conditionNumber() -> Tensor {
    guard isMatrix("conditionNumber") else { return self }
    let s = singularValues()
    return s.max(axis: -1) / s.min(axis: -1)
  }

  /// What is lost to rounding, relative to the largest singular value.
  var precision: Double {
    Double(Swift.max(rows, columns)) * (dtype == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne))
  }
}
