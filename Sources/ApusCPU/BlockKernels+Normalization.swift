import ApusCore
import CApusKernels

extension LayerNorm: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    rowNormalization(operands[0], axisCount, epsilon, isCentered: true)
  }
}

extension LayerNormGradient: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    rowNormalizationGradient(operands, axisCount, epsilon, isCentered: true)
  }
}

extension RMSNorm: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    rowNormalization(operands[0], axisCount, epsilon, isCentered: false)
  }
}

extension RMSNormGradient: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    rowNormalizationGradient(operands, axisCount, epsilon, isCentered: false)
  }
}

/// Rows and their length: the last axes are one.
private func rows(_ x: View, _ axisCount: Int) -> (count: Int, length: Int) {
  let length = x.shape.suffix(axisCount).reduce(1, *)
  return (x.shape.dropLast(axisCount).reduce(1, *), length)
}

private func rowNormalization(_ x: View, _ axisCount: Int, _ epsilon: Double, isCentered: Bool) -> BlockCall {
  let (count, length) = rows(x, axisCount)
  return BlockCall {
    apus_norm_rows_f32(
      isCentered, count, length, Float(epsilon), $0.floats(0), $0.floats(1), $0.floats(2), $0.result(0))
  }
}

/// Of x, the cotangent and possibly a weight.
private func rowNormalizationGradient(
  _ operands: [View], _ axisCount: Int, _ epsilon: Double, isCentered: Bool
) -> BlockCall {
  let (count, length) = rows(operands[0], axisCount)
  let scratch = operands.count > 2 ? apus_norm_rows_gradient_f32_scratch(count, length) : 0
  return BlockCall(scratch: scratch) {
    apus_norm_rows_gradient_f32(
      isCentered, count, length, Float(epsilon), $0.floats(0), $0.floats(1), $0.floats(2), $0.result(0), $0.result(1),
      $0.result(2), $0.scratch)
  }
}
