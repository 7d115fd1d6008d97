import ApusCore
import CApusKernels

extension Attention: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool {
    operands[0].dtype == .float32
  }

  func reads(_ view: View, operand: Int) -> Bool { hasDenseFeatures(view) }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let shape = attentionShape(operands, mask: operands.count > 3 ? operands[3] : nil, scale, isCausal)
    return BlockCall(scratch: withUnsafePointer(to: shape) { apus_attention_f32_scratch($0) }) { memory in
      withUnsafePointer(to: shape) {
        apus_attention_f32(
          $0, memory.floats(0), memory.floats(1), memory.floats(2), memory.operand(3), memory.result(0),
          memory.result(1), memory.scratch)
      }
    }
  }
}

extension AttentionGradient: KernelBlock {
  /// The gradient of a mask that is added is left to the body.
  func hasKernel(for operands: [TensorType]) -> Bool {
    operands[0].dtype == .float32 && (operands.count < 8 || operands[7].dtype == .bool)
  }

  func reads(_ view: View, operand: Int) -> Bool { (3..<7).contains(operand) ? view.isDense : hasDenseFeatures(view) }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let shape = attentionShape(operands, mask: operands.count > 7 ? operands[7] : nil, scale, isCausal)
    return BlockCall(scratch: withUnsafePointer(to: shape) { apus_attention_gradient_f32_scratch($0) }) { memory in
      withUnsafePointer(to: shape) {
        apus_attention_gradient_f32(
          $0, memory.floats(0), memory.floats(1), memory.floats(2), memory.floats(3), memory.floats(4),
          memory.floats(5), memory.floats(6), memory.operand(7), memory.result(0), memory.result(1), memory.result(2),
          memory.scratch)
      }
    }
  }
}

/// Whether the elements along the last axis lie next to each other.
private func hasDenseFeatures(_ view: View) -> Bool { view.strides[3] == 1 || view.shape[3] == 1 }

private func attentionShape(
  _ operands: [View], mask: View?, _ scale: Double, _ isCausal: Bool
) -> apus_attention_shape {
  let (q, k, v) = (operands[0], operands[1], operands[2])
  func strides(_ view: View) -> apus_attention_strides {
    apus_attention_strides(batch: view.strides[0], time: view.strides[1], head: view.strides[2])
  }
  func maskStride(_ axis: Int) -> Int { mask.map { $0.shape[axis] == 1 ? 0 : $0.strides[axis] } ?? 0 }
  let kind = mask.map { $0.dtype == .bool ? APUS_MASK_BOOL : APUS_MASK_FLOAT } ?? APUS_MASK_NONE
  return apus_attention_shape(
    batch: q.shape[0], heads: q.shape[2], key_heads: k.shape[2], query_time: q.shape[1], key_time: k.shape[1],
    head_size: q.shape[3], value_size: v.shape[3], q: strides(q), k: strides(k), v: strides(v), scale: Float(scale),
    causal: isCausal, mask_kind: kind, mask_batch: maskStride(0), mask_head: maskStride(1),
    mask_query: maskStride(2), mask_key: maskStride(3))
}
