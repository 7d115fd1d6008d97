import ApusTensor

/// The length of all gradients as one vector: a scalar.
///
/// - Parameter order: p of the norm, infinity for the largest magnitude.
public func globalNorm(_ gradients: [Tensor], order: Double = 2) -> Tensor {
  guard !gradients.isEmpty else { return Tensor(0) }
  let norms = gradients.map { gradient in
    (gradient.dtype.isHalf ? gradient.cast(to: .float32) : gradient).norm(order)
  }
  return stack(norms).norm(order)
}

/// Gradients each of whose elements is at most `limit` from zero.
public func clipped(_ gradients: [Tensor], value limit: Double) -> [Tensor] {
  guard limit > 0 else { return [.mistake("clipped: value \(limit), expected a number above 0")] }
  return gradients.map { $0.clamped(-limit, limit) }
}

/// Gradients scaled down together so that their common norm is at most `limit` (Pascanu et al. 2013), in PyTorch's way:
/// times limit / (norm + 10⁻⁶) where that is below 1.
///
/// - Parameter order: p of the norm.
/// - Returns: The gradients, and the norm that they had, a scalar.
public func clipped(
  _ gradients: [Tensor], norm limit: Double, order: Double = 2
) -> (gradients: [Tensor], norm: Tensor) {
  guard limit > 0 else {
    let standIn = Tensor.mistake("clipped: norm \(limit), expected a number above 0")
    return (gradients.map { _ in standIn }, standIn)
  }
  let norm = globalNorm(gradients, order: order)
  let factor = minimum(limit / (norm + 1e-6), 1)
  return (gradients.map { $0 * factor.cast(to: $0.dtype) }, norm)
}
