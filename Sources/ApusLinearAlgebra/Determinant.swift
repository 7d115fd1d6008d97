import ApusTensor
import CApusLinearAlgebra

/// a, its factors, its pivots → the determinant.
struct DeterminantOfFactors: CustomOperation {
  var name: String { "determinant" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    [TensorSpec(Shape(inputs[0].shape.dropLast(2)), inputs[0].dtype)]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(_ kernel: (Int32, UnsafePointer<T>?, UnsafePointer<Int32>?) -> T) {
      for i in 0..<a.batch {
        outputs[0].part(i, 1)?.pointee = kernel(Int32(a.rows), inputs[1].part(i, a.count), inputs[2].part(i, a.rows))
      }
    }
    if a.isDouble { all(apus_determinant_f64) } else { all(apus_determinant_f32) }
  }

  /// Jacobi's formula; the cofactors are there for singular matrices too.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    [Cofactors()(inputs[0]) * cotangents[0].expandingAxis(cotangents[0].rank).expandingAxis(-1), nil, nil]
  }
}

/// a → the matrix of its cofactors.
struct Cofactors: CustomOperation {
  var name: String { "cofactors" }
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { inputs }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(_ kernel: (Int32, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void) {
      for i in 0..<a.batch { kernel(Int32(a.rows), inputs[0].part(i, a.count), outputs[0].part(i, a.count)) }
    }
    if a.isDouble { all(apus_cofactors_f64) } else { all(apus_cofactors_f32) }
  }

  /// Of det(A) A⁻ᵀ: needs the inverse, hence NaN where the matrix is singular.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let (g, m) = (cotangents[0], inputs[0].inverse().matrixTransposed)
    let determinant = inputs[0].determinant()
    let trace = (g * m).sum(axes: [-2, -1], keepDims: true) * m
    let scale = determinant.expandingAxis(determinant.rank).expandingAxis(-1)
    return [(trace - m.matmul(g.matrixTransposed).matmul(m)) * scale]
  }
}

/// a, its factors, its pivots → the determinant's sign and the logarithm of its magnitude.
struct LogDeterminantOfFactors: CustomOperation {
  var name: String { "logDeterminant" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    let spec = TensorSpec(Shape(inputs[0].shape.dropLast(2)), inputs[0].dtype)
    return [spec, spec]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let a = Matrices(specs[0])
    func all<T>(
      _ kernel: (
        Int32, UnsafePointer<T>?, UnsafePointer<Int32>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?
      ) -> Void
    ) {
      for i in 0..<a.batch {
        kernel(
          Int32(a.rows), inputs[1].part(i, a.count), inputs[2].part(i, a.rows), outputs[0].part(i, 1),
          outputs[1].part(i, 1))
      }
    }
    if a.isDouble { all(apus_log_determinant_f64) } else { all(apus_log_determinant_f32) }
  }

  /// Giles 2008, section 2.2.4: A⁻ᵀ times the logarithm's cotangent.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let a = inputs[0]
    let inverse = LUSolution(transposed: true)(a, inputs[1], inputs[2], a.identityMatrices)
    return [inverse * cotangents[1].expandingAxis(cotangents[1].rank).expandingAxis(-1), nil, nil]
  }
}

extension Tensor {
  /// The determinants `[…]` of square matrices `[…, n, n]`.
  ///
  /// The gradient is the matrix of cofactors (Jacobi's formula), which a singular matrix has as well; the gradient of
  /// the gradient needs the inverse and is NaN there. For large matrices use `logDeterminant`: this one overflows.
  public func determinant() -> Tensor {
    guard isMatrix("determinant", square: true) else { return self }
    let factors = Tensor.custom(LUFactorization(), [self])
    return DeterminantOfFactors()(self, factors[0], factors[1])
  }

  /// The signs (−1, 0 or 1) and the logarithms of the magnitudes of the determinants of square matrices `[…, n, n]`,
  /// each `[…]`. A singular matrix gives 0 and −∞.
  ///
  /// The logarithm's gradient is A⁻ᵀ (Giles 2008); the sign has none.
  public func logDeterminant() -> (sign: Tensor, logarithm: Tensor) {
    guard isMatrix("logDeterminant", square: true) else { return (self, self) }
    let factors = Tensor.custom(LUFactorization(), [self])
    let results = Tensor.custom(LogDeterminantOfFactors(), [self, factors[0], factors[1]])
    return (results[0].stoppingGradient(), results[1])
  }
}
