import ApusTensor
import CApusLinearAlgebra

/// a → the eigenvalues and, as rows, the eigenvectors of a symmetric matrix; or the values alone.
struct SymmetricEigenDecomposition: CustomOperation {
  let valuesOnly: Bool

  var name: String { valuesOnly ? "symmetricEigenvalues" : "symmetricEigen" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    let values = TensorSpec(Shape(inputs[0].shape.dropLast()), inputs[0].dtype)
    return valuesOnly ? [values] : [values, inputs[0]]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(_ kernel: (Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?) -> Void) {
      for i in 0..<a.batch {
        kernel(
          Int32(a.rows), inputs[0].part(i, a.count), outputs[0].part(i, a.rows),
          valuesOnly ? nil : outputs[1].part(i, a.count))
      }
    }
    if a.isDouble { all(apus_symmetric_eigen_f64) } else { all(apus_symmetric_eigen_f32) }
  }

  /// Giles 2008, section 3.1: V (diag(w̄) + F ∘ (Vᵀ V̄)) Vᵀ with F = 1 / (w_j − w_i).
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    if valuesOnly {
      let (_, vectors) = inputs[0].symmetricEigen()
      return [(vectors * cotangents[0].expandingAxis(-2)).matmul(vectors.matrixTransposed)]
    }
    let (w, vt) = (outputs[0], outputs[1])
    let gaps = (w.expandingAxis(-2) - w.expandingAxis(w.rank)).reciprocalOrZero
    let core = gaps * vt.matmul(cotangents[1].matrixTransposed) + cotangents[0].diagonalMatrix
    return [vt.matrixTransposed.matmul(core).matmul(vt)]
  }
}

extension Tensor {
  /// The eigenvalues `[…, n]` of symmetric matrices `[…, n, n]`, in ascending order, and their eigenvectors as the
  /// columns of `[…, n, n]`: A = V diag(w) Vᵀ.
  ///
  /// The symmetric part (A + Aᵀ) / 2 is what is decomposed. NaN or infinities in a matrix give NaN throughout. The
  /// vectors are determined up to their signs, and up to a rotation among equal eigenvalues; the gradient (Giles 2008)
  /// is that of functions which do not depend on the choice.
  public func symmetricEigen() -> (values: Tensor, vectors: Tensor) {
    guard isMatrix("symmetricEigen", square: true) else { return (self, self) }
    let results = Tensor.custom(SymmetricEigenDecomposition(valuesOnly: false), [symmetricPart])
    return (results[0], results[1].matrixTransposed)
  }

  /// The eigenvalues `[…, n]` of symmetric matrices `[…, n, n]`, in ascending order.
  public func symmetricEigenvalues() -> Tensor {
    guard isMatrix("symmetricEigenvalues", square: true) else { return self }
    return SymmetricEigenDecomposition(valuesOnly: true)(symmetricPart)
  }
}
