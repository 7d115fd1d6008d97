import ApusCore
import ApusTensor

/// The named composites: each as a call, over several shapes, and its gradient block by itself.
let namedBlockCases: [Case] =
  softmaxCases + activationCases + normalizationCases + attentionCases + recurrenceCases + embeddingCases

private func block<B: Block>(_ type: B.Type) -> Coverage { Coverage(.block, B.name) }

/// One result of a block on tensors.
private func apply(_ block: some Block, _ x: [Tensor], result: Int = 0) -> Tensor {
  Tensor(Node.build(.block(AnyBlock(block)), x.map(\.node)).output(result))
}

/// In the type that blocks compute statistics in.
private func wide(_ x: Tensor) -> Tensor { x.cast(to: x.dtype.computeType ?? x.dtype) }

private let infinities: [Double] = [-.infinity, -.infinity, -.infinity, 0, 1, .infinity, 2, -.infinity, 3]

private let softmaxCases: [Case] = [
  Case("softmax of rows", block(Softmax.self), [.spread([4, 6], -5...5)], tolerance: 4) { $0[0].softmax() },
  Case("softmax of an inner axis", block(Softmax.self), [.spread([2, 5, 3], -5...5)], tolerance: 4) {
    $0[0].softmax(axis: 1)
  },
  Case("softmax of one", block(Softmax.self), [.spread([3, 1])], tolerance: 4) { $0[0].softmax() },
  Case("softmax of no rows", block(Softmax.self), [.spread([0, 4])], isDifferentiable: false) { $0[0].softmax() },
  Case("softmax of no columns", block(Softmax.self), [.spread([4, 0])], isDifferentiable: false) { $0[0].softmax() },
  Case("softmax of infinities", block(Softmax.self), [.values(infinities, [3, 3])], isDifferentiable: false) {
    $0[0].softmax()
  },
  Case(
    "softmax of thousands", block(Softmax.self), [.spread([3, 5], -2000...2000)], tolerance: 4,
    isDifferentiable: false
  ) { $0[0].softmax() },
  Case("logSoftmax of rows", block(LogSoftmax.self), [.spread([4, 6], -5...5)], tolerance: 8) { $0[0].logSoftmax() },
  Case("logSoftmax of an outer axis", block(LogSoftmax.self), [.spread([4, 2, 3], -5...5)], tolerance: 8) {
    $0[0].logSoftmax(axis: 0)
  },
  Case("logSoftmax of one", block(LogSoftmax.self), [.spread([3, 1])], tolerance: 4) { $0[0].logSoftmax() },
  Case("logSoftmax of no rows", block(LogSoftmax.self), [.spread([0, 4])], isDifferentiable: false) {
    $0[0].logSoftmax()
  },
  Case(
    "logSoftmax of infinities", block(LogSoftmax.self), [.values(infinities, [3, 3])], tolerance: 4,
    isDifferentiable: false
  ) { $0[0].logSoftmax() },
  Case("logSumExp of rows", block(LogSumExp.self), [.spread([4, 6], -5...5)], tolerance: 4) {
    $0[0].logSumExp(axes: [1])
  },
  Case("logSumExp of two axes, kept", block(LogSumExp.self), [.spread([3, 2, 4], -5...5)], tolerance: 4) {
    $0[0].logSumExp(axes: [0, 2], keepDims: true)
  },
  Case("logSumExp of all", block(LogSumExp.self), [.spread([3, 4], -5...5)], tolerance: 4) { $0[0].logSumExp() },
  Case("logSumExp of one", block(LogSumExp.self), [.spread([3, 1])], tolerance: 4) { $0[0].logSumExp(axes: [1]) },
  Case("logSumExp of nothing", block(LogSumExp.self), [.spread([3, 0])], isDifferentiable: false) {
    $0[0].logSumExp(axes: [1])
  },
  Case(
    "logSumExp of infinite rows", block(LogSumExp.self), [.values(infinities, [3, 3])], tolerance: 4,
    isDifferentiable: false
  ) { $0[0].logSumExp(axes: [1]) },
]

