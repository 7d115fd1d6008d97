import ApusCore
import ApusTensor

private let every: [DType] = [.bool, .uint8, .int32, .uint32, .int64, .float32, .float64]

/// Leaves, and operations that move elements without changing them.
let structureCases: [Case] = leafCases + layoutCases + sliceCases + padCases + concatenateCases

private let leafCases: [Case] = [
  Case("value", Coverage(.value), [.spread([3, 2])], dtypes: every) { $0[0] },
  Case("parameter", Coverage(.parameter), [.spread([3, 2])], dtypes: every) { $0[0].reshaped(to: [6]) },
  Case("identity", Coverage(.identity), [.spread([3, 2])], dtypes: every) { .apply(.identity, $0[0]) },
  Case("stopGradient", Coverage(.stopGradient), [.spread([3, 2])]) { $0[0] * 2 + $0[0].stoppingGradient() * 0 },
  Case("constant", Coverage(.constant), [.spread([5])], dtypes: every.filter { $0 != .bool }) { $0[0] + 3 },
  Case("constant alone", Coverage(.constant), [.spread([2])], isDifferentiable: false) { _ in .full(1.5, [2, 3]) },
  Case("constant bool", Coverage(.constant), [.bool([5])], isDifferentiable: false) { $0[0] .== 1 },
  Case("iota", Coverage(.iota), [.spread([3, 4])], dtypes: every.filter { $0 != .bool }) {
    $0[0] + .apply(.iota(TensorType([3, 4], $0[0].dtype), axis: 1))
  },
  Case("iota rows", Coverage(.iota), [.spread([1])], isDifferentiable: false) { _ in
    .apply(.iota(TensorType([5, 3, 2], .int32), axis: 0))
  },
  Case("iota of nothing", Coverage(.iota), [.spread([1])], isDifferentiable: false) { _ in
    .apply(.iota(TensorType([0], .float32), axis: 0))
  },
  Case("iota wraps", Coverage(.iota), [.spread([1])], isDifferentiable: false) { _ in
    .apply(.iota(TensorType([300], .uint8), axis: 0))
  },
  Case("randomBits", Coverage(.randomBits), [.values([7, 11], dtype: .uint32)], isDifferentiable: false) {
    .apply(.randomBits([3, 7], stream: 0), $0[0])
  },
  Case(
    "randomBits of another stream", Coverage(.randomBits), [.values([7, 4e9], dtype: .uint32)], isDifferentiable: false
  ) {
    .apply(.randomBits([1], stream: 9), $0[0])
  },
  Case("randomBits of nothing", Coverage(.randomBits), [.values([7, 11], dtype: .uint32)], isDifferentiable: false) {
    .apply(.randomBits([0], stream: 1), $0[0])
  },
  Case("randomBits many", Coverage(.randomBits), [.values([1, 2], dtype: .uint32)], isDifferentiable: false) {
    .apply(.randomBits([4099], stream: 3), $0[0])
  },
]

private let layoutCases: [Case] = [
  Case("reshape", Coverage(.reshape), [.spread([3, 4])], dtypes: every) { $0[0].reshaped(to: [2, 6]) },
  Case("reshape to a scalar", Coverage(.reshape), [.spread([1, 1])]) { $0[0].reshaped(to: []) },
  Case("reshape of nothing", Coverage(.reshape), [.spread([0, 4])], isDifferentiable: false) {
    $0[0].reshaped(to: [2, 0, 7])
  },
  Case("reshape of a transpose", Coverage(.reshape), [.spread([3, 4])], dtypes: every) {
    $0[0].transposed().reshaped(to: [2, 6])
  },
  Case("reshape of a slice", Coverage(.reshape), [.spread([5, 4])]) { $0[0][1..<4, 0..<2].reshaped(to: [6]) },
  Case("transpose", Coverage(.transpose), [.spread([3, 5])], dtypes: every) { $0[0].transposed() },
  Case("transpose large", Coverage(.transpose), [.spread([67, 41])], dtypes: every, isDifferentiable: false) {
    $0[0].transposed()
  },
  Case("transpose three axes", Coverage(.transpose), [.spread([2, 3, 4])], dtypes: every) {
    $0[0].transposed([1, 2, 0])
  },
  Case("transpose four axes", Coverage(.transpose), [.spread([2, 3, 4, 5])]) { $0[0].transposed([3, 1, 0, 2]) },
  Case("transpose of nothing", Coverage(.transpose), [.spread([0, 3])], isDifferentiable: false) {
    $0[0].transposed()
  },
  Case("transpose of a scalar", Coverage(.transpose), [.spread([])]) { .apply(.transpose([]), $0[0]) },
  Case("reverse", Coverage(.reverse), [.spread([3, 5])], dtypes: every) { $0[0].reversed([0, 1]) },
  Case("reverse one axis", Coverage(.reverse), [.spread([3, 5, 2])]) { $0[0].reversed([1]) },
  Case("reverse nothing", Coverage(.reverse), [.spread([0, 5])], isDifferentiable: false) { $0[0].reversed([0]) },
  Case("diagonal trick", Coverage(.reshape), [.spread([4, 4])]) {
    $0[0].padded([(0, 0), (0, 1)]).reshaped(to: [20])[0..<16].reshaped(to: [4, 4])
  },
  Case("oneHot", Coverage(.iota), [.values([0, 2, 1, 5], dtype: .int32), .spread([4, 3])]) {
    $0[0].oneHot(3, dtype: $0[1].dtype) * $0[1]
  },
]

