import ApusCore
import CApusKernels

extension CrossEntropy: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { operands[0].dtype == .float32 }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, classes) = (operands[0].shape[0], operands[0].shape[1])
    return BlockCall { apus_cross_entropy_f32(rows, classes, $0.floats(0), $0.integers(1), $0.result(0)) }
  }
}

extension CrossEntropyGradient: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { operands[0].dtype == .float32 }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, classes) = (operands[0].shape[0], operands[0].shape[1])
    // The logits are the largest array of a language model, and no longer needed.
    return BlockCall(overwrites: [0: 0]) {
      apus_cross_entropy_gradient_f32(rows, classes, $0.floats(0), $0.integers(1), $0.floats(2), $0.result(0))
    }
  }
}

extension Softmax: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { isOverRows(operands[0], [axis]) }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, length) = rowExtents(operands[0], 1)
    return BlockCall(overwrites: [0: 0]) { apus_softmax_f32(false, rows, length, $0.floats(0), $0.result(0)) }
  }
}

extension SoftmaxGradient: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { isOverRows(operands[0], [axis]) }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, length) = rowExtents(operands[0], 1)
    return BlockCall(overwrites: [0: 0]) {
      apus_softmax_gradient_f32(false, rows, length, $0.floats(0), $0.floats(1), $0.result(0))
    }
  }
}

extension LogSoftmax: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { isOverRows(operands[0], [axis]) }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, length) = rowExtents(operands[0], 1)
    return BlockCall(overwrites: [0: 0]) { apus_softmax_f32(true, rows, length, $0.floats(0), $0.result(0)) }
  }
}

extension LogSoftmaxGradient: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { isOverRows(operands[0], [axis]) }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, length) = rowExtents(operands[0], 1)
    return BlockCall(overwrites: [0: 0]) {
      apus_softmax_gradient_f32(true, rows, length, $0.floats(0), $0.floats(1), $0.result(0))
    }
  }
}

extension LogSumExp: KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { isOverRows(operands[0], axes) }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (rows, length) = rowExtents(operands[0], axes.count)
    return BlockCall { apus_log_sum_exp_f32(rows, length, $0.floats(0), $0.result(0)) }
  }
}

/// Whether the axes are the last ones, so that the elements along them are rows.
private func isOverRows(_ type: TensorType, _ axes: [Int]) -> Bool {
  type.dtype == .float32 && !axes.isEmpty && axes.sorted() == Array(type.shape.indices.suffix(axes.count))
}

/// Rows and their length, the last axes taken as one.
func rowExtents(_ view: View, _ axisCount: Int) -> (count: Int, length: Int) {
  (view.shape.dropLast(axisCount).reduce(1, *), view.shape.suffix(axisCount).reduce(1, *))
}