private let activationCases: [Case] = [
  Case("gelu", block(GELU.self), [.spread([5, 9], -4...4)], tolerance: 8) { $0[0].gelu() },
  Case("gelu by tanh", block(GELU.self), [.spread([5, 9], -4...4)], tolerance: 8) { $0[0].gelu(approximate: true) },
  Case(
    "gelu by tanh far out", block(GELU.self), [.values([-1e25, -60, -9, 9, 60, 1e25])], tolerance: 8,
    isDifferentiable: false
  ) { $0[0].gelu(approximate: true) },
  Case("gelu of nothing", block(GELU.self), [.spread([0, 3])], isDifferentiable: false) {
    $0[0].gelu(approximate: true)
  },
  Case("silu", block(SiLU.self), [.spread([5, 9], -6...6)], tolerance: 8) { $0[0].silu() },
  Case("silu far out", block(SiLU.self), [.values([-1e30, -90, 0, 90, 1e30])], tolerance: 8, isDifferentiable: false) {
    $0[0].silu()
  },
  Case("softplus", block(Softplus.self), [.spread([5, 9], -6...6)], tolerance: 4) { $0[0].softplus() },
  Case("softplus with beta", block(Softplus.self), [.spread([5, 9], -3...3)], tolerance: 4) {
    $0[0].softplus(beta: 2.5)
  },
  Case(
    "softplus far out", block(Softplus.self), [.values([-.infinity, -90, -0.0, 0, 90, 1e30, .infinity, .nan])],
    tolerance: 4, isDifferentiable: false
  ) { $0[0].softplus() },
  Case("softplus of a scalar", block(Softplus.self), [.spread([])], tolerance: 4) { $0[0].softplus() },
]

private let normalizationCases: [Case] = [
  Case("layerNorm", block(LayerNorm.self), [.spread([4, 7]), .spread([7]), .spread([7])], tolerance: 16) {
    $0[0].layerNorm(weight: $0[1], bias: $0[2])
  },
  Case("layerNorm plain", block(LayerNorm.self), [.spread([2, 3, 5])], tolerance: 16) { $0[0].layerNorm() },
  Case("layerNorm of two axes", block(LayerNorm.self), [.spread([3, 2, 4]), .spread([2, 4])], tolerance: 16) {
    $0[0].layerNorm(axisCount: 2, weight: $0[1], epsilon: 1e-3)
  },
  Case("layerNorm with a bias", block(LayerNorm.self), [.spread([3, 4]), .spread([4])], tolerance: 16) {
    $0[0].layerNorm(bias: $0[1])
  },
  Case(
    "layerNorm of far numbers", block(LayerNorm.self), [.spread([3, 16], 1000...1001)], tolerance: 2000,
    isDifferentiable: false
  ) { $0[0].layerNorm() },
  Case("layerNorm of one", block(LayerNorm.self), [.spread([3, 1]), .spread([1])], tolerance: 16) {
    $0[0].layerNorm(weight: $0[1])
  },
  Case("layerNorm of no rows", block(LayerNorm.self), [.spread([0, 3]), .spread([3])], isDifferentiable: false) {
    $0[0].layerNorm(weight: $0[1])
  },
  Case(
    "layerNorm gradient", block(LayerNormGradient.self), [.spread([3, 5]), .spread([3, 5]), .spread([5])],
    tolerance: 32
  ) { apply(LayerNormGradient(axisCount: 1, epsilon: 1e-5), $0) },
  Case(
    "layerNorm gradient of the weight", block(LayerNormGradient.self),
    [.spread([3, 5]), .spread([3, 5]), .spread([5])], tolerance: 32
  ) { apply(LayerNormGradient(axisCount: 1, epsilon: 1e-5), $0, result: 1) },
  Case("rmsNorm", block(RMSNorm.self), [.spread([4, 7]), .spread([7])], tolerance: 16) {
    $0[0].rmsNorm(weight: $0[1])
  },
  Case("rmsNorm plain", block(RMSNorm.self), [.spread([2, 3, 5])], tolerance: 16) {
    $0[0].rmsNorm(axisCount: 2, epsilon: 1e-2)
  },
  Case(
    "rmsNorm gradient", block(RMSNormGradient.self), [.spread([3, 5]), .spread([3, 5]), .spread([5])],
    tolerance: 32
  ) { apply(RMSNormGradient(axisCount: 1, epsilon: 1e-5), $0) },
  Case("batchNorm", block(BatchNorm.self), [.spread([4, 3, 5]), .spread([5]), .spread([5])], tolerance: 16) {
    $0[0].batchNorm(weight: $0[1], bias: $0[2]).output
  },
  Case("batchNorm of images", block(BatchNorm.self), [.spread([3, 2, 2, 4]), .spread([4])], tolerance: 16) {
    $0[0].batchNorm(weight: $0[1], epsilon: 1e-3).output
  },
  Case("batchNorm with its statistics", block(BatchNorm.self), [.spread([6, 4])], tolerance: 16) {
    let (y, mean, variance) = $0[0].batchNorm()
    return y * 0.5 + (mean.tanh() + variance * mean).cast(to: y.dtype)
  },
  Case("batchNorm of one", block(BatchNorm.self), [.spread([1, 3]), .spread([3])], tolerance: 16) {
    $0[0].batchNorm(weight: $0[1]).output
  },
  Case("batchNorm of no channels", block(BatchNorm.self), [.spread([3, 0])], isDifferentiable: false) {
    $0[0].batchNorm().output
  },
  Case(
    "batchNorm gradient", block(BatchNormGradient.self),
    [
      .spread([5, 3]), .spread([3]), .spread([3], 0.5...2), .spread([5, 3]), .spread([3]), .spread([3]), .spread([3]),
    ],
    tolerance: 32
  ) { x in
    apply(BatchNormGradient(epsilon: 1e-5), x.indices.map { [1, 2, 4, 5].contains($0) ? wide(x[$0]) : x[$0] })
  },
  Case(
    "batchNorm by statistics", block(BatchNormInference.self),
    [.spread([4, 3, 2]), .spread([2]), .spread([2], 0.5...2), .spread([2]), .spread([2])], tolerance: 16
  ) { $0[0].batchNorm(mean: $0[1], variance: $0[2], weight: $0[3], bias: $0[4]) },
  Case("groupNorm", block(GroupNorm.self), [.spread([2, 3, 6]), .spread([6]), .spread([6])], tolerance: 16) {
    $0[0].groupNorm(groups: 2, weight: $0[1], bias: $0[2])
  },
  Case("groupNorm of images", block(GroupNorm.self), [.spread([2, 2, 3, 4]), .spread([4])], tolerance: 16) {
    $0[0].groupNorm(groups: 1, weight: $0[1])
  },
  Case("instance norm", block(GroupNorm.self), [.spread([2, 4, 3])], tolerance: 16) { $0[0].groupNorm(groups: 3) },
  Case("groupNorm of vectors", block(GroupNorm.self), [.spread([3, 6])], tolerance: 16) { $0[0].groupNorm(groups: 3) },
  Case(
    "groupNorm gradient", block(GroupNormGradient.self), [.spread([2, 3, 4]), .spread([2, 3, 4]), .spread([4])],
    tolerance: 32
  ) { apply(GroupNormGradient(groups: 2, epsilon: 1e-5), $0) },
]

