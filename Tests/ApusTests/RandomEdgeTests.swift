import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// Random numbers at the edges of their types and parameters, against closed forms, with fixed seeds.
@Suite struct RandomEdgeTests {
  private func moments(_ x: Tensor) -> (mean: Double, variance: Double) {
    let values = x.doubles()
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  struct Tail: Sendable {
    let range: ClosedRange<Double>
    let dtype: DType
    let mean: Double
    let variance: Double
  }

  /// Moments by SciPy's `truncnorm(a, b).stats()`.
  static let tails = [
    Tail(range: 8...9, dtype: .float64, mean: 8.121189, variance: 0.0141485),
    Tail(range: 8...9, dtype: .float32, mean: 8.121189, variance: 0.0141485),
    Tail(range: -9...(-8), dtype: .float64, mean: -8.121189, variance: 0.0141485),
    Tail(range: 1...Double.infinity, dtype: .float32, mean: 1.525135, variance: 0.199098),
    Tail(range: 3...4, dtype: .float16, mean: 3.260454, variance: 0.049278),
    Tail(range: 50...60, dtype: .float64, mean: 50.019984, variance: 0.000399),
    Tail(range: 1...1.0001, dtype: .float64, mean: 1.00005, variance: 8.3333e-10),
  ]

  @Test(arguments: tails)
  func truncatedNormalsReachIntoTheTails(_ tail: Tail) {
    var key = RandomKey(21)
    let x = Tensor.truncatedNormal([200_000], in: tail.range, key: &key, dtype: tail.dtype)
    #expect(x.dtype == tail.dtype && x.doubles().allSatisfy { tail.range.contains($0) })
    let (mean, variance) = moments(x)
    #expect(abs(mean - tail.mean) < 5 * (tail.variance / 200_000).squareRoot() + 1e-4 * tail.variance.squareRoot())
    #expect(abs(variance / tail.variance - 1) < 0.03)
  }

  @Test func integersFillWideRanges() {
    var key = RandomKey(22)
    let wide = Tensor.randomIntegers([200_000], in: Int.min..<Int.max, key: &key, dtype: .int64)
    let (mean, variance) = moments(wide.cast(to: .float64) / 0x1p63)
    #expect(abs(mean) < 0.01 && abs(variance - 1.0 / 3) < 0.01)
    let all = Tensor.randomIntegers([10_000], in: -128..<128, key: &key, dtype: .int8).scalars(Int8.self)
    #expect(Set(all).count == 256)
  }

  /// The largest of three million is about 5: P(|x| < 4.5) to that power is one in 10⁹.
  @Test(arguments: [DType.float16, .bfloat16])
  func halvesHaveTails(dtype: DType) {
    var key = RandomKey(23)
    let x = Tensor.normal([3_000_000], key: &key, dtype: dtype)
    #expect(x.dtype == dtype && x.abs().max().item() > 4.5)
    #expect(abs(x.cast(to: .float32).variance().item() - 1) < 0.01)
  }

  @Test(arguments: [DType.float16, .bfloat16, .float32, .float64])
  func upperBoundsAreExcluded(dtype: DType) {
    var key = RandomKey(24)
    for range in [1..<2, -2..<(-1), -1..<0, 100..<101, 0..<1] as [Range<Double>] {
      let x = Tensor.uniform([300_000], in: range, key: &key, dtype: dtype)
      let values = x.doubles()
      #expect(x.dtype == dtype && values.allSatisfy(range.contains), "\(range) in \(dtype)")
      // Of a coarse type's numbers the first stands for half as many as the others.
      #expect(abs(moments(x).mean - (range.lowerBound + range.upperBound) / 2) < 0.13)
    }
  }

  @Test func rareEventsOfHalves() {
    var key = RandomKey(25)
    let p = Tensor.full(1e-4, [1_000_000], dtype: .bfloat16)
    let count = Tensor.bernoulli(p, key: &key).countNonZero().item()
    #expect(50 < count && count < 150)
  }

  /// What has no distribution is not drawn for ever.
  @Test func badConcentrations() {
    for dtype in [DType.float32, .float64] {
      var key = RandomKey(26)
      let alpha = Tensor([-1, .nan, .infinity, -.infinity, 2, 0], dtype: dtype)
      let gamma = Tensor.gamma(alpha, key: &key).doubles()
      #expect(gamma.prefix(4).allSatisfy(\.isNaN) && gamma[4] > 0 && gamma[5] == 0)
      let beta = Tensor.beta(alpha, Tensor(1, dtype: dtype), key: &key).doubles()
      #expect(beta.prefix(4).allSatisfy(\.isNaN) && beta[4] > 0 && beta[4] < 1)
      let mixed = Tensor.dirichlet(Tensor([1, 2, 1, -1], shape: [2, 2], dtype: dtype), key: &key).doubles()
      #expect(abs(mixed[0] + mixed[1] - 1) < 1e-6 && mixed[2].isNaN && mixed[3].isNaN)
    }
  }

  @Test func badRates() {
    var key = RandomKey(27)
    let rates = Tensor([.nan, -1, .infinity, 1e300, 3], dtype: .float64)
    let counts = Tensor.poisson(rates, key: &key).scalars(Int32.self)
    #expect(Array(counts[..<4]) == [-1, -1, -1, .max] && (0..<30).contains(counts[4]))
    let small = Tensor.poisson(rates, key: &key, dtype: .uint8).scalars(UInt8.self)
    #expect(Array(small[..<4]) == [255, 255, 255, 255] && small[4] < 30)
    let floats = Tensor.poisson(rates, key: &key, dtype: .float64).doubles()
    #expect(floats.prefix(3).allSatisfy(\.isNaN) && floats[3] == 1e300)
  }

  /// Single precision would not tell counts about a million apart.
  @Test func largeRates() {
    var key = RandomKey(28)
    let (mean, variance) = moments(.poisson(Tensor(1e6), shape: [100_000], key: &key))
    #expect(abs(mean - 1e6) < 16 && abs(variance / 1e6 - 1) < 0.03)
  }

  @Test func nothingToDraw() {
    var key = RandomKey(29)
    let infinity = Double.infinity
    let logits = Tensor([-infinity, -infinity, 0, -infinity, .nan, 0], shape: [3, 2], dtype: .float32)
    #expect(Tensor.categorical(logits: logits, key: &key).scalars(Int32.self) == [-1, 0, -1])
    func chosen(_ probabilities: Tensor, replacing: Bool) -> [Int32] {
      Tensor.choice(3, of: 4, replacing: replacing, probabilities: probabilities, key: &key).scalars(Int32.self)
    }
    #expect(chosen([0, 1, 0, 0], replacing: false) == [1, -1, -1])
    #expect(chosen([0, 1, 0, 0], replacing: true) == [1, 1, 1])
    #expect(chosen([0, -1, 1, 1], replacing: false) == [-1, -1, -1])
    #expect(chosen([0, 0, 0, 0], replacing: true) == [-1, -1, -1])
    let slices = Tensor([10, 20] as [Float]).sampled(2, replacing: false, probabilities: [0, 1], key: &key).doubles()
    #expect(slices[0] == 20 && slices[1].isNaN)
  }
}
