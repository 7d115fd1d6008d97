import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// Distributions against closed forms, with fixed seeds.
@Suite struct TensorAPIRandomTests {
  static let count = 100_000

  /// A continuous distribution: how it is drawn, and its distribution function.
  struct Continuous: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let draw: @Sendable (Int, inout RandomKey) -> Tensor
    let cumulative: @Sendable (Double) -> Double
  }

  static let continuous: [Continuous] = [
    Continuous(testDescription: "uniform, float64") {
      .uniform([$0], key: &$1, dtype: .float64)
    } cumulative: {
      $0
    },
    Continuous(testDescription: "normal") {
      .normal([$0], key: &$1)
    } cumulative: {
      normalCumulative($0)
    },
    Continuous(testDescription: "truncated normal") {
      .truncatedNormal([$0], in: -1...2, key: &$1)
    } cumulative: {
      (normalCumulative($0) - normalCumulative(-1)) / (normalCumulative(2) - normalCumulative(-1))
    },
    Continuous(testDescription: "exponential") {
      .exponential([$0], rate: 2, key: &$1)
    } cumulative: {
      1 - exp(-2 * $0)
    },
    Continuous(testDescription: "Laplace") {
      .laplace([$0], location: 1, scale: 2, key: &$1)
    } cumulative: {
      $0 < 1 ? exp(($0 - 1) / 2) / 2 : 1 - exp(-($0 - 1) / 2) / 2
    },
    Continuous(testDescription: "Gumbel") {
      .gumbel([$0], key: &$1)
    } cumulative: {
      exp(-exp(-$0))
    },
    Continuous(testDescription: "Cauchy") {
      .cauchy([$0], scale: 3, key: &$1)
    } cumulative: {
      0.5 + atan($0 / 3) / Double.pi
    },
    Continuous(testDescription: "logistic") {
      .logistic([$0], location: -1, key: &$1)
    } cumulative: {
      1 / (1 + exp(-$0 - 1))
    },
    // Whole concentrations: 1 − e^(−x) Σ xᵏ / k!.
    Continuous(testDescription: "gamma(3)") {
      .gamma(Tensor(3), shape: [$0], key: &$1)
    } cumulative: {
      1 - exp(-$0) * (1 + $0 + $0 * $0 / 2)
    },
    Continuous(testDescription: "gamma(1/2)") {
      .gamma(Tensor(0.5, dtype: .float64), shape: [$0], key: &$1)
    } cumulative: {
      2 * normalCumulative((2 * $0).squareRoot()) - 1
    },
    Continuous(testDescription: "beta(2, 1)") {
      .beta(Tensor(2), Tensor(1), shape: [$0], key: &$1)
    } cumulative: {
      $0 * $0
    },
    Continuous(testDescription: "beta(1/2, 1/2)") {
      .beta(Tensor(0.5), Tensor(0.5), shape: [$0], key: &$1)
    } cumulative: {
      2 / Double.pi * asin($0.squareRoot())
    },
  ]

  static func exp(_ x: Double) -> Double { Tensor(x, dtype: .float64).exp().item() }
  static func atan(_ x: Double) -> Double { Tensor(x, dtype: .float64).atan().item() }
  static func asin(_ x: Double) -> Double { Tensor(x, dtype: .float64).asin().item() }
  static func normalCumulative(_ x: Double) -> Double {
    (Tensor(-x / 2.0.squareRoot(), dtype: .float64).erfc() / 2).item()
  }

  /// The empirical quantiles lie where the distribution function says, within Kolmogorov's distance of one in 10⁵.
  @Test(arguments: continuous)
  func isDistributed(_ distribution: Continuous) {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(11)
      let values = distribution.draw(Self.count, &key).doubles().sorted()
      #expect(values.allSatisfy { $0.isFinite })
      for place in stride(from: 500, to: Self.count, by: 2500) {
        let expected = Double(place) / Double(Self.count)
        #expect(abs(distribution.cumulative(values[place]) - expected) < 0.0078, "at \(values[place])")
      }
    }
  }

  @Test func uniformHasFiftyThreeBits() {
    var key = RandomKey(2)
    let values = Tensor.uniform([1000], key: &key, dtype: .float64).scalars(Double.self)
    #expect(values.allSatisfy { $0 * 0x1p53 == ($0 * 0x1p53).rounded() })
    #expect(values.contains { $0 * 0x1p52 != ($0 * 0x1p52).rounded() })
    for dtype in [DType.float16, .bfloat16] {
      let halves = Tensor.uniform([4096], key: &key, dtype: dtype).doubles()
      #expect(halves.allSatisfy { 0 <= $0 && $0 < 1 })
      #expect(abs(halves.reduce(0, +) / 4096 - 0.5) < 0.03)
    }
  }

  @Test(arguments: [0.3, 4, 9.9, 10, 30, 1000] as [Double])
  func poissonHasItsMoments(rate: Double) {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(5)
      let x = Tensor.poisson(Tensor(rate), shape: [Self.count], key: &key)
      #expect(x.dtype == .int32)
      let values = x.doubles()
      let mean = values.reduce(0, +) / Double(Self.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Self.count)
      #expect(abs(mean - rate) < 5 * (rate / Double(Self.count)).squareRoot())
      #expect(abs(variance / rate - 1) < 0.03)
      // P(0) and P(1), where they are seen.
      if rate < 5 {
        let none = Double(values.count { $0 == 0 }) / Double(Self.count)
        #expect(abs(none - Self.exp(-rate)) < 0.005)
        let one = Double(values.count { $0 == 1 }) / Double(Self.count)
        #expect(abs(one - rate * Self.exp(-rate)) < 0.005)
      }
    }
  }

  @Test func poissonOfSeveralRates() {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(6)
      let x = Tensor.poisson([0, 2, 50], shape: [20_000, 3], key: &key)
      let means = x.mean(axis: 0).doubles()
      #expect(means[0] == 0 && abs(means[1] - 2) < 0.05 && abs(means[2] - 50) < 0.3)
    }
  }

  @Test func dirichletHasItsMoments() {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(7)
      let x = Tensor.dirichlet([1, 2, 5], sampleShape: [50_000], key: &key)
      #expect(x.shape == [50_000, 3])
      #expect((x.sum(axis: 1) - 1).abs().max().item() < 1e-5)
      for (mean, expected) in zip(x.mean(axis: 0).doubles(), [0.125, 0.25, 0.625]) {
        #expect(abs(mean - expected) < 0.005)
      }
      // Variance α (α₀ − α) / (α₀² (α₀ + 1)).
      for (variance, alpha) in zip(x.variance(axis: 0).doubles(), [1.0, 2, 5]) {
        #expect(abs(variance - alpha * (8 - alpha) / (64 * 9)) < 0.002)
      }
    }
  }

  @Test func categoricalFollowsItsLogits() {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(8)
      let probabilities = [0.1, 0.2, 0.3, 0.4]
      let logits = Tensor(probabilities, dtype: .float32).log() + 3
      let x = Tensor.categorical(logits: logits, sampleShape: [Self.count], key: &key)
      #expect(x.shape == [Self.count] && x.dtype == .int32)
      for (share, expected) in zip((x.binCount(4) / Double(Self.count)).doubles(), probabilities) {
        #expect(abs(share - expected) < 0.007)
      }
      let columns = Tensor.categorical(logits: .zeros([5, 3]), axis: 0, sampleShape: [2], key: &key)
      #expect(columns.shape == [2, 3])
    }
  }

  @Test func integersAreEven() {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(9)
      let x = Tensor.randomIntegers([Self.count], in: -3..<4, key: &key)
      let shares = (x + 3).binCount().doubles()
      #expect(shares.count == 7 && shares.allSatisfy { abs($0 * 7 / Double(Self.count) - 1) < 0.05 })
      let large = Tensor.randomIntegers([1000], in: -(1 << 40)..<(1 << 40), key: &key, dtype: .int64)
      #expect(large.doubles().allSatisfy { abs($0) <= 0x1p40 } && large.doubles().contains { abs($0) > 0x1p38 })
    }
  }

  @Test func ordersAreEven() {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(10)
      let order = Tensor.permutation(1000, key: &key).scalars(Int32.self)
      #expect(order.sorted() == Array(0..<1000) && order != Array(0..<1000))
      // Each of the six orders of three comes as often.
      var counts: [[Int32]: Int] = [:]
      for _ in 0..<600 { counts[Tensor.permutation(3, key: &key).scalars(Int32.self), default: 0] += 1 }
      #expect(counts.count == 6 && counts.values.allSatisfy { 65 < $0 && $0 < 140 })
      let x = Tensor.range(12).reshaped(to: [3, 4])
      let shuffled = x.shuffled(axis: 1, key: &key)
      #expect(shuffled.sorted(axis: 1).scalars(Int32.self) == x.scalars(Int32.self))
      #expect((shuffled[1] - shuffled[0]).scalars(Int32.self) == [4, 4, 4, 4])
    }
  }

  @Test func choices() {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(12)
      let some = Tensor.choice(5, of: 8, replacing: false, key: &key).scalars(Int32.self)
      #expect(Set(some).count == 5 && some.allSatisfy { 0 <= $0 && $0 < 8 })
      let weights: Tensor = [0, 1, 3]
      let drawn = Tensor.choice(40_000, of: 3, probabilities: weights, key: &key).binCount(3).doubles()
      #expect(drawn[0] == 0 && abs(drawn[1] / 10_000 - 1) < 0.05)
      let two = Tensor.choice(2, of: 3, replacing: false, probabilities: weights, key: &key).scalars(Int32.self)
      #expect(Set(two) == [1, 2])
      #expect(Tensor.ones([4, 2]).sampled(3, key: &key).shape == [3, 2])
    }
  }

  @Test func multivariateNormalHasItsCovariance() {
    Device.with(tensorAPIDevice) {
      var key = RandomKey(13)
      let factor: Tensor = [[2, 0], [1, 0.5]]
      let x = Tensor.multivariateNormal(
        mean: [1, -1], choleskyFactor: factor, sampleShape: [Self.count], key: &key)
      #expect(x.mean(axis: 0).allClose(to: [1, -1], absolute: 0.03))
      #expect(x.transposed().covariance().allClose(to: [[4, 2], [2, 1.25]], absolute: 0.06))
    }
  }

  /// Draws by rejection are drawn anew at each call of a compiled function, and are the same as eager ones.
  @Test func gammaInCompiledFunctions() {
    Device.with(tensorAPIDevice) {
      let state = RandomState(seed: 3)
      let draw = compile(updating: state) { (alpha: Tensor) in .gamma(alpha, key: &state.key) }
      var key = RandomKey(3)
      for _ in 0..<2 {
        #expect(draw([0.5, 2, 9]).scalars() == Tensor.gamma([0.5, 2, 9], key: &key).scalars())
      }
    }
  }
}
