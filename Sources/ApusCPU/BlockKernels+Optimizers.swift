import ApusCore
import CApusKernels

extension SGDStep: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (count, isNesterov, last) = (operands[0].shape.elementCount, isNesterov, operands.count - 1)
    let hasVelocity = last > 2
    return BlockCall(overwrites: hasVelocity ? [0: 0, 1: 2] : [0: 0]) { memory in
      let values = memory.floats(last)!
      func coefficient(_ which: Coefficient) -> Float { values[which.rawValue] }
      var coefficients = apus_sgd_coefficients(
        gradient_scale: coefficient(.gradientScale), penalty: coefficient(.penalty), kept: coefficient(.kept),
        step_size: coefficient(.stepSize), momentum: coefficient(.momentum),
        gradient_share: coefficient(.gradientShare))
      apus_sgd_step_f32(
        count, isNesterov, &coefficients, memory.floats(0), memory.floats(1), hasVelocity ? memory.floats(2) : nil,
        memory.result(0), memory.result(1))
    }
  }
}

extension AdamStep: KernelBlock {
  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (count, last) = (operands[0].shape.elementCount, operands.count - 1)
    let hasLargest = last > 4
    return BlockCall(overwrites: hasLargest ? [0: 0, 1: 2, 2: 3, 3: 4] : [0: 0, 1: 2, 2: 3]) { memory in
      let values = memory.floats(last)!
      func coefficient(_ which: Coefficient) -> Float { values[which.rawValue] }
      var coefficients = apus_adam_coefficients(
        gradient_scale: coefficient(.gradientScale), penalty: coefficient(.penalty), kept: coefficient(.kept),
        step_size: coefficient(.stepSize), root_scale: coefficient(.rootScale), epsilon: coefficient(.epsilon),
        beta1: coefficient(.beta1), gradient_share: coefficient(.gradientShare), beta2: coefficient(.beta2),
        square_share: coefficient(.squareShare))
      var parts = apus_adam_memory(
        parameter: memory.floats(0), gradient: memory.floats(1), first: memory.floats(2), second: memory.floats(3),
        largest: hasLargest ? memory.floats(4) : nil, next_parameter: memory.result(0), next_first: memory.result(1),
        next_second: memory.result(2), next_largest: memory.result(3))
      apus_adam_step_f32(count, &coefficients, &parts)
    }
  }
}
