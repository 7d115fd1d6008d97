import Apus
import Testing

@Suite struct InitializerTests {
  /// Bounds and deviations by the papers' formulas.
  @Test func scales() {
    #expect(abs(Initializer.kaimingUniform().scale(fanIn: 6, fanOut: 1) - 1) < 1e-12)
    #expect(abs(Initializer.kaimingNormal().scale(fanIn: 8, fanOut: 1) - 0.5) < 1e-12)
    #expect(abs(Initializer.xavierUniform().scale(fanIn: 2, fanOut: 4) - 1) < 1e-12)
    #expect(abs(Initializer.xavierNormal(gain: 2).scale(fanIn: 3, fanOut: 5) - 1) < 1e-12)
    #expect(abs(Initializer.standard.scale(fanIn: 25, fanOut: 1) - 0.2) < 1e-12)
  }

  // A uniform distribution over ±b has the variance b²/3, a normal one its own.
  private static let expectations: [(Initializer, Double)] = [
    (.kaimingUniform(), 2.0 / 400), (.kaimingNormal(), 2.0 / 400), (.xavierUniform(), 2.0 / 700),
    (.xavierNormal(), 2.0 / 700),
  ]

  @Test(arguments: expectations) func variances(_ initializer: Initializer, _ expected: Double) {
    var key = RandomKey(7)
    let values = initializer([300, 400], fanIn: 400, fanOut: 300, key: &key).doubles()
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    // 120,000 draws: the deviation of the variance is well under a percent.
    #expect(abs(variance / expected - 1) < 0.02)
    #expect(abs(mean) < 4 * (expected / Double(values.count)).squareRoot())
  }