private let queries: Input = .spread([2, 3, 4, 5])
private let attentionCases: [Case] = [
  Case(
    "attention, plain", block(Attention.self), [queries, .spread([2, 6, 4, 5]), .spread([2, 6, 4, 3])], tolerance: 16
  ) {
    scaledDotProductAttention($0[0], $0[1], $0[2])
  },
  Case(
    "attention, causal", block(Attention.self), [queries, .spread([2, 3, 4, 5]), .spread([2, 3, 4, 5])],
    tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true) },
  Case(
    "attention, grouped", block(Attention.self), [queries, .spread([2, 6, 2, 5]), .spread([2, 6, 2, 5])],
    tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true, scale: 0.3) },
  Case(
    "attention, one key head", block(Attention.self), [queries, .spread([2, 2, 1, 5]), .spread([2, 2, 1, 4])],
    tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2]) },
  Case(
    "attention, masked", block(Attention.self),
    [
      .spread([1, 2, 2, 3]), .spread([1, 4, 2, 3]), .spread([1, 4, 2, 3]),
      .values([1, 0, 1, 1, 0, 0, 1, 0], [2, 4], dtype: .bool),
    ],
    tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2], mask: $0[3]) },
  Case(
    "attention, blind query", block(Attention.self),
    [
      .spread([1, 2, 2, 3]), .spread([1, 2, 2, 3]), .spread([1, 2, 2, 3]),
      .values([1, 0, 0, 0], [2, 2], dtype: .bool),
    ],
    tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2], mask: $0[3]) },
  Case(
    "attention, added mask", block(Attention.self),
    [.spread([2, 2, 2, 3]), .spread([2, 4, 2, 3]), .spread([2, 4, 2, 3]), .spread([2, 1, 1, 4])], tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2], mask: $0[3]) },
  Case(
    "attention, logarithms", block(Attention.self),
    [.spread([1, 2, 2, 3]), .spread([1, 4, 2, 3]), .spread([1, 4, 2, 3])], tolerance: 16
  ) {
    let node = Node.build(.block(AnyBlock(Attention(scale: 0.5))), $0.map(\.node))
    return Tensor(node.output(0)).sum(axes: [1, 3]) * 0.5 + Tensor(node.output(1)).sum(axes: [2]).cast(to: $0[0].dtype)
  },
  Case(
    "attention to itself", block(Attention.self),
    [.spread([1, 1, 1, 1]), .spread([1, 1, 1, 1]), .spread([1, 1, 1, 1])], tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2]) },
  Case(
    "attention without batch", block(Attention.self), [.spread([3, 2, 4]), .spread([3, 2, 4]), .spread([3, 2, 4])],
    tolerance: 16
  ) { scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true) },
  Case(
    "attention to nothing", block(Attention.self),
    [.spread([1, 2, 2, 3]), .spread([1, 0, 2, 3]), .spread([1, 0, 2, 3])], isDifferentiable: false
  ) { scaledDotProductAttention($0[0], $0[1], $0[2]) },
  Case(
    "attention gradient", block(AttentionGradient.self),
    [
      .spread([1, 2, 2, 3]), .spread([1, 4, 1, 3]), .spread([1, 4, 1, 3]), .spread([1, 2, 2, 3]),
      .spread([1, 2, 2], 1...3), .spread([1, 2, 2, 3]), .spread([1, 2, 2]), .spread([1, 1, 2, 4]),
    ], tolerance: 32
  ) { x in
    let operands = x.indices.map { [4, 6].contains($0) ? wide(x[$0]).node : x[$0].node }
    let node = Node.build(.block(AnyBlock(AttentionGradient(scale: 0.5, isCausal: true))), operands)
    return Tensor(node.output(0)).sum(axes: [1, 2]) + Tensor(node.output(1)).sum(axes: [1, 2])
      + Tensor(node.output(2)).sum(axes: [1, 2]) + Tensor(node.output(3)).sum()
  },
]

