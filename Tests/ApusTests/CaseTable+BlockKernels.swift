import ApusCore
import ApusTensor

/// Blocks over shapes that take a kernel's every path: rows shorter and longer than a vector and than a block of sums,
/// with and without an end that fills no vector, fewer and more rows than a task has.
let blockKernelCases: [Case] = lossKernelCases + normKernelCases + attentionKernelCases + attentionGradientKernelCases

/// The results of a block on tensors.
private func apply(_ block: some Block, _ x: [Tensor]) -> [Tensor] {
  let node = Node.build(.block(AnyBlock(block)), x.map(\.node))
  return node.types.indices.map { Tensor(node.output($0)) }
}

private func labels(_ count: Int, _ classes: Int) -> Input {
  .values((0..<count).map { Double(($0 * 7) % (classes + 1)) }, dtype: .int32)
}

private let lossKernelCases: [Case] = [(3, 15), (40, 16), (5, 65), (130, 97), (3, 2500)].flatMap { rows, classes in
  [
    Case(
      "crossEntropy of \(rows) rows of \(classes)", Coverage(.block, CrossEntropy.name),
      [.spread([rows, classes], -9...9), labels(rows, classes)], tolerance: 8, isDifferentiable: false
    ) { apply(CrossEntropy(), $0)[0] },
    Case(
      "crossEntropy gradient of \(rows) rows of \(classes)", Coverage(.block, CrossEntropyGradient.name),
      [.spread([rows, classes], -9...9), labels(rows, classes), .spread([rows])], tolerance: 8, isDifferentiable: false
    ) { apply(CrossEntropyGradient(), $0)[0] },
  ]
}

private let normShapes: [Shape] = [
  [3, 1], [5, 15], [7, 16], [6, 33], [2, 64, 70], [900, 40], [3, 2100], [1, 4100],
]

private let normKernelCases: [Case] = normShapes.flatMap { shape in
  let last: Shape = [shape.last!]
  return [
    Case(
      "layerNorm of \(shape)", Coverage(.block, LayerNorm.name), [.spread(shape), .spread(last), .spread(last)],
      tolerance: 32, isDifferentiable: false
    ) { apply(LayerNorm(epsilon: 1e-3), $0)[0] },
    Case(
      "rmsNorm of \(shape)", Coverage(.block, RMSNorm.name), [.spread(shape)], tolerance: 32, isDifferentiable: false
    ) {
      apply(RMSNorm(epsilon: 1e-3), $0)[0]
    },
    Case(
      "layerNorm gradient of \(shape)", Coverage(.block, LayerNormGradient.name),
      [.spread(shape), .spread(shape), .spread(last)], tolerance: 256, isDifferentiable: false
    ) { x in
      let all = apply(LayerNormGradient(axisCount: 1, epsilon: 1e-3), x)
      return all[0] + all[1] * 0.25 + all[2] * 0.125
    },
    Case(
      "layerNorm gradient of \(shape) alone", Coverage(.block, LayerNormGradient.name),
      [.spread(shape), .spread(shape)],
      tolerance: 64, isDifferentiable: false
    ) { apply(LayerNormGradient(axisCount: 1, epsilon: 1e-3), $0)[0] },
    Case(
      "rmsNorm gradient of \(shape)", Coverage(.block, RMSNormGradient.name),
      [.spread(shape), .spread(shape), .spread(last)], tolerance: 256, isDifferentiable: false
    ) { x in
      let all = apply(RMSNormGradient(axisCount: 1, epsilon: 1e-3), x)
      return all[0] + all[1] * 0.25
    },
  ]
}

/// Batch, heads, key heads, query time, key time, head size, value size.
private let attentionShapes: [[Int]] = [
  [1, 4, 2, 7, 300, 33, 20], [2, 2, 2, 60, 70, 16, 16], [1, 2, 1, 1, 600, 64, 64], [1, 2, 2, 3, 40, 5, 4],
  [1, 1, 1, 300, 280, 8, 8], [3, 1, 1, 4, 4, 40, 1],
]

private let attentionKernelCases: [Case] = attentionShapes.flatMap { s in
  let inputs: [Input] = [
    .spread([s[0], s[3], s[1], s[5]]), .spread([s[0], s[4], s[2], s[5]]), .spread([s[0], s[4], s[2], s[6]]),
  ]
  return [Input.bool([s[0], 1, s[3], s[4]]), .spread([1, s[1], 1, s[4]]), nil].flatMap { mask in
    [false, true].map { isCausal in
      let name = "\(s)\(isCausal ? ", causal" : "")\(mask.map { ", mask \($0.shape)" } ?? "")"
      return Case(
        "attention of \(name)", Coverage(.block, Attention.name), inputs + (mask.map { [$0] } ?? []), tolerance: 64,
        isDifferentiable: false
      ) { x in
        let all = apply(Attention(scale: 0.3, isCausal: isCausal), x)
        let logSums = select(all[1] .== -Double.infinity, Tensor.full(-9, all[1].shape, dtype: all[1].dtype), all[1])
        return all[0] + logSums.transposed([0, 2, 1]).expandingAxis(3) * 0.125
      }
    }
  }
}

/// The gradient of attention, with operands that are what the forward pass makes of them.
private let attentionGradientKernelCases: [Case] = attentionShapes.flatMap { s in
  let inputs: [Input] = [
    .spread([s[0], s[3], s[1], s[5]]), .spread([s[0], s[4], s[2], s[5]]), .spread([s[0], s[4], s[2], s[6]]),
    .spread([s[0], s[3], s[1], s[6]]), .spread([s[0], s[1], s[3]]),
  ]
  return [Input.bool([s[0], 1, s[3], s[4]]), nil].flatMap { mask in
    [false, true].flatMap { isCausal in
      (0..<3).map { result in
        let name = "\(s)\(isCausal ? ", causal" : "")\(mask.map { ", mask \($0.shape)" } ?? ""), result \(result)"
        return Case(
          "attention gradient of \(name)", Coverage(.block, AttentionGradient.name),
          inputs + (mask.map { [$0] } ?? []), tolerance: 256, isDifferentiable: false
        ) { x in
          let masks = Array(x.dropFirst(5))
          let forward = apply(Attention(scale: 0.3, isCausal: isCausal), Array(x[..<3]) + masks)
          let logSumCotangent = x[4].cast(to: forward[1].dtype)
          return apply(
            AttentionGradient(scale: 0.3, isCausal: isCausal),
            Array(x[..<3]) + forward + [x[3], logSumCotangent] + masks)[result]
        }
      }
    }
  }
}
