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
    return BlockCall {
      apus_cross_entropy_gradient_f32(rows, classes, $0.floats(0), $0.integers(1), $0.floats(2), $0.result(0))
    }
  }
}
