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

private func rowNormalization(_ x: View, _ axisCount: Int, _ epsilon: Double, isCentered: Bool) -> BlockCall {
  let (count, length) = rowExtents(x, axisCount)
  return BlockCall(overwrites: [0: 0]) {
    apus_norm_rows_f32(
      isCentered, count, length, Float(epsilon), $0.floats(0), $0.floats(1), $0.floats(2), $0.result(0))
  }
}

/// Of x, the cotangent and possibly a weight.
private func rowNormalizationGradient(
  _ operands: [View], _ axisCount: Int, _ epsilon: Double, isCentered: Bool
) -> BlockCall {
  let (count, length) = rowExtents(operands[0], axisCount)
  let scratch = operands.count > 2 ? apus_norm_rows_gradient_f32_scratch(count, length) : 0
  return BlockCall(scratch: scratch, overwrites: [0: 1]) {
    apus_norm_rows_gradient_f32(
      isCentered, count, length, Float(epsilon), $0.floats(0), $0.floats(1), $0.floats(2), $0.result(0), $0.result(1),
      $0.result(2), $0.scratch)
  }
}

extension ChannelMoments: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, channels) = rowExtents(operands[0], 1)
    return BlockCall(scratch: apus_channel_scratch(rows, channels)) {
      apus_channel_moments_f32(rows, channels, $0.floats(0), $0.result(0), $0.result(1), $0.scratch)
    }
  }
}

extension ChannelProducts: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, channels) = rowExtents(operands[0], 1)
    return BlockCall(scratch: apus_channel_scratch(rows, channels)) {
      apus_channel_products_f32(
        rows, channels, $0.floats(0), $0.floats(1), $0.floats(2), $0.result(0), $0.result(1), $0.scratch)
    }
  }
}

extension GroupNorm: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (batch, positions, channels) = imageExtents(operands[0])
    let (groups, epsilon) = (groups, Float(epsilon))
    return BlockCall(scratch: apus_norm_groups_f32_scratch(batch, positions, channels), overwrites: 0) {
      apus_norm_groups_f32(
        batch, positions, channels, groups, epsilon, $0.floats(0), $0.floats(1), $0.floats(2), $0.result(0), $0.scratch)
    }
  }
}

extension GroupNormGradient: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (batch, positions, channels) = imageExtents(operands[0])
    let (groups, epsilon) = (groups, Float(epsilon))
    return BlockCall(scratch: apus_norm_groups_gradient_f32_scratch(batch, positions, channels), overwrites: 1) {
      apus_norm_groups_gradient_f32(
        batch, positions, channels, groups, epsilon, $0.floats(0), $0.floats(1), $0.floats(2), $0.result(0),
        $0.result(1), $0.result(2), $0.scratch)
    }
  }
}

/// `[batch, …, channels]` with all positions as one axis.
private func imageExtents(_ x: View) -> (batch: Int, positions: Int, channels: Int) {
  (x.shape[0], x.shape.dropFirst().dropLast().reduce(1, *), x.shape[x.shape.rank - 1])
}
