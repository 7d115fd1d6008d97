import ApusTensor
import CApusLinearAlgebra

/// a → its Moore–Penrose inverse.
struct MoorePenroseInverse: CustomOperation {
  let cutoff: Double

  var name: String { "pseudoInverse" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    let a = Matrices(inputs[0])
    return [TensorSpec(Shape(inputs[0].shape.dropLast(2) + [a.columns, a.rows]), inputs[0].dtype)]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T: BinaryFloatingPoint>(
      _ kernel: (Int32, Int32, T, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void
    ) {
      for i in 0..<a.batch {
        kernel(
          Int32(a.rows), Int32(a.columns), T(cutoff), inputs[0].part(i, a.count), outputs[0].part(i, a.count))
      }
    }
    if a.isDouble { all(apus_pseudo_inverse_f64) } else { all(apus_pseudo_inverse_f32) }
  }

  /// Golub & Pereyra 1973, equation 4.12, transposed: with P = A⁺,
  /// Ā = −Pᵀ P̄ Pᵀ + (I − A P) P̄ᵀ P Pᵀ + Pᵀ P P̄ᵀ (I − P A).
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let (a, p, g) = (inputs[0], outputs[0], cotangents[0])
    let (pt, gt) = (p.matrixTransposed, g.matrixTransposed)
    let left = gt.matmul(p).matmul(pt), right = pt.matmul(p).matmul(gt)
    var result = -pt.matmul(g).matmul(pt)
    result += left - a.matmul(p.matmul(left))
    result += right - right.matmul(p).matmul(a)
    return [result]
  }
}

extension Tensor {
  /// The Moore–Penrose inverses `[…, n, m]` of matrices `[…, m, n]`.
  ///
  /// Singular values up to `tolerance` times the largest count as zero, by default max(m, n) times the precision of the
  /// type. The gradient (Golub & Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares
  /// problems whose variables separate") is that at constant rank.
  public func pseudoInverse(tolerance: Double? = nil) -> Tensor {
    guard isMatrix("pseudoInverse") else { return self }
    return MoorePenroseInverse(cutoff: tolerance ?? precision)(self)
  }

  /// X `[…, n, k]` of least ‖A X − B‖, for matrices A `[…, m, n]` (this tensor) and B `[…, m, k]` or `[m]`; of several
  /// the one of least norm.
  ///
  /// It goes by the singular value decomposition, so A may have any rank: singular values up to `tolerance` times the
  /// largest count as zero, by default max(m, n) times the precision of the type.
  public func leastSquares(_ b: Tensor, tolerance: Double? = nil) -> Tensor {
    solving("leastSquares", square: false, b) { a, b in a.pseudoInverse(tolerance: tolerance).matmul(b) }
  }
}
