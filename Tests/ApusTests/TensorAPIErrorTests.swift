import ApusCore
import ApusTensor
import Testing

/// What mistakes in calls of the tensor API say.
@Suite struct TensorAPIErrorTests {
  typealias Mistake = ErrorTests.Mistake

  private static func t(_ sizes: Int..., dtype: DType = .float32) -> Tensor { .zeros(Shape(sizes), dtype: dtype) }

  private static func drawn(_ draw: (inout RandomKey) -> Tensor) -> Tensor {
    var key = RandomKey(0)
    return draw(&key)
  }

  static let mistakes: [Mistake] = [
    Mistake("subscript: 3 indices for [3, 4], which has 2 axes") { t(3, 4)[0, t(2, dtype: .int32), 0] },
    Mistake("subscript: indices are integers or bool, not float32") { t(3, 4)[t(2)] },
    Mistake("subscript: indices of shapes [[2], [3]] do not broadcast") {
      t(3, 4)[t(2, dtype: .int32), t(3, dtype: .int32)]
    },
    Mistake("subscript: a mask [4] at axis 0 of [3, 4]: the sizes must be equal") { t(3, 4)[t(4, dtype: .bool)] },
    Mistake("subscript: 1..<2 by -1 on axis 0 of [4], expected bounds in order") {
      t(4)[TensorIndex.range(start: 1, end: 2, stride: -1)]
    },
    Mistake("subscript: 0..< by 0 on axis 0 of [4], the stride is 0") {
      t(4)[TensorIndex.range(start: 0, end: nil, stride: 0)]
    },
    Mistake("subscript: assigns [3] to a part of shape [2, 4], to which it does not broadcast") {
      var x = t(3, 4)
      x[1...] = t(3)
      return x
    },
    Mistake("subscript: position 3 on axis 0 of [3, 4], expected -3 to 2") {
      var x = t(3, 4)
      x.fill(0, at: 3)
      return x
    },
    Mistake("subscript: assigns int32[4] to float32[3, 4]. Convert with `.cast(to: .float32)`") {
      Promotion.with(.strict) {
        var x = t(3, 4)
        x[0] = t(4, dtype: .int32)
        return x
      }
    },
    Mistake("takeAlong: indices int32[2] of [3, 4], expected integers with the same axes") {
      t(3, 4).takeAlong(t(2, dtype: .int32), axis: 0)
    },
    Mistake("take: indices float32[2] of [3, 4], expected integers and an axis") { t(3, 4).take(t(2), axis: 0) },
    Mistake("putAlong: values [3] at indices [2, 4], to which they do not broadcast") {
      t(3, 4).putAlong(t(2, 4, dtype: .int32), t(3), axis: 0)
    },
    Mistake("dynamicSlice: start [int32[]] in [3, 4], expected 2 integer scalars") {
      t(3, 4).dynamicSlice(start: [t(dtype: .int32)], sizes: [1, 1])
    },
    Mistake("dynamicSlice: sizes [4, 1] of [3, 4]") {
      t(3, 4).dynamicSlice(start: [t(dtype: .int32), t(dtype: .int32)], sizes: [4, 1])
    },
    Mistake("sorted: axis 0 of [], which has 0 axes") { t().sorted(axis: 0) },
    Mistake("topK: 5 of 4 elements on axis 0 of [4]") { t(4).topK(5).values },
    Mistake("quantile: [1.5] of [4] on axis 0, expected shares from 0 to 1") { t(4).quantile(1.5) },
    Mistake("searchSorted: in [2, 3], expected a sorted vector. Use `vmap` for several") { t(2, 3).searchSorted(t(1)) },
    Mistake("quantile: axis 1 of [3, 0] has no elements") { t(3, 0).quantile(0.5, axis: 1) },
    Mistake("diff: of order -1, expected no less than 0") { t(4).diff(order: -1) },
    Mistake("split: sizes [-1, 4], expected none below 0") { t(3).split(sizes: [-1, 4])[0] },
    Mistake("split: axis 0 of [4] does not divide into -1 parts") { t(4).split(-1, axis: 0)[0] },
    Mistake("rmsNorm: of a scalar, expected [..., features]") { t().rmsNorm() },
    Mistake("layerNorm: of a scalar, expected [..., features]") { t().layerNorm() },
    Mistake("subscript: position 0 on axis 1 of [3, 0], which has no elements") { t(3, 0)[0, 0] },
    Mistake("subscript: 0..<9223372036854775807 by 1 on axis 0 of [4], expected bounds from 0 to 4, in order") {
      t(4)[0...Int.max]
    },
    Mistake("gather: axis 0 of [0, 3] has no elements to pick from") { t(0, 3).take(t(1, dtype: .int32), axis: 0) },
    Mistake("scatter: updates [1] into [0], which has no elements") {
      t(0).at(t(1, dtype: .int32)).adding(Tensor(1.0))
    },
    Mistake("binCount: of float32[4], expected integers and weights of one shape") { t(4).binCount() },
    Mistake("histogram: of [4] in 0 bins") { t(4).histogram(bins: 0).counts },
    Mistake("split: sizes [1, 2] on axis 0 of [4]: they do not add up to 4") { t(4).split(sizes: [1, 2])[0] },
    Mistake("chunked: into parts of 0") { t(4).chunked(0)[0] },
    Mistake("padded: 4 and 0 by reflect on axis 0 of [4], expected 0 to 3") { t(4).padded([(4, 0)], mode: .reflect) },
    Mistake("padded: 2 widths for [4], which has 1 axes") { t(4).padded([(1, 0), (1, 0)], mode: .circular) },
    Mistake("broadcastTogether: shapes [[2], [3]] do not broadcast") { broadcastTogether([t(2), t(3)])[0] },
    Mistake("meshGrid: of [2, 2], expected vectors") { meshGrid([t(2), t(2, 2)])[0] },
    Mistake("diagonal: of [4], expected matrices [..., n, m]") { t(4).diagonal() },
    Mistake("dot: [3] and [4], expected vectors of one size") { t(3).dot(t(4)) },
    Mistake("tensorDot: [2, 3] × [4, 3] over axes [0] and [0], whose sizes must be equal") {
      t(2, 3).tensorDot(t(4, 3), axes: ([0], [0]))
    },
    Mistake("geomspace: from -1.0 to 1.0, expected numbers of one sign that are not 0") {
      .geomspace(-1, 1, steps: 3)
    },
    Mistake("covariance: of [4], expected [variables, observations]") { t(4).covariance() },
    Mistake("einsum: \"ij,jk->ik\": names 2 operands, given 1") { einsum("ij,jk->ik", t(2, 3)) },
    Mistake("einsum: \"ij->ij\": `ij` names 2 axes of [2], which has 1") { einsum("ij->ij", t(2)) },
    Mistake("einsum: \"ij,jk\": axis `j` has sizes 3 and 4") { einsum("ij,jk", t(2, 3), t(4, 2)) },
    Mistake("einsum: \"i->k\": `k` of the result is not an axis of any operand") { einsum("i->k", t(2)) },
    Mistake("einsum: \"ij->ii\": an axis of the result is repeated") { einsum("ij->ii", t(2, 2)) },
    Mistake("einsum: \"i1->i\": `1` is not a letter") { einsum("i1->i", t(2, 2)) },
    Mistake("einsum: \"i-j\": a `-` that is not part of `->`") { einsum("i-j", t(2)) },
    Mistake("einsum: \"...i->i\": the result lacks the operands' `...`") { einsum("...i->i", t(2, 2)) },
    Mistake("einsum: \"......->...\": more than one `...` in `......`") { einsum("......->...", t(2)) },
    Mistake("scan: carry 0 starts as float32[2, 3] and becomes float32[]: its type must stay the same") {
      scan([t(2, 3)], over: [], length: 3) { carries, _ in ([carries[0].sum()], []) }.carries[0]
    },
    Mistake("scan: carry 0 starts as float32[2] and becomes float64[2]: its type must stay the same") {
      scan([t(2)], over: [t(5)]) { carries, _ in ([carries[0].cast(to: .float64)], []) }.carries[0]
    },
    Mistake("scan: -1 steps, expected no fewer than 0") {
      scan([t(2)], over: [], length: -1) { carries, _ in (carries, []) }.carries[0]
    },
    Mistake("scan: over a float32[], which has no axis to go along, expected [steps, …]") {
      scan(t(2), over: t()) { ($0, $1) }.carry
    },
    Mistake("while: 2 carries become 1") {
      whileLoop([t(), t()], while: { $0[0] .< 1 }, do: { [$0[0] + 1] })[1]
    },
    Mistake("vmap: over a float32[], which has no axis to go along. Share it by nil in `inAxes`") {
      vmap { $0 }(Tensor(1.0))
    },
    Mistake("crossEntropy: weights [2] for logits [2, 3], expected [3]") {
      crossEntropy(t(2, 3), t(2, dtype: .int32), weights: t(2))
    },
    Mistake("crossEntropy: label smoothing -1.0, expected 0 to 1") {
      crossEntropy(t(2, 3), t(2, dtype: .int32), labelSmoothing: -1)
    },
    Mistake("crossEntropy: label smoothing 2.0, expected 0 to 1") {
      crossEntropy(t(2, 3), t(2, dtype: .int32), labelSmoothing: 2)
    },
    Mistake("300 does not fit uint8, which goes from 0 to 255. Convert with `cast(to:)`") {
      Tensor(300, dtype: .uint8)
    },
    Mistake("-1 does not fit uint64, which goes from 0 to 18446744073709551615. Convert with `cast(to:)`") {
      t(2, dtype: .uint64) + -1
    },
    Mistake("128 does not fit int8, which goes from -128 to 127. Convert with `cast(to:)`") {
      var x = t(2, dtype: .int8)
      x.fill(128, at: 0)
      return x
    },
    Mistake("broadcast: a size of [-1, 2] is negative") { t(-1, 2) },
    Mistake("broadcast: float32[2147483648, 2147483648, 4] has more elements than can be counted") {
      t(1 << 31, 1 << 31, 4).sum()
    },
    Mistake("range: of -3 numbers, expected no fewer than 0") { .range(-3) },
    Mistake(
      "range: from 0 to 300 by 100: 300 does not fit uint8, which goes from 0 to 255. Convert with `cast(to:)`"
    ) { .range(from: 0, to: 301, by: 100, dtype: .uint8) },
    Mistake("range: from \(Int.min) to \(Int.max) by 1 has more numbers than can be counted") {
      .range(from: .min, to: .max, dtype: .int64)
    },
    Mistake("range: from 0.0 to 1e+300 by 1.0") { .range(from: 0.0, to: 1e300, by: 1) },
    Mistake("linspace: -1 steps, expected no fewer than 0") { .linspace(0, 1, steps: -1) },
    Mistake("oneHot: -3 classes, expected no fewer than 0") { t(2, dtype: .int32).oneHot(-3) },
    Mistake("pad: widths [(\(Int.max), 1)] are more than can be counted") { t(2).padded([(.max, 1)]) },
    Mistake("broadcast: float32[2, \(Int.max)] has more elements than can be counted") {
      t(2).repeated(.max, axis: 0)
    },
    Mistake("normal: a size of [-2] is negative") { drawn { .normal([-2], key: &$0) } },
    Mistake("normal: of int32, expected a floating-point type") {
      drawn { .normal([2], key: &$0, dtype: .int32) }
    },
    Mistake("normal: standard deviation -1.0, expected no less than 0") {
      drawn { .normal([2], standardDeviation: -1, key: &$0) }
    },
    Mistake("uniform: of int32, expected a floating-point type") {
      drawn { .uniform([2], key: &$0, dtype: .int32) }
    },
    Mistake("bernoulli: probability 2.0, expected 0 to 1") { drawn { .bernoulli([2], probability: 2, key: &$0) } },
    Mistake("exponential: rate 0.0, expected more than 0") { drawn { .exponential([2], rate: 0, key: &$0) } },
    Mistake("laplace: scale -1.0, expected no less than 0") { drawn { .laplace([2], scale: -1, key: &$0) } },
    Mistake("poisson: counts in numbers, not in bool") { drawn { .poisson(t(), key: &$0, dtype: .bool) } },
    Mistake("RandomKey: split into -1 keys, expected no fewer than 0") {
      _ = RandomKey(0).split(-1)
      return t()
    },
    Mistake(
      "randomIntegers: in 0..<1000: 999 does not fit int8, which goes from -128 to 127. Convert with `cast(to:)`"
    ) { drawn { .randomIntegers([2], in: 0..<1000, key: &$0, dtype: .int8) } },
    Mistake("choice: 4 of 3 without replacement") {
      var key = RandomKey(0)
      return .choice(4, of: 3, replacing: false, key: &key)
    },
    Mistake("randomIntegers: float32 in 0..<3, expected integers in a range of some") {
      var key = RandomKey(0)
      return .randomIntegers([2], in: 0..<3, key: &key, dtype: .float32)
    },
    Mistake(
      "subscript: the size of the result depends on the values of a bool[3], which are not there while its function is "
        + "traced. Use `select(mask, x, other)`, whose shape is known"
    ) { vmap { (x: Tensor) in x[x .> 0] }(t(2, 3)) },
    Mistake(
      "unique: the size of the result depends on the values of a float32[3], which are not there while its function is "
        + "traced. Sort the elements and mark those that differ from the one before instead"
    ) { vmap { (x: Tensor) in x.unique() }(t(2, 3)) },
  ]

  @Test(arguments: mistakes)
  func saysWhatIsWrong(_ mistake: Mistake) {
    #expect { try checked(mistake.body) } throws: { ($0 as? OpError)?.description == mistake.message }
  }
}