private let sliceCases: [Case] = [
  Case("slice", Coverage(.slice), [.spread([6, 7])], dtypes: every) { $0[0][1..<4, 2..<7] },
  Case("slice with strides", Coverage(.slice), [.spread([9, 10])], dtypes: every) {
    $0[0][TensorIndex.range(start: 1, end: 9, stride: 3), TensorIndex.range(start: 0, end: nil, stride: 4)]
  },
  Case("slice one", Coverage(.slice), [.spread([4, 3])]) { $0[0][-1, 0] },
  Case("slice nothing", Coverage(.slice), [.spread([4, 3])], isDifferentiable: false) { $0[0][2..<2] },
  Case("slice of a broadcast", Coverage(.slice), [.spread([1, 6])]) { $0[0].broadcast(to: [5, 6])[1..<3, 2...] + 0.5 },
  Case("slice of a slice", Coverage(.slice), [.spread([20])]) { $0[0][2..<18][TensorIndex.every(3)][1...] },
]

private func pad(_ low: [Int], _ high: [Int], _ interior: [Int]? = nil) -> Op {
  .pad(PadBounds(low: low, high: high, interior: interior ?? low.map { _ in 0 }))
}

private let padCases: [Case] = [
  Case("pad", Coverage(.pad), [.spread([3, 4]), .spread([])], dtypes: every) {
    .apply(pad([1, 0], [2, 3]), $0[0], $0[1])
  },
  Case("pad that crops", Coverage(.pad), [.spread([5, 6]), .spread([])], dtypes: every) {
    .apply(pad([-1, 2], [-2, -3]), $0[0], $0[1])
  },
  Case("pad inside", Coverage(.pad), [.spread([3, 4]), .spread([])], dtypes: every) {
    .apply(pad([0, 1], [1, 0], [2, 1]), $0[0], $0[1])
  },
  Case("pad that crops the inside", Coverage(.pad), [.spread([4, 5]), .spread([])]) {
    .apply(pad([-2, -1], [3, -4], [2, 1]), $0[0], $0[1])
  },
  Case("pad nothing", Coverage(.pad), [.spread([0, 2]), .spread([])], isDifferentiable: false) {
    .apply(pad([2, 0], [1, 0], [3, 0]), $0[0], $0[1])
  },
  Case("pad to nothing", Coverage(.pad), [.spread([3]), .spread([])], isDifferentiable: false) {
    .apply(pad([-1], [-2]), $0[0], $0[1])
  },
  Case("pad of a transpose", Coverage(.pad), [.spread([3, 4])]) { $0[0].transposed().padded([(1, 1), (0, 2)]) * 2 },
]

private let concatenateCases: [Case] = [
  Case("concatenate", Coverage(.concatenate), [.spread([2, 3]), .spread([4, 3]), .spread([1, 3])], dtypes: every) {
    concatenate($0, axis: 0)
  },
  Case("concatenate columns", Coverage(.concatenate), [.spread([2, 3]), .spread([2, 5])], dtypes: every) {
    concatenate($0, axis: 1)
  },
  Case("concatenate in the middle", Coverage(.concatenate), [.spread([2, 3, 4]), .spread([2, 1, 4])]) {
    concatenate($0, axis: -2)
  },
  Case(
    "concatenate with nothing", Coverage(.concatenate), [.spread([2, 0]), .spread([2, 3])], isDifferentiable: false
  ) {
    concatenate($0, axis: 1)
  },
  Case("concatenate views", Coverage(.concatenate), [.spread([3, 2]), .spread([5, 2])]) {
    concatenate([$0[0].transposed(), $0[1].reversed([0]).transposed()[TensorIndex.all, TensorIndex.every(2)]], axis: 1)
  },
  Case("concatenate the same twice", Coverage(.concatenate), [.spread([4])]) { concatenate([$0[0], $0[0] * 2]) },
  Case("stack", Coverage(.concatenate), [.spread([2, 3]), .spread([2, 3])]) { stack($0, axis: 1) },
  Case("split and stack", Coverage(.slice), [.spread([2, 6])]) { stack($0[0].split(3, axis: 1).reversed(), axis: 0) },
]
