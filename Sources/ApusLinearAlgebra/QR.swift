import ApusTensor
import CApusLinearAlgebra

/// a → q, r.
struct QRFactorization: CustomOperation {
  var name: String { "qr" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    let (a, batch) = (Matrices(inputs[0]), inputs[0].shape.dropLast(2))
    return [
      TensorSpec(Shape(batch + [a.rows, a.rank]), inputs[0].dtype),
      TensorSpec(Shape(batch + [a.rank, a.columns]), inputs[0].dtype),
    ]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(
      _ kernel: (Int32, Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?) -> Void
    ) {
      for i in 0..<a.batch {
        kernel(
          Int32(a.rows), Int32(a.columns), inputs[0].part(i, a.count), outputs[0].part(i, a.rows * a.rank),
          outputs[1].part(i, a.rank * a.columns))
      }
    }
    if a.isDouble { all(apus_qr_f64) } else { all(apus_qr_f32) }
  }

  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let (a, q, r) = (inputs[0], outputs[0], outputs[1])
    let (m, n) = (a.rows, a.columns)
    if m >= n { return [tall(q, r, cotangents[0], cotangents[1])] }
    // Roberts & Roberts 2020: a wide matrix [X Y] has X = Q U and R = [U QᵀY].
    let y = a[TensorIndex.ellipsis, m..<n], cotangentOfV = cotangents[1][TensorIndex.ellipsis, m..<n]
    let cotangentOfQ = cotangents[0] + y.matmul(cotangentOfV.matrixTransposed)
    let left = tall(q, r[TensorIndex.ellipsis, 0..<m], cotangentOfQ, cotangents[1][TensorIndex.ellipsis, 0..<m])
    return [concatenate([left, q.matmul(cotangentOfV)], axis: -1)]
  }

  /// Walter & Lehmann 2010, equation 3.10: (Q̄ + Q copyltu(R R̄ᵀ − Q̄ᵀ Q)) R⁻ᵀ, where copyltu mirrors the lower triangle.
  private func tall(_ q: Tensor, _ r: Tensor, _ cotangentOfQ: Tensor, _ cotangentOfR: Tensor) -> Tensor {
    let m = r.matmul(cotangentOfR.matrixTransposed) - cotangentOfQ.matrixTransposed.matmul(q)
    let mirrored = m.lowerTriangle() + m.lowerTriangle(-1).matrixTransposed
    let left = cotangentOfQ + q.matmul(mirrored)
    return r.triangular(left.matrixTransposed, upper: true).matrixTransposed
  }
}

extension Tensor {
  /// The reduced QR factorization of matrices `[…, m, n]`: A = Q R with orthonormal columns in Q `[…, m, k]` and an
  /// upper triangular R `[…, k, n]`, k = min(m, n).
  ///
  /// The diagonal of R may be negative, as LAPACK leaves it. NaN or infinities in a matrix give NaN throughout. The
  /// gradient (Walter & Lehmann 2010, "Algorithmic differentiation of linear algebra functions with application in
  /// optimum experimental design"; Roberts & Roberts 2020 for wide matrices) exists where the first k columns are
  /// independent.
  public func qr() -> (q: Tensor, r: Tensor) {
    guard isMatrix("qr") else { return (self, self) }
    let results = Tensor.custom(QRFactorization(), [self])
    return (results[0], results[1])
  }
}
