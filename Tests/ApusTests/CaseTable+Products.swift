import ApusCore
import ApusTensor

private let numbers: [DType] = [.int32, .uint8, .uint32, .int64, .float32, .float64]

/// General dot products: matrices, vectors, batches, several contracted axes, operands in every order.
let productCases: [Case] = matmulCases + dotCases + epilogueCases

private let covers = Coverage(.dotGeneral)

private func matmul(
  _ name: String, _ left: Shape, _ right: Shape, dtypes: [DType] = [.float32, .float64], tolerance: Double = 8,
  isDifferentiable: Bool = true
) -> Case {
  Case(
    "matmul \(name)", covers, [.spread(left), .spread(right)], dtypes: dtypes, tolerance: tolerance,
    isDifferentiable: isDifferentiable
  ) { $0[0].matmul($0[1]) }
}

private let matmulCases: [Case] = [
  matmul("small", [3, 4], [4, 5], dtypes: numbers), matmul("1×1", [1, 1], [1, 1]),
  matmul("row by column", [1, 9], [9, 1]), matmul("column by row", [9, 1], [1, 7]),
  matmul("vector by vector", [9], [9], dtypes: numbers), matmul("vector by matrix", [4], [4, 3]),
  matmul("matrix by vector", [3, 4], [4]), matmul("batch by vector", [2, 3, 4], [4]),
  matmul("batch by matrix", [2, 3, 4], [4, 5]), matmul("batches", [3, 2, 4], [3, 4, 2], dtypes: numbers),
  matmul("batches of two axes", [2, 3, 2, 4], [2, 3, 4, 5]), matmul("broadcast batches", [2, 1, 3, 4], [3, 4, 2]),
  matmul("nothing inside", [3, 0], [0, 4], isDifferentiable: false),
  matmul("no rows", [0, 3], [3, 4], isDifferentiable: false),
  matmul("no batches", [0, 3, 2], [0, 2, 3], isDifferentiable: false),
  // Edges of the tiles: 6 and 14 rows, 16 and 32 columns, depth past a block.
  matmul("of tile edges", [15, 33], [33, 17], isDifferentiable: false),
  matmul("of large tiles", [97, 130], [130, 101], isDifferentiable: false),
  matmul("of a deep block", [7, 1000], [1000, 19], tolerance: 80, isDifferentiable: false),
  matmul("of a tall operand", [300, 5], [5, 3], isDifferentiable: false),
  matmul("of a wide operand", [3, 5], [5, 300], isDifferentiable: false),
  Case(
    "matmul of strange", covers, [.values([.nan, 1, .infinity, 0, 1, 2], [3, 2]), .spread([2, 3], 1...2)],
    isDifferentiable: false
  ) { $0[0].matmul($0[1]) },
]

private func dot(
  _ name: String, _ left: Shape, _ right: Shape, _ dimensions: DotDimensions, dtypes: [DType] = [.float32, .float64]
) -> Case {
  Case("dot \(name)", covers, [.spread(left), .spread(right)], dtypes: dtypes, tolerance: 8) {
    .apply(.dotGeneral(dimensions), $0[0], $0[1])
  }
}

private let dotCases: [Case] = [
  dot("left transposed", [4, 3], [4, 5], DotDimensions(leftContracting: [0], rightContracting: [0])),
  dot("right transposed", [3, 4], [5, 4], DotDimensions(leftContracting: [1], rightContracting: [1])),
  dot("both transposed", [4, 3], [5, 4], DotDimensions(leftContracting: [0], rightContracting: [1])),
  dot("two contracted", [2, 3, 4], [3, 4, 5], DotDimensions(leftContracting: [1, 2], rightContracting: [0, 1])),
  dot(
    "two contracted crosswise", [2, 3, 4], [4, 3, 5], DotDimensions(leftContracting: [1, 2], rightContracting: [1, 0])),
  dot("apart", [3, 2, 4], [4, 5, 3], DotDimensions(leftContracting: [0, 2], rightContracting: [2, 0])),
  dot("all contracted", [3, 4], [3, 4], DotDimensions(leftContracting: [0, 1], rightContracting: [0, 1])),
  dot("outer", [3], [4], DotDimensions(leftContracting: [], rightContracting: []), dtypes: numbers),
  dot("outer of matrices", [3, 2], [2, 4], DotDimensions(leftContracting: [], rightContracting: [])),
  dot(
    "batch in the middle", [4, 3, 5], [5, 2, 3],
    DotDimensions(leftBatch: [1], rightBatch: [2], leftContracting: [2], rightContracting: [0])),
  dot(
    "batch last", [4, 5, 3], [5, 2, 3],
    DotDimensions(leftBatch: [2], rightBatch: [2], leftContracting: [1], rightContracting: [0])),
  dot(
    "two batches crosswise", [2, 3, 4, 5], [3, 2, 5, 6],
    DotDimensions(leftBatch: [0, 1], rightBatch: [1, 0], leftContracting: [3], rightContracting: [2])),
  dot(
    "batch, nothing contracted", [3, 4], [3, 5],
    DotDimensions(leftBatch: [0], rightBatch: [0], leftContracting: [], rightContracting: [])),
  dot(
    "batch only", [6], [6], DotDimensions(leftBatch: [0], rightBatch: [0], leftContracting: [], rightContracting: [])),
  dot(
    "batch, two contracted", [2, 3, 4, 5], [2, 4, 3, 6],
    DotDimensions(leftBatch: [0], rightBatch: [0], leftContracting: [1, 2], rightContracting: [2, 1])),
  Case("dot of transposes", covers, [.spread([4, 3]), .spread([5, 4])], tolerance: 8) {
    $0[0].transposed().matmul($0[1].transposed())
  },
  Case("dot of a slice", covers, [.spread([8, 9]), .spread([4, 6])], tolerance: 8) {
    $0[0][TensorIndex.every(2), 1..<5].matmul($0[1])
  },
  Case("dot of a reversed operand", covers, [.spread([3, 4]), .spread([4, 6])], tolerance: 8) {
    $0[0].reversed([1]).matmul($0[1].reversed([1]))
  },
  Case("dot of a broadcast", covers, [.spread([1, 4]), .spread([4])], tolerance: 8) {
    $0[0].broadcast(to: [5, 4]).matmul($0[1].expandingAxis(1).broadcast(to: [4, 3]))
  },
  Case("transposed product", covers, [.spread([3, 4]), .spread([4, 5])], tolerance: 8) {
    $0[0].matmul($0[1]).transposed()
  },
  Case(
    "attention by products", covers, [.spread([2, 5, 3, 4]), .spread([2, 5, 3, 4]), .spread([2, 5, 3, 4])],
    tolerance: 16
  ) {
    let (q, k, v) = ($0[0].swapping(1, 2), $0[1].swapping(1, 2), $0[2].swapping(1, 2))
    return (q.matmul(k.swapping(2, 3)) * 0.5).softmax().matmul(v).swapping(1, 2).reshaped(to: [2, 5, 12])
  },
]

