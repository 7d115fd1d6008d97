import ApusCore
import ApusTensor

/// Steps of optimizers over counts of elements that end within a vector, fill vectors, and take more than one task.
let optimizerStepCases: [Case] = ([[1], [16], [5, 19], [3, 30_000]] as [Shape]).flatMap { shape in
  sgdStepCases(shape) + adamStepCases(shape)
}

/// All results, with factors that keep them apart.
private func mixed(_ block: some Block, _ x: [Tensor]) -> Tensor {
  let node = Node.build(.block(AnyBlock(block)), x.map(\.node))
  let results = node.types.indices.map { Tensor(node.output($0)) }
  return results.enumerated().dropFirst().reduce(results[0]) { $0 + $1.element * (1 / Double(1 + 2 * $1.offset)) }
}

private func sgdStepCases(_ shape: Shape) -> [Case] {
  // Scale, penalty, kept, step, momentum, share.
  let numbers = Input.values([0.5, 0.25, 0.875, 0.125, 0.75, 0.5])
  return [(false, false), (true, false), (true, true)].map { hasVelocity, isNesterov in
    Case(
      "sgd step of \(shape)\(hasVelocity ? ", velocity" : "")\(isNesterov ? ", nesterov" : "")",
      Coverage(.block, SGDStep.name),
      [.spread(shape), .spread(shape)] + (hasVelocity ? [.spread(shape)] : []) + [numbers], tolerance: 8,
      isDifferentiable: false
    ) { mixed(SGDStep(isNesterov: isNesterov), $0) }
  }
}

private func adamStepCases(_ shape: Shape) -> [Case] {
  // Scale, penalty, kept, step, root scale, ε, β₁, 1 − β₁, β₂, 1 − β₂.
  let numbers = Input.values([0.5, 0.25, 0.875, 0.125, 1.5, 0.0625, 0.75, 0.25, 0.875, 0.125])
  return [false, true].map { hasLargest in
    Case(
      "adam step of \(shape)\(hasLargest ? ", largest" : "")", Coverage(.block, AdamStep.name),
      [.spread(shape), .spread(shape), .spread(shape), .spread(shape, 0...1)]
        + (hasLargest ? [.spread(shape, 0...1)] : []) + [numbers], tolerance: 8, isDifferentiable: false
    ) { mixed(AdamStep(), $0) }
  }
}
