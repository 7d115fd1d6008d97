import ApusTensor
import CApusLinearAlgebra

/// a → factors and pivots, in LAPACK's form. They have no gradient: what uses them takes `a` as well.
struct LUFactorization: CustomOperation {
  var name: String { "luFactors" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    [inputs[0], TensorSpec(Shape(inputs[0].shape.dropLast()), .int32)]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(_ kernel: (Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<Int32>?) -> Void) {
      for i in 0..<a.batch {
        kernel(
          Int32(a.rows), inputs[0].part(i, a.count), outputs[0].part(i, a.count), outputs[1].part(i, a.rows))
      }
    }
    if a.isDouble { all(apus_lu_f64) } else { all(apus_lu_f32) }
  }
}

/// a, its factors, its pivots, b → x with a x = b or aᵀ x = b.
///
/// The kernel reads the factors, the gradient belongs to `a`: so the gradient needs no factorization of its own.
struct LUSolution: CustomOperation {
  let transposed: Bool

  var name: String { "solve" }
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { [inputs[3]] }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let (a, b) = (Matrices(specs[1]), Matrices(specs[3]))
    func all<T>(
      _ kernel: (
        Int32, Int32, Bool, UnsafePointer<T>?, UnsafePointer<Int32>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?
      ) -> Void
    ) {
      for i in 0..<a.batch {
        kernel(
          Int32(b.rows), Int32(b.columns), transposed, inputs[1].part(i, a.count), inputs[2].part(i, a.rows),
          inputs[3].part(i, b.count), outputs[0].part(i, b.count))
      }
    }
    if a.isDouble { all(apus_lu_solve_f64) } else { all(apus_lu_solve_f32) }
  }

  /// Giles 2008, section 2.3.1: B̄ = A⁻ᵀ X̄ and Ā = −B̄ Xᵀ.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let (x, right) = (
      outputs[0], LUSolution(transposed: !transposed)(inputs[0], inputs[1], inputs[2], cotangents[0])
    )
    let whole = transposed ? x.matmul(right.matrixTransposed) : right.matmul(x.matrixTransposed)
    return [-whole, nil, nil, right]
  }
}

/// a → its inverse.
struct MatrixInverse: CustomOperation {
  var name: String { "inverse" }
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { inputs }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(_ kernel: (Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void) {
      for i in 0..<a.batch { kernel(Int32(a.rows), inputs[0].part(i, a.count), outputs[0].part(i, a.count)) }
    }
    if a.isDouble { all(apus_inverse_f64) } else { all(apus_inverse_f32) }
  }

  /// Giles 2008, section 2.2.3: −A⁻ᵀ X̄ A⁻ᵀ.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let x = outputs[0].matrixTransposed
    return [-x.matmul(cotangents[0]).matmul(x)]
  }
}

extension Tensor {
  /// X of A X = B, for square matrices A `[…, n, n]` (this tensor) and B `[…, n, k]` or `[n]`, by the LU factorization
  /// with partial pivoting.
  ///
  /// Batch axes broadcast. A singular matrix gives NaN. The gradient (Giles 2008) uses the same factorization.
  public func solve(_ b: Tensor) -> Tensor {
    solving("solve", b) { a, b in
      let factors = Tensor.custom(LUFactorization(), [a])
      return LUSolution(transposed: false)(a, factors[0], factors[1], b)
    }
  }

  /// The inverses of square matrices `[…, n, n]`; NaN for a singular one. To solve A X = B, `solve` is faster and more
  /// precise.
  public func inverse() -> Tensor {
    guard isMatrix("inverse", square: true) else { return self }
    return MatrixInverse()(self)
  }

  /// The matrices `[…, n, n]` to an integer power, by repeated squaring; of the inverse for negative ones.
  public func matrixPower(_ exponent: Int) -> Tensor {
    guard isMatrix("matrixPower", square: true) else { return self }
    var (square, rest, result) = (exponent < 0 ? inverse() : self, exponent.magnitude, nil as Tensor?)
    while rest > 0 {
      if rest & 1 == 1 { result = result?.matmul(square) ?? square }
      rest >>= 1
      if rest > 0 { square = square.matmul(square) }
    }
    return result ?? identityMatrices
  }
}
