import Apus
import Testing

/// Layers that draw random numbers: nothing in inference, and in training what their papers say of mean and variance.
@Suite struct NoiseTests {
  private let x = Tensor.ones([64, 8, 8, 32])

  private func trained(_ layer: any Layer, _ x: Tensor) -> Tensor { Phase.with(.training) { layer(x) } }

  private func layers() -> [(name: String, layer: any Layer)] {
    var key = RandomKey(11)
    return [
      ("Dropout", Dropout(0.3, key: &key)), ("SpatialDropout", SpatialDropout(0.3, key: &key)),
      ("AlphaDropout", AlphaDropout(0.3, key: &key)), ("FeatureAlphaDropout", FeatureAlphaDropout(0.3, key: &key)),
      ("DropPath", DropPath(0.3, key: &key)), ("GaussianNoise", GaussianNoise(0.3, key: &key)),
      ("GaussianDropout", GaussianDropout(0.3, key: &key)), ("RReLU", RReLU(key: &key)),
    ]
  }

  /// A call draws anew, a saved key draws the same, and the state is one buffer, `key`.
  @Test func drawsAreStreams() {
    for (name, layer) in layers() {
      let y = -x
      #expect(layer.parameters.isEmpty && layer.buffers.map(\.path) == ["key"], "\(name)")
      let saved = layer.buffers[0].slot.tensor!
      let (first, second) = (trained(layer, y), trained(layer, y))
      layer.buffers[0].slot.tensor = saved
      let again = trained(layer, y)
      #expect((first - second).abs().max().item() > 0, "\(name)")
      #expect((first - again).abs().max().item() == 0, "\(name)")
      let moved = layer.buffers[0].slot.tensor!.scalars(UInt32.self)
      if name != "RReLU" { #expect((layer(y) - y).abs().max().item() == 0, "\(name)") }
      #expect(layer.buffers[0].slot.tensor!.scalars(UInt32.self) == moved, "\(name): inference draws")
    }
  }

  @Test func compiledStepsDrawAnew() {
    for (name, layer) in layers() {
      let step = compile(updating: layer) { (x: Tensor) in Phase.with(.training) { layer(x) } }
      #expect((step(-x) - step(-x)).abs().max().item() > 0, "\(name)")
    }
  }

  @Test func wholeChannelsAreDropped() {
    var key = RandomKey(1)
    let y = trained(SpatialDropout(0.25, key: &key), x)
    let (low, high) = (y.min(axes: [1, 2]), y.max(axes: [1, 2]))
    #expect((low - high).abs().max().item() == 0)
    #expect(Set(low.scalars()) == [0, 1 / 0.75])
    #expect(abs(y.mean().item() - 1) < 0.05)
    #expect(trained(SpatialDropout(0.5, key: &key), Tensor.ones([500, 20])).shape == [500, 20])
  }

  @Test func wholeExamplesAreDropped() {
    var key = RandomKey(2)
    let y = trained(DropPath(0.2, key: &key), Tensor.ones([2000, 3, 2]))
    #expect((y.min(axes: [1, 2]) - y.max(axes: [1, 2])).abs().max().item() == 0)
    #expect(Set(y.scalars()) == [0, 1.25] && abs(y.mean().item() - 1) < 0.04)
    #expect(trained(DropPath(1, key: &key), x).abs().max().item() == 0)
  }

  /// Mean 0 and variance 1 stay what they are.
  @Test func alphaDropoutKeepsMeanAndVariance() {
    var key = RandomKey(4)
    let normal = Tensor.normal([400, 500], key: &key)
    for probability in [0.05, 0.1, 0.5] {
      let y = trained(AlphaDropout(probability, key: &key), normal)
      #expect(abs(y.mean().item()) < 0.01 && abs(y.variance().item() - 1) < 0.015, "\(probability)")
    }
    let y = trained(FeatureAlphaDropout(0.5, key: &key), .zeros([2000, 4, 3]))
    #expect((y.min(axis: 1) - y.max(axis: 1)).abs().max().item() == 0 && Set(y.scalars()).count == 2)
    // What is dropped takes the value −λα, before all are scaled: PyTorch's numbers at p = ½.
    let values = Set(y.scalars()).sorted()
    #expect(abs(values[0] + 0.77919) < 1e-4 && abs(values[1] - 0.77919) < 1e-4)
  }

  @Test func gaussianNoiseHasItsVariance() {
    var key = RandomKey(6)
    let y = trained(GaussianNoise(0.3, key: &key), x)
    #expect(abs(y.mean().item() - 1) < 0.005 && abs(y.variance().item() / 0.09 - 1) < 0.02)
    let z = trained(GaussianDropout(0.2, key: &key), x * 2)
    #expect(abs(z.mean().item() - 2) < 0.01 && abs(z.variance().item() / (4 * 0.25) - 1) < 0.02)
    #expect(trained(GaussianNoise(0, key: &key), x).min().item() == 1)
  }

  /// Of x + ε the gradient is 1, of x · ε it is ε.
  @Test func gaussianNoiseLetsGradientsThrough() {
    var key = RandomKey(6)
    let small = Tensor([1, -2, 4, 0.5, 3, -1] as [Float], shape: [2, 3])
    for layer in [GaussianNoise(0.3, key: &key) as any Layer, GaussianDropout(0.2, key: &key)] {
      let (output, gradients) = Phase.with(.training) { vjp(at: [small], cotangent: .ones([2, 3])) { layer($0[0]) } }
      let expected = layer is GaussianNoise ? Tensor.ones([2, 3]) : output / small
      #expect((gradients[0] - expected).abs().max().item() < 1e-6)
    }
  }

  /// Noise on the inputs of a linear model is an L2 penalty: E[½(w·(x + ε) − y)²] = ½(w·x − y)² + ½σ²‖w‖² (Bishop 1995).
  @Test func noiseOnInputsIsWeightDecay() {
    var key = RandomKey(8)
    let (weight, input) = (Tensor([0.5, -1, 2] as [Float]), Tensor([1, 2, 0.3] as [Float]))
    let noise = GaussianNoise(0.4, key: &key)
    let loss = { (w: Tensor, x: Tensor) in (x.matmul(w) - 1).squared().mean() * 0.5 }
    let noisy = Phase.with(.training) { noise(input.broadcast(to: [200_000, 3])) }
    let (value, gradient) = valueAndGrad { loss($0, noisy) }(weight)
    let (clean, slope) = valueAndGrad { loss($0, input) + Penalty.l2(0.16)($0) }(weight)
    #expect(abs(value.item() / clean.item() - 1) < 0.01)
    #expect((gradient - slope).abs().max().item() < 0.02)
  }

  /// Fifty layers of SELU keep mean 0 and variance 1 from LeCun's normal weights, and with alpha dropout too; ReLU with
  /// the same weights loses both.
  @Test func seluIsAFixedPointThroughFiftyLayers() {
    var key = RandomKey(12)
    func statistics(_ f: (Tensor) -> Tensor) -> (mean: Double, variance: Double) {
      var h = Tensor.normal([256, 256], key: &key)
      for _ in 0..<50 {
        let weight = Initializer.lecunNormal([256, 256], fanIn: 256, fanOut: 256, key: &key)
        h = f(h.matmul(weight.transposed()))
        h.evaluated()
      }
      return (h.mean().item(), h.variance().item())
    }
    let selu = statistics { $0.selu() }
    #expect(abs(selu.mean) < 0.15 && 0.7 < selu.variance && selu.variance < 1.35, "\(selu)")
    let dropout = AlphaDropout(0.05, key: &key)
    let dropped = statistics { h in trained(dropout, h.selu()) }
    #expect(abs(dropped.mean) < 0.2 && 0.6 < dropped.variance && dropped.variance < 1.5, "\(dropped)")
    #expect(statistics { $0.relu() }.variance < 1e-10)
  }

  /// What is dropped gets no gradient in that step, nor do the weights that lead from it.
  @Test func droppedUnitsAreNotTrained() {
    var key = RandomKey(14)
    let layer = Dropout(0.5, key: &key)
    let linear = Linear(8, 3, key: &key)
    let x = Tensor.ones([1, 8])
    let saved = layer.key
    let mask = trained(layer, x).doubles()
    layer.key = saved
    let (_, gradients) = Phase.with(.training) { valueAndGrad(linear) { linear(layer(x)).squared().sum() } }
    let columns = gradients[0].abs().sum(axis: 0).doubles()
    #expect(mask.contains(0) && mask.contains(2))
    #expect(zip(mask, columns).allSatisfy { ($0 == 0) == ($1 == 0) })
  }

  /// The normalised geometric mean over all 2ⁿ thinned softmax classifiers is the one classifier with halved inputs
  /// (Goodfellow et al. 2016, section 7.12), and the mean over many draws of a linear layer is its inference.
  @Test func inferenceIsTheMeanOverThinnedNets() {
    var key = RandomKey(15)
    let linear = Linear(4, 3, key: &key)
    let x = Tensor([0.5, -1, 2, 1.5] as [Float])
    let masks = Tensor((0..<64).map { Float(($0 / 4) >> ($0 % 4) & 1) }, shape: [16, 4])
    let geometric = linear(masks * x).logSoftmax().mean(axis: 0).softmax()
    #expect((geometric - linear(x / 2).softmax()).abs().max().item() < 1e-6)
    let dropout = Dropout(0.5, key: &key)
    let mean = linear(trained(dropout, x.broadcast(to: [100_000, 4]))).mean(axis: 0)
    #expect((mean - linear(dropout(x))).abs().max().item() < 0.02)
  }

  @Test func wrongOptionsStop() async {
    await #expect(processExitsWith: .failure) {
      var key = RandomKey(0)
      _ = SpatialDropout(1.5, key: &key)
    }
    await #expect(processExitsWith: .failure) {
      var key = RandomKey(0)
      _ = GaussianDropout(1, key: &key)
    }
    var key = RandomKey(0)
    let layer = SpatialDropout(key: &key)
    #expect { try checked { layer(.zeros([3])) } } throws: {
      ($0 as? OpError)?.description == "SpatialDropout: input [3], expected [batch, …, channels]"
    }
  }
}
