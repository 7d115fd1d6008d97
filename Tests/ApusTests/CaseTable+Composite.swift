import ApusCore
import ApusTensor

/// A block of two results, which no backend claims: its body is inlined, its gradient is its body's.
struct SumAndProduct: Block {
  static let name = "sum_and_product"

  func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] { [operands[0], operands[0]] }

  func body(_ operands: [Node]) -> [Node] { [operands[0] + operands[1], operands[0] * operands[1]] }
}

/// Blocks, and functions made of many primitives.
let compositeCases: [Case] = blockCases + lossCases + functionCases

private let lossCovers = Coverage(.block, CrossEntropy.name)
private let gradientCovers = Coverage(.block, CrossEntropyGradient.name)

private let blockCases: [Case] = [
  Case(
    "relu", Coverage(.block, "relu"), [.spread([5, 9], avoiding: [0])], dtypes: [.float32, .float64, .int32, .int64]
  ) {
    $0[0].relu()
  },
  Case(
    "relu of strange", Coverage(.block, "relu"), [.values([.nan, .infinity, -.infinity, 0, -0.0])],
    isDifferentiable: false
  ) {
    $0[0].relu()
  },
  Case("two results", Coverage(.output), [.spread([3, 4]), .spread([3, 4])]) {
    let node = Node.build(.block(AnyBlock(SumAndProduct())), $0[0].node, $0[1].node)
    return Tensor(node.output(0)).tanh() * Tensor(node.output(1))
  },
  Case("second of two results", Coverage(.output), [.spread([3, 4]), .spread([3, 4])]) {
    Tensor(Node.build(.block(AnyBlock(SumAndProduct())), $0[0].node, $0[1].node).output(1))
  },
  Case(
    "crossEntropy block", lossCovers, [.spread([6, 5], -4...4), .values([0, 4, 2, 2, 1, 3], dtype: .int32)],
    tolerance: 4
  ) {
    .apply(.block(AnyBlock(CrossEntropy())), $0[0], $0[1])
  },
  Case(
    "crossEntropy block of wrong labels", lossCovers, [.spread([4, 3]), .values([-1, 3, 0, 99], dtype: .int32)],
    tolerance: 4
  ) {
    .apply(.block(AnyBlock(CrossEntropy())), $0[0], $0[1])
  },
  Case(
    "crossEntropy block of large logits", lossCovers,
    [.spread([5, 7], -900...900), .values([0, 1, 2, 3, 4], dtype: .int32)], tolerance: 4, isDifferentiable: false
  ) { .apply(.block(AnyBlock(CrossEntropy())), $0[0], $0[1]) },
  Case(
    "crossEntropy block of infinities", lossCovers,
    [.values([0, -.infinity, 1, 2, -.infinity, 0], [2, 3]), .values([0, 2], dtype: .int32)], tolerance: 4,
    isDifferentiable: false
  ) { .apply(.block(AnyBlock(CrossEntropy())), $0[0], $0[1]) },
  Case(
    "crossEntropy block of nothing", lossCovers, [.spread([0, 3]), .values([], dtype: .int32)], isDifferentiable: false
  ) {
    .apply(.block(AnyBlock(CrossEntropy())), $0[0], $0[1])
  },
  Case(
    "crossEntropy block of one class", lossCovers, [.spread([3, 1]), .values([0, 0, 1], dtype: .int32)], tolerance: 4
  ) {
    .apply(.block(AnyBlock(CrossEntropy())), $0[0], $0[1])
  },
  Case(
    "crossEntropy block of many", lossCovers, [.spread([130, 10], -4...4), .ties([130], 0...9, dtype: .int32)],
    tolerance: 4, isDifferentiable: false
  ) { .apply(.block(AnyBlock(CrossEntropy())), $0[0], $0[1]) },
  Case(
    "crossEntropy gradient block", gradientCovers,
    [.spread([4, 5]), .values([0, 4, -100, 2], dtype: .int32), .spread([4])], tolerance: 4
  ) {
    .apply(.block(AnyBlock(CrossEntropyGradient())), $0[0], $0[1], $0[2])
  },
  Case(
    "crossEntropy gradient block of many", gradientCovers,
    [.spread([65, 17], -9...9), .ties([65], -1...17, dtype: .int32), .spread([65])], tolerance: 4,
    isDifferentiable: false
  ) { .apply(.block(AnyBlock(CrossEntropyGradient())), $0[0], $0[1], $0[2]) },
]

