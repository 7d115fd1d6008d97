import ApusCore
import ApusTensor

/// Blocks over shapes that take a kernel's every path: rows shorter and longer than a vector and than a block of sums,
/// with and without an end that fills no vector, fewer and more rows than a task has.
let blockKernelCases: [Case] =
  lossKernelCases + softmaxKernelCases + channelKernelCases + normKernelCases + groupNormKernelCases
  + attentionKernelCases + attentionGradientKernelCases

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

/// Positions taken several at a time or not, examples by themselves or in chunks, groups of one channel and of all.
private let groupNormShapes: [(shape: Shape, groups: Int)] = [
  ([3, 1], 1), ([12, 16], 4), ([2, 7, 6], 3), ([3, 40, 3], 1), ([9, 6, 6, 20], 5), ([2, 9, 9, 70], 7),
  ([1, 50, 30, 64], 32), ([2, 300, 130], 130),
]

private let groupNormKernelCases: [Case] = groupNormShapes.flatMap { shape, groups in
  let channels: Shape = [shape.last!]
  return [
    Case(
      "groupNorm of \(shape) in \(groups)", Coverage(.block, GroupNorm.name),
      [.spread(shape), .spread(channels), .spread(channels)], tolerance: 32, isDifferentiable: false
    ) { apply(GroupNorm(groups: groups, epsilon: 1e-3), $0)[0] },
    Case(
      "groupNorm of \(shape) in \(groups) alone", Coverage(.block, GroupNorm.name), [.spread(shape, 5...6)],
      tolerance: 64, isDifferentiable: false
    ) { apply(GroupNorm(groups: groups, epsilon: 1e-3), $0)[0] },
    Case(
      "groupNorm gradient of \(shape) in \(groups)", Coverage(.block, GroupNormGradient.name),
      [.spread(shape), .spread(shape), .spread(channels)], tolerance: 256, isDifferentiable: false
    ) { x in
      let all = apply(GroupNormGradient(groups: groups, epsilon: 1e-3), x)
      return all[0] + all[1] * 0.25 + all[2] * 0.125
    },
    Case(
      "groupNorm gradient of \(shape) in \(groups) alone", Coverage(.block, GroupNormGradient.name),
      [.spread(shape), .spread(shape)], tolerance: 64, isDifferentiable: false
    ) { apply(GroupNormGradient(groups: groups, epsilon: 1e-3), $0)[0] },
  ]
}

private let softmaxKernelCases: [Case] =
  ([[3, 1], [5, 15], [40, 16], [130, 97], [3, 2500], [7, 9, 33]] as [Shape])
  .flatMap { shape in
    [
      Case(
        "softmax of \(shape)", Coverage(.block, Softmax.name), [.spread(shape, -9...9)], tolerance: 8,
        isDifferentiable: false
      ) { $0[0].softmax() },
      Case(
        "logSoftmax of \(shape)", Coverage(.block, LogSoftmax.name), [.spread(shape, -9...9)], tolerance: 16,
        isDifferentiable: false
      ) { $0[0].logSoftmax() },
      Case(
        "logSumExp of \(shape)", Coverage(.block, LogSumExp.name), [.spread(shape, -9...9)], tolerance: 8,
        isDifferentiable: false
      ) { $0[0].logSumExp(axes: [shape.rank - 1]) },
      Case(
        "softmax gradient of \(shape)", Coverage(.block, SoftmaxGradient.name),
        [.spread(shape, 0...1), .spread(shape)], tolerance: 512, isDifferentiable: false
      ) { apply(SoftmaxGradient(axis: shape.rank - 1), $0)[0] },
      Case(
        "logSoftmax gradient of \(shape)", Coverage(.block, LogSoftmaxGradient.name),
        [.spread(shape, -9...0), .spread(shape)], tolerance: 128, isDifferentiable: false
      ) { apply(LogSoftmaxGradient(axis: shape.rank - 1), $0)[0] },
    ]
  }

private let channelKernelCases: [Case] = ([[1, 3], [70, 16], [300, 17], [5, 60, 70], [777, 3]] as [Shape])
  .flatMap { shape in
    [
      Case(
        "channel moments of \(shape)", Coverage(.block, ChannelMoments.name), [.spread(shape, 3...4)], tolerance: 32,
        isDifferentiable: false
      ) { x in
        let all = apply(ChannelMoments(), x)
        return all[0] + all[1] * 4
      },
      Case(
        "channel products of \(shape)", Coverage(.block, ChannelProducts.name),
        [.spread(shape), .spread(shape), .spread([shape.last!])], tolerance: 256, isDifferentiable: false
      ) { x in
        let all = apply(ChannelProducts(), [x[0], x[1], x[2].cast(to: x[0].dtype.computeType ?? x[0].dtype)])
        return all[0] + all[1] * 0.25
      },
    ]
  }

/// Batch, heads, key heads, query time, key time, head size, value size.
private let attentionShapes: [[Int]] = [
  [1, 4, 2, 7, 300, 33, 20], [2, 2, 2, 60, 70, 16, 16], [1, 2, 1, 1, 600, 64, 64], [1, 2, 2, 3, 40, 5, 4],
  [1, 1, 1, 300, 280, 8, 8], [3, 1, 1, 4, 4, 40, 1],
]

private let cacheCases: [Case] = [1, 3].map { time in
  Case(
    "attention of \(time) to a cache that is not full", Coverage(.block, Attention.name),
    [
      .spread([1, time, 2, 8]), .spread([1, 600, 2, 8]), .spread([1, 600, 2, 8]),
      .values((0..<600).map { $0 < 290 ? 1 : 0 }, [1, 1, 1, 600], dtype: .bool),
    ], tolerance: 64, isDifferentiable: false
  ) { apply(Attention(scale: 0.3), $0)[0] }
}

private let attentionKernelCases: [Case] =
  cacheCases
  + attentionShapes.flatMap { s in
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
  return [Input.bool([s[0], 1, s[3], s[4]]), .spread([1, s[1], 1, s[4]]), nil].flatMap { mask in
    [false, true].map { isCausal in
      let name = "\(s)\(isCausal ? ", causal" : "")\(mask.map { ", mask \($0.shape)" } ?? "")"
      return Case(
        "attention gradient of \(name)", Coverage(.block, AttentionGradient.name), inputs + (mask.map { [$0] } ?? []),
        tolerance: 256, isDifferentiable: false
      ) { x in
        let masks = Array(x.dropFirst(5))
        let forward = apply(Attention(scale: 0.3, isCausal: isCausal), Array(x[..<3]) + masks)
        let cotangents = [x[3], x[4].cast(to: forward[1].dtype)]
        let gradients = apply(
          AttentionGradient(scale: 0.3, isCausal: isCausal), Array(x[..<3]) + forward + cotangents + masks)
        return concatenate(gradients.map { $0.reshaped(to: [$0.count]) }, axis: 0)
      }
    }
  }
}
