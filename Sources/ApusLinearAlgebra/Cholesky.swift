import ApusTensor
import CApusLinearAlgebra

/// a → its lower factor.
struct CholeskyFactorization: CustomOperation {
  var name: String { "choleskyFactor" }
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { inputs }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(_ kernel: (Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void) {
      for i in 0..<a.batch { kernel(Int32(a.rows), inputs[0].part(i, a.count), outputs[0].part(i, a.count)) }
    }
    if a.isDouble { all(apus_cholesky_f64) } else { all(apus_cholesky_f32) }
  }

  /// Murray 2016, equation 10: L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, where Φ keeps the lower triangle and halves the diagonal.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let l = outputs[0]
    let product = l.matrixTransposed.matmul(cotangents[0].lowerTriangle())
    let phi = (product.lowerTriangle() + product.lowerTriangle(-1)) * 0.5
    let left = l.triangular(phi, upper: false, transposed: true)
    return [l.triangular(left.matrixTransposed, upper: false, transposed: true).matrixTransposed.symmetricPart]
  }
}

/// a, b → x with op(a) x = b for a triangular a.
struct TriangularSolution: CustomOperation {
  let upper: Bool
  let transposed: Bool
  let unitDiagonal: Bool

  var name: String { "solveTriangular" }
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { [inputs[1]] }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let (a, b) = (Matrices(specs[0]), Matrices(specs[1]))
    func all<T>(
      _ kernel: (Int32, Int32, Bool, Bool, Bool, UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void
    ) {
      for i in 0..<a.batch {
        kernel(
          Int32(b.rows), Int32(b.columns), upper, transposed, unitDiagonal, inputs[0].part(i, a.count),
          inputs[1].part(i, b.count), outputs[0].part(i, b.count))
      }
    }
    if a.isDouble { all(apus_solve_triangular_f64) } else { all(apus_solve_triangular_f32) }
  }

  /// Giles 2008, section 2.3.1: B̄ = A⁻ᵀ X̄ and Ā = −B̄ Xᵀ, of which the triangle counts.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let opposite = TriangularSolution(upper: upper, transposed: !transposed, unitDiagonal: unitDiagonal)
    let (x, right) = (outputs[0], opposite(inputs[0], cotangents[0]))
    let whole = -(transposed ? x.matmul(right.matrixTransposed) : right.matmul(x.matrixTransposed))
    let offset = unitDiagonal ? 1 : 0
    return [upper ? whole.upperTriangle(offset) : whole.lowerTriangle(-offset), right]
  }
}

extension Tensor {
  /// `solveTriangular` for matrices that are known to fit.
  func triangular(_ b: Tensor, upper: Bool, transposed: Bool = false) -> Tensor {
    TriangularSolution(upper: upper, transposed: transposed, unitDiagonal: false)(self, b)
  }

  /// The lower triangular factor L of symmetric positive definite matrices `[…, n, n]`: A = L Lᵀ.
  ///
  /// The symmetric part (A + Aᵀ) / 2 is what is factored. A matrix that is not positive definite gives NaN throughout;
  /// `isPositiveDefinite()` asks. The gradient is Murray's (2016, "Differentiation of the Cholesky decomposition").
  public func choleskyFactor() -> Tensor {
    guard isMatrix("choleskyFactor", square: true) else { return self }
    return CholeskyFactorization()(symmetricPart)
  }

  /// Whether the symmetric parts of matrices `[…, n, n]` are positive definite, as a `bool` for each: `[…]`.
  public func isPositiveDefinite() -> Tensor {
    guard isMatrix("isPositiveDefinite", square: true) else { return self }
    return (CholeskyFactorization()(symmetricPart.stoppingGradient()).matrixDiagonal .> 0).all(axes: [-1])
  }

  /// X of A X = B, for triangular matrices A `[…, n, n]` (this tensor) and B `[…, n, k]` or `[n]`.
  ///
  /// Only the triangle in question is read. A zero on the diagonal gives infinities or NaN. The gradient is Giles's
  /// (2008, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation").
  ///
  /// - Parameters:
  ///   - upper: Whether A is upper triangular.
  ///   - transposed: Whether to solve Aᵀ X = B instead.
  ///   - unitDiagonal: Whether the diagonal of A counts as ones and is not read.
  public func solveTriangular(
    _ b: Tensor, upper: Bool = false, transposed: Bool = false, unitDiagonal: Bool = false
  ) -> Tensor {
    solving("solveTriangular", b) { a, b in
      TriangularSolution(upper: upper, transposed: transposed, unitDiagonal: unitDiagonal)(a, b)
    }
  }

  /// Calls `body` with square matrices and right-hand sides whose shapes fit; a vector is one column.
  func solving(_ name: String, square: Bool = true, _ b: Tensor, _ body: (Tensor, Tensor) -> Tensor) -> Tensor {
    guard isMatrix(name, square: square), b.hasRealElements(name) else { return b }
    guard b.rank > 0, b.dtype == dtype, b.shape[Swift.max(b.rank - 2, 0)] == rows else {
      return .mistake(
        "\(name): a \(dtype)\(shape) and b \(b.dtype)\(b.shape), expected b [..., \(rows), k] or [\(rows)] of \(dtype)")
    }
    let isVector = b.rank == 1
    guard let (a, right) = Tensor.broadcastingBatches(name, self, isVector ? b.expandingAxis(1) : b) else { return b }
    let x = body(a, right)
    return isVector ? x.squeezed([-1]) : x
  }
}
