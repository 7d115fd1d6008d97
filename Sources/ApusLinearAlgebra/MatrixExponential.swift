import ApusTensor
import CApusLinearAlgebra

/// a → e^a.
struct ExponentialOfMatrix: CustomOperation {
  var name: String { "matrixExponential" }
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { inputs }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(_ kernel: (Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void) {
      for i in 0..<a.batch { kernel(Int32(a.rows), inputs[0].part(i, a.count), outputs[0].part(i, a.count)) }
    }
    if a.isDouble { all(apus_matrix_exponential_f64) } else { all(apus_matrix_exponential_f32) }
  }

  /// The upper right block of exp of [Aᵀ G; 0 Aᵀ] is the derivative at Aᵀ in the direction G (Van Loan 1978), which is
  /// the adjoint of the one at A.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let (a, n) = (inputs[0].matrixTransposed, inputs[0].rows)
    let above = concatenate([a, cotangents[0]], axis: -1)
    let below = concatenate([Tensor.zeros(like: a), a], axis: -1)
    let whole = ExponentialOfMatrix()(concatenate([above, below], axis: -2))
    return [whole[TensorIndex.ellipsis, 0..<n, n..<2 * n]]
  }
}

extension Tensor {
  /// e to the power of square matrices `[…, n, n]`, by scaling and squaring with Padé approximants (Higham 2005, "The
  /// scaling and squaring method for the matrix exponential revisited").
  ///
  /// NaN or infinities in a matrix give NaN throughout. The gradient is the exponential of a matrix twice as large (Van
  /// Loan 1978, "Computing integrals involving the matrix exponential").
  public func matrixExponential() -> Tensor {
    guard isMatrix("matrixExponential", square: true) else { return self }
    return ExponentialOfMatrix()(self)
  }
}