private func linear(
  _ name: String, rows: Int = 17, inner: Int = 20, columns: Int = 37,
  _ activation: @escaping @Sendable (Tensor) -> Tensor
) -> Case {
  // Sums stay near 0, where the activations bend.
  Case(
    "linear layer \(name)", covers,
    [.spread([rows, inner], -0.5...0.5), .spread([columns, inner]), .spread([columns])],
    tolerance: 16, isDifferentiable: rows * inner * columns < 1000
  ) { activation($0[0].matmul($0[1].transposed()) + $0[2]) }
}

/// Products with what a backend writes in the same pass.
private let epilogueCases: [Case] = [
  Case("linear layer", covers, [.spread([6, 5]), .spread([7, 5]), .spread([7])], tolerance: 8) {
    $0[0].matmul($0[1].transposed()) + $0[2]
  },
  Case("linear layer and ReLU", covers, [.spread([6, 5]), .spread([5, 7]), .spread([7], 2...4)], tolerance: 8) {
    ($0[0].matmul($0[1]) * 0.1 + $0[2]).relu()
  },
  Case(
    "linear layer, bias, ReLU", covers, [.spread([19, 35]), .spread([35, 50]), .spread([50])], tolerance: 8,
    isDifferentiable: false
  ) { ($0[0].matmul($0[1]) + $0[2]).relu() },
  Case("product used twice", covers, [.spread([6, 5]), .spread([5, 7]), .spread([7])], tolerance: 16) {
    let y = $0[0].matmul($0[1])
    return (y + $0[2]).tanh() * y
  },
  Case("sum of products", covers, [.spread([6, 5]), .spread([5, 7]), .spread([5, 7])], tolerance: 16) {
    $0[0].matmul($0[1]) + $0[0].matmul($0[2]) * 0.5
  },
  Case(
    "bias over the last of two free axes", covers, [.spread([2, 3]), .spread([3, 5, 4]), .spread([4])], tolerance: 8
  ) {
    Tensor.apply(.dotGeneral(DotDimensions(leftContracting: [1], rightContracting: [0])), $0[0], $0[1]) + $0[2]
  },
  Case("bias over rows that come last", covers, [.spread([2, 6, 5]), .spread([5]), .spread([6])], tolerance: 8) {
    Tensor.apply(.dotGeneral(DotDimensions(leftContracting: [2], rightContracting: [0])), $0[0], $0[1]) + $0[2]
  },
  linear("and tanh") { $0.tanh() }, linear("and sigmoid") { $0.sigmoid() }, linear("and GELU") { $0.gelu() },
  linear("and approximate GELU") { $0.gelu(approximate: true) }, linear("and SiLU") { $0.silu() },
  linear("and GELU, of one row", rows: 1) { $0.gelu() }, linear("and SiLU, of one column", columns: 1) { $0.silu() },
  linear("and SiLU, of a long sum", rows: 3, inner: 2100, columns: 5) { $0.silu() },
  Case(
    "product, scale, bias, residual", covers,
    [.spread([19, 35]), .spread([35, 50]), .spread([50]), .spread([50]), .spread([19, 50])], tolerance: 16
  ) { ($0[0].matmul($0[1]) * $0[2] + $0[3] + $0[4]).sigmoid() },
  Case("scaled product", covers, [.spread([2, 6, 5]), .spread([2, 5, 7])], tolerance: 8) {
    $0[0].matmul($0[1]) * 0.125
  },
  Case("product and what it shows", covers, [.spread([6, 5]), .spread([5, 7]), .spread([7])], tolerance: 16) {
    let sum = $0[0].matmul($0[1]) + $0[2]
    return sum.gelu() * sum
  },
  Case("product and itself", covers, [.spread([6, 5]), .spread([5, 7])], tolerance: 16) {
    let y = $0[0].matmul($0[1])
    return y + y
  },
  Case("bias along rows", covers, [.spread([6, 5]), .spread([5, 7]), .spread([6, 1])], tolerance: 8) {
    $0[0].matmul($0[1]) + $0[2]
  },
]
