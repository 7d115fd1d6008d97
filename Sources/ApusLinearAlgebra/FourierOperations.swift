import ApusTensor
import CApusLinearAlgebra

/// The lines of an array along one axis, as a kernel sees them: `[outer, size, inner]`.
private struct Lines {
  let outer: Int
  let inner: Int
  let isDouble: Bool

  /// `trailing`: how many axes at the end are no part of it (the pairs).
  init(_ spec: TensorSpec, axis: Int, trailing: Int) {
    outer = spec.shape[..<axis].reduce(1, *)
    inner = spec.shape[(axis + 1)...].dropLast(trailing).reduce(1, *)
    isDouble = spec.dtype == .float64
  }
}

extension TensorSpec {
  fileprivate func resized(_ axis: Int, _ size: Int) -> Shape {
    var result = shape
    result[axis] = size
    return result
  }
}

/// x `[…, n, …, 2]` → scale times its transform along one axis.
struct ComplexTransform: CustomOperation {
  let axis: Int
  let inverse: Bool
  let scale: Double

  var name: String { inverse ? "inverseFFT" : "fft" }
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { inputs }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let lines = Lines(specs[0], axis: axis, trailing: 1)
    let plan = FourierPlan.of(.init(size: specs[0].shape[axis], isReal: false, isDouble: lines.isDouble))
    if lines.isDouble {
      apus_fourier_complex_f64(
        plan.pointer, inverse, lines.outer, lines.inner, scale, inputs[0].part(0, 0), outputs[0].part(0, 0))
    } else {
      apus_fourier_complex_f32(
        plan.pointer, inverse, lines.outer, lines.inner, Float(scale), inputs[0].part(0, 0), outputs[0].part(0, 0))
    }
  }

  /// The adjoint of a transform is the one with the opposite sign in the exponent.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    [ComplexTransform(axis: axis, inverse: !inverse, scale: scale)(cotangents[0])]
  }
}

/// x `[…, n, …]` → scale times the first n / 2 + 1 places of its transform along one axis.
struct RealTransform: CustomOperation {
  let axis: Int
  let size: Int
  let scale: Double

  var name: String { "realFFT" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    [TensorSpec(Shape(inputs[0].resized(axis, size / 2 + 1) + [2]), inputs[0].dtype)]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let lines = Lines(specs[0], axis: axis, trailing: 0)
    let plan = FourierPlan.of(.init(size: size, isReal: true, isDouble: lines.isDouble))
    if lines.isDouble {
      apus_fourier_real_f64(
        plan.pointer, lines.outer, lines.inner, scale, inputs[0].part(0, 0), outputs[0].part(0, 0))
    } else {
      apus_fourier_real_f32(
        plan.pointer, lines.outer, lines.inner, Float(scale), inputs[0].part(0, 0), outputs[0].part(0, 0))
    }
  }

  /// The inverse transform counts each inner place twice, for itself and for its mirror image; the adjoint once.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let weights = placeWeights(size, inner: 0.5, axis: axis, like: cotangents[0])
    return [InverseRealTransform(axis: axis, size: size, scale: scale)(cotangents[0] * weights)]
  }
}

/// x `[…, n / 2 + 1, …, 2]` → scale times the inverse transform `[…, n, …]` of the whole that has x as its first half.
struct InverseRealTransform: CustomOperation {
  let axis: Int
  let size: Int
  let scale: Double

  var name: String { "inverseRealFFT" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    [TensorSpec(Shape(inputs[0].resized(axis, size).dropLast()), inputs[0].dtype)]
  }

  func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) {
    let lines = Lines(specs[0], axis: axis, trailing: 1)
    let plan = FourierPlan.of(.init(size: size, isReal: true, isDouble: lines.isDouble))
    if lines.isDouble {
      apus_fourier_inverse_real_f64(
        plan.pointer, lines.outer, lines.inner, scale, inputs[0].part(0, 0), outputs[0].part(0, 0))
    } else {
      apus_fourier_inverse_real_f32(
        plan.pointer, lines.outer, lines.inner, Float(scale), inputs[0].part(0, 0), outputs[0].part(0, 0))
    }
  }

  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    let result = RealTransform(axis: axis, size: size, scale: scale)(cotangents[0])
    return [result * placeWeights(size, inner: 2, axis: axis, like: result)]
  }
}

/// 1 for the places of half a transform that are their own mirror images, `inner` for the others; broadcasts over the
/// transform.
private func placeWeights(_ size: Int, inner: Double, axis: Int, like transform: Tensor) -> Tensor {
  let weights = (0...size / 2).map { $0 == 0 || 2 * $0 == size ? 1 : inner }
  var shape = [Int](repeating: 1, count: transform.rank)
  shape[axis] = weights.count
  return Tensor(weights, shape: Shape(shape), dtype: transform.dtype)
}