private let lossCases: [Case] = [
  Case("crossEntropy", lossCovers, [.spread([6, 5]), .values([0, 4, 2, 2, 1, 3], dtype: .int32)], tolerance: 8) {
    crossEntropy($0[0], $0[1])
  },
  Case(
    "crossEntropy with ignored labels", lossCovers,
    [.spread([6, 5]), .values([0, -100, 2, 2, -100, 3], dtype: .int32)], tolerance: 8
  ) {
    crossEntropy($0[0], $0[1])
  },
  Case(
    "crossEntropy of pixels", lossCovers, [.spread([2, 3, 4, 5]), .ties([2, 3, 4], 0...4, dtype: .int64)], tolerance: 8
  ) {
    crossEntropy($0[0], $0[1], reduction: .none)
  },
  Case(
    "crossEntropy weighted", lossCovers,
    [.spread([6, 3]), .values([0, 1, 2, 2, 9, 0], dtype: .int32), .spread([3], 0.5...2)], tolerance: 8
  ) {
    crossEntropy($0[0], $0[1], weights: $0[2], ignoredLabel: 9)
  },
  Case(
    "crossEntropy smoothed", lossCovers, [.spread([6, 3]), .values([0, 1, 2, 2, 1, 0], dtype: .int32)], tolerance: 8
  ) {
    crossEntropy($0[0], $0[1], labelSmoothing: 0.1, reduction: .sum)
  },
  Case(
    "crossEntropy smoothed and weighted", lossCovers,
    [.spread([5, 3]), .values([0, -100, 2, 2, 1], dtype: .int8), .spread([3], 0.5...2)], tolerance: 8
  ) {
    crossEntropy($0[0], $0[1], weights: $0[2], labelSmoothing: 0.2)
  },
]

private let functionCases: [Case] = [
  Case("mean and variance", Coverage(.reduce, "sum"), [.spread([6, 5])], tolerance: 8) {
    $0[0].variance(axes: [1], correction: 1) + $0[0].mean(axis: 1)
  },
  Case(
    "two layers", Coverage(.dotGeneral), [.spread([4, 3]), .spread([3, 8]), .spread([8]), .spread([8, 2])],
    tolerance: 16
  ) {
    ($0[0].matmul($0[1]) + $0[2]).tanh().matmul($0[3]).sigmoid()
  },
  Case("layer normalised", Coverage(.unary, "rsqrt"), [.spread([4, 9]), .spread([9]), .spread([9])], tolerance: 16) {
    let centred = $0[0] - $0[0].mean(axis: -1, keepDims: true)
    return centred * (centred.squared().mean(axis: -1, keepDims: true) + 1e-5).rsqrt() * $0[1] + $0[2]
  },
  Case("gradient step", Coverage(.binary, "subtract"), [.spread([3, 4]), .spread([5, 3])], tolerance: 16) { inputs in
    let (_, gradients) = valueAndGradient(at: [inputs[0]]) { (inputs[1].matmul($0[0]).tanh()).squared().sum() }
    return inputs[0] - gradients[0] * 0.1
  },
  Case(
    "uniform", Coverage(.randomBits), [.values([7, 11], dtype: .uint32)], dtypes: [.float32], isDifferentiable: false
  ) {
    .apply(.randomBits([9, 5], stream: 0), $0[0]) >> 8
  },
]