private let lstmInputs: [Input] = [
  .spread([3, 4]), .spread([3, 2]), .spread([3, 2]), .spread([8, 4], -1...1), .spread([8, 2], -1...1), .spread([8]),
]
private let gruInputs: [Input] = [
  .spread([3, 4]), .spread([3, 2]), .spread([6, 4], -1...1), .spread([6, 2], -1...1), .spread([6]), .spread([6]),
]

private let recurrenceCases: [Case] = [
  Case("lstmCell", block(LSTMCell.self), lstmInputs, tolerance: 16) {
    let state = lstmCell($0[0], ($0[1], $0[2]), weightInput: $0[3], weightHidden: $0[4], biasInput: $0[5])
    return state.hidden * 0.7 + state.cell
  },
  Case(
    "lstmCell with its gates", block(LSTMCell.self),
    [.spread([3, 8]), .spread([3, 2]), .spread([3, 2]), .spread([8, 2], -1...1)], tolerance: 16
  ) {
    let node = Node.build(.block(AnyBlock(LSTMCell())), $0.map(\.node))
    return Tensor(node.output(2)).sum(axis: 1, keepDims: true) * Tensor(node.output(0))
  },
  Case(
    "lstmCell of one", block(LSTMCell.self),
    [.spread([1, 4]), .spread([1, 1]), .spread([1, 1]), .spread([4, 1], -1...1)], tolerance: 16
  ) { apply(LSTMCell(), $0) },
  Case(
    "lstmCell gradient", block(LSTMCellGradient.self),
    [
      .spread([2, 8], 0.1...0.9), .spread([2, 2]), .spread([2, 2]), .spread([2, 2]), .spread([2, 2]),
      .spread([2, 8]),
    ], tolerance: 16
  ) { apply(LSTMCellGradient(), $0) },
  Case("lstm update", block(LSTMUpdate.self), [.spread([5, 76]), .spread([5, 19])], tolerance: 16) { x in
    apply(LSTMUpdate(), x) + apply(LSTMUpdate(), x, result: 1)
      + apply(LSTMUpdate(), x, result: 2).reshaped(to: [5, 4, 19]).sum(axis: 1)
  },
  Case("lstm update, far from 0", block(LSTMUpdate.self), [.spread([2, 136], -40...40), .spread([2, 34])]) { x in
    apply(LSTMUpdate(), x, result: 1)
  },
  Case(
    "lstm gradient over whole vectors", block(LSTMCellGradient.self),
    [
      .spread([3, 136], 0.1...0.9), .spread([3, 34]), .spread([3, 34]), .spread([3, 34]), .spread([3, 34]),
      .spread([3, 136]),
    ], tolerance: 16, isDifferentiable: false
  ) { apply(LSTMCellGradient(), $0) },
  Case(
    "lstm gradient of two states", block(LSTMCellGradient.self),
    [.spread([3, 136], 0.1...0.9), .spread([3, 34]), .spread([3, 34]), .spread([1, 1])], tolerance: 16,
    isDifferentiable: false
  ) {
    let given = $0[3].broadcast(to: [3, 136])
    return apply(LSTMCellGradient(), [$0[0], $0[1], $0[2], $0[1], $0[2], given], result: 1)
      + apply(LSTMCellGradient(), [$0[0], $0[1], $0[2], $0[1], $0[2], given]).reshaped(to: [3, 4, 34]).sum(axis: 1)
  },
  Case(
    "gru update", block(GRUUpdate.self), [.spread([5, 57]), .spread([5, 57]), .spread([5, 19])], tolerance: 16
  ) { x in
    apply(GRUUpdate(), x) + apply(GRUUpdate(), x, result: 1).reshaped(to: [5, 4, 19]).sum(axis: 1)
  },
  Case(
    "gru gradient over whole vectors", block(GRUCellGradient.self),
    [.spread([3, 136], 0.1...0.9), .spread([3, 34]), .spread([3, 34]), .spread([3, 136])], tolerance: 16,
    isDifferentiable: false
  ) { x in
    let parts = (0..<2).map { apply(GRUCellGradient(), x, result: $0).reshaped(to: [3, 3, 34]).sum(axis: 1) }
    return parts[0] + parts[1] + apply(GRUCellGradient(), x, result: 2)
  },
  Case("gruCell", block(GRUCell.self), gruInputs, tolerance: 16) {
    gruCell($0[0], $0[1], weightInput: $0[2], weightHidden: $0[3], biasInput: $0[4], biasHidden: $0[5])
  },
  Case(
    "gruCell with its gates", block(GRUCell.self),
    [.spread([3, 6]), .spread([3, 2]), .spread([6, 2], -1...1)], tolerance: 16
  ) {
    let node = Node.build(.block(AnyBlock(GRUCell())), $0.map(\.node))
    return Tensor(node.output(1)).sum(axis: 1, keepDims: true) * Tensor(node.output(0))
  },
  Case(
    "gruCell gradient", block(GRUCellGradient.self),
    [.spread([2, 8], 0.1...0.9), .spread([2, 2]), .spread([2, 2]), .spread([2, 8])], tolerance: 16
  ) { apply(GRUCellGradient(), $0, result: 1) },
  Case(
    "lstm", Coverage(.scan), [.spread([2, 5, 3]), .spread([8, 3], -1...1), .spread([8, 2], -1...1), .spread([8])],
    tolerance: 32
  ) {
    let (outputs, state) = lstm($0[0], weightInput: $0[1], weightHidden: $0[2], biasInput: $0[3])
    return outputs.sum(axis: 1) + state.hidden * state.cell
  },
  Case(
    "lstm, reversed", Coverage(.scan),
    [.spread([2, 3, 3]), .spread([2, 2]), .spread([2, 2]), .spread([8, 3], -1...1), .spread([8, 2], -1...1)],
    tolerance: 32
  ) { lstm($0[0], initial: ($0[1], $0[2]), weightInput: $0[3], weightHidden: $0[4], reversed: true).outputs },
  Case(
    "gru", Coverage(.scan),
    [.spread([2, 5, 3]), .spread([6, 3], -1...1), .spread([6, 2], -1...1), .spread([6]), .spread([6])], tolerance: 32
  ) {
    let (outputs, state) = gru($0[0], weightInput: $0[1], weightHidden: $0[2], biasInput: $0[3], biasHidden: $0[4])
    return outputs.sum(axis: 1) * state
  },
]

private let embeddingCases: [Case] = [
  Case("embedding", block(EmbeddingLookup.self), [.spread([5, 3]), .values([4, 0, 2, 2], [2, 2], dtype: .int32)]) {
    embedding($0[1], table: $0[0])
  },
  Case(
    "embedding with padding", block(EmbeddingLookup.self), [.spread([5, 3]), .values([4, 0, 9, -2], dtype: .int64)],
    isDifferentiable: false
  ) { embedding($0[1], table: $0[0], paddingIndex: 0) },
  Case("embedding of one", block(EmbeddingLookup.self), [.spread([4, 2]), .values([3], [], dtype: .uint8)]) {
    embedding($0[1], table: $0[0])
  },
  Case(
    "embedding of nothing", block(EmbeddingLookup.self), [.spread([4, 2]), .values([], [0, 3], dtype: .int32)],
    isDifferentiable: false
  ) { embedding($0[1], table: $0[0]) },
]