  @Test func moreScales() {
    #expect(abs(Initializer.lecunNormal.scale(fanIn: 16, fanOut: 1) - 0.25) < 1e-12)
    #expect(abs(Initializer.lecunUniform.scale(fanIn: 12, fanOut: 1) - 0.5) < 1e-12)
    // PyTorch's table.
    let gains: [(Activation, Double)] = [
      (.identity, 1), (.sigmoid, 1), (.tanh, 1.6666666666666667), (.relu, 1.4142135623730951),
      (.leakyReLU, 1.4141428569978354), (.selu, 0.75),
    ]
    for (activation, gain) in gains { #expect(abs(Initializer.gain(for: activation) - gain) < 1e-12, "\(activation)") }
    #expect(abs(Initializer.gain(for: .leakyReLU, negativeSlope: 0.2) - 1.3867504905630728) < 1e-12)
  }

  /// Orthonormal rows or columns, whichever are fewer, and evenly distributed: the mean of each element is 0 and its
  /// square 1/n.
  @Test(arguments: [[40, 60], [60, 40], [50, 50], [1, 7], [3, 3, 4, 8], [3, 3, 2, 32]])
  func orthogonalMatricesAreOrthogonal(_ sizes: [Int]) {
    var key = RandomKey(3)
    let shape = Shape(sizes)
    let gain = 2.0.squareRoot()
    let tensor = Initializer.orthogonal(gain: gain)(shape, fanIn: 1, fanOut: 1, key: &key)
    #expect(tensor.shape == shape && tensor.dtype == .float32)
    let matrix = shape.rank == 2 ? tensor : tensor.reshaped(to: [-1, shape.last!])
    let flat = matrix.shape[0] <= matrix.shape[1] ? matrix : matrix.transposed()
    let product = flat.matmul(flat.transposed())
    #expect((product - Tensor.eye(flat.shape[0]) * 2).abs().max().item() < 1e-5)
    let other = Initializer.orthogonal(gain: gain)(shape, fanIn: 1, fanOut: 1, key: &key)
    #expect((tensor - other).abs().max().item() > 0.01)
  }

  @Test func orthogonalMatricesAreEvenlySpread() {
    var key = RandomKey(5)
    let all = stack(
      (0..<150).map { _ in Initializer.orthogonal()([4, 4], fanIn: 4, fanOut: 4, key: &key).evaluated() })
    #expect(all.mean(axis: 0).abs().max().item() < 0.15)
    #expect((all.squared().mean(axis: 0) - 0.25).abs().max().item() < 0.08)
  }

  @Test func truncatedNormalStaysInside() {
    var key = RandomKey(7)
    let values = Initializer.truncatedNormal(standardDeviation: 0.02)([300, 400], fanIn: 1, fanOut: 1, key: &key)
    #expect(values.abs().max().item() <= 0.04)
    // The deviation of a normal distribution cut at ±2 is 0.87962566 (Johnson et al. 1994).
    #expect(abs(values.standardDeviation().item() / (0.02 * 0.87962566) - 1) < 0.01)
    let narrow = Initializer.truncatedNormal(standardDeviation: 1, bounds: -0.5...1)(
      [1000], fanIn: 1, fanOut: 1, key: &key)
    #expect(narrow.min().item() >= -0.5 && narrow.max().item() <= 1)
  }

  @Test func sparseColumnsHaveTheirZeros() {
    var key = RandomKey(9)
    let values = Initializer.sparse(0.3, standardDeviation: 2)([15, 400], fanIn: 1, fanOut: 1, key: &key)
    #expect((values .== 0).cast(to: .int32).sum(axis: 0).scalars(Int32.self).allSatisfy { $0 == 5 })
    #expect(abs(values.squared().sum().item() / Double(10 * 400) - 4) < 0.3)
    // Each row is as likely to be zero.
    #expect(((values .== 0).cast(to: .float32).mean(axis: 1) - 1.0 / 3).abs().max().item() < 0.1)
  }

  @Test func identityAndDirac() {
    var key = RandomKey(0)
    let eye = Initializer.identity([2, 3], fanIn: 3, fanOut: 2, key: &key)
    #expect(eye.doubles() == [1, 0, 0, 0, 1, 0])
    // A convolution with it passes its input, here two groups of two channels, of which there are three outputs each.
    let kernel = Initializer.dirac(groups: 2)([3, 3, 2, 6], fanIn: 18, fanOut: 54, key: &key)
    let x = Tensor.normal([1, 4, 5, 4], key: &key)
    let y = x.conv2D(kernel, padding: 1, groups: 2)
    #expect((y[TensorIndex.ellipsis, 0..<2] - x[TensorIndex.ellipsis, 0..<2]).abs().max().item() < 1e-6)
    #expect((y[TensorIndex.ellipsis, 3..<5] - x[TensorIndex.ellipsis, 2..<4]).abs().max().item() < 1e-6)
    #expect(y[TensorIndex.ellipsis, 2].abs().max().item() == 0 && y[TensorIndex.ellipsis, 5].abs().max().item() == 0)
    #expect(Initializer.dirac()([4, 1, 1], fanIn: 4, fanOut: 4, key: &key).doubles() == [0, 0, 1, 0])
  }

  /// The variance of activations stays through fifty layers with the initialiser made for them, and goes with another.
  @Test func varianceIsPreservedThroughFiftyLayers() {
    var key = RandomKey(13)
    func variance(_ initializer: Initializer, width: Int = 256, _ f: (Tensor) -> Tensor) -> Double {
      var h = Tensor.normal([64, width], key: &key)
      for _ in 0..<50 {
        h = f(h).matmul(initializer([width, width], fanIn: width, fanOut: width, key: &key).transposed())
        h.evaluated()
      }
      return h.squared().mean().item()
    }
    for initializer in [Initializer.xavierNormal(), .lecunUniform] {
      #expect((0.2...5).contains(variance(initializer) { $0 }), "\(initializer)")
    }
    #expect(abs(variance(.orthogonal(), width: 48) { $0 } - 1) < 0.1)
    // E[relu(x)²] is half of E[x²], which He's gain makes up for: within what chance makes of fifty layers. Without it
    // 2⁻⁵⁰ would be left.
    for initializer in [Initializer.kaimingNormal(), .kaimingUniform()] {
      #expect((0.02...50).contains(variance(initializer) { $0.relu() }), "\(initializer)")
    }
    #expect(variance(.xavierNormal()) { $0.relu() } < 1e-12)
  }

  @Test(arguments: [
    (
      Initializer.orthogonal(),
      "orthogonal: of shape [3], expected a matrix [outputs, inputs] or a kernel [..., outputs]"
    ),
    (.sparse(2), "sparse: a share 2.0 of shape [3], expected one from 0 to 1 of a matrix"),
    (.identity, "identity: of shape [3], expected a matrix"),
    (.dirac(), "dirac: 1 groups of shape [3], expected a kernel [..., inputs, outputs] that divides"),
  ])
  func mistakesAreTold(_ initializer: Initializer, _ message: String) {
    var key = RandomKey(0)
    #expect { try checked { initializer([3], fanIn: 3, fanOut: 1, key: &key) } } throws: {
      ($0 as? OpError)?.description == message
    }
  }
}
