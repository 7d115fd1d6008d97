import Apus
import Testing

@Suite struct RegularizationTests {
  private func model() -> Sequential {
    var key = RandomKey(1)
    return Sequential {
      Linear(3, 4, key: &key)
      BatchNorm(4)
      Linear(4, 2, key: &key)
    }
  }

  /// Matrices count, biases and scales do not, unless asked for.
  @Test func penaltiesAreSumsOverAModel() {
    let model = model()
    let weights = model.parameters.filter { $0.path.hasSuffix("weight") && $0.slot.tensor!.rank == 2 }
    #expect(weights.count == 2)
    let squares = weights.reduce(0) { $0 + $1.slot.tensor!.squared().sum().item() }
    #expect(abs(Penalty.l2(0.1)(model).item() - 0.05 * squares) < 1e-6)
    let biases = Penalty.l1(2)(model) { $0.path == "0.bias" }.item()
    #expect(abs(biases - 2 * model.parameters[1].slot.tensor!.abs().sum().item()) < 1e-6)
    // The gradient of the penalty is weight decay.
    let (_, gradients) = valueAndGrad(model) { Penalty.l2(0.3)(model) }
    #expect((gradients[0] - model.parameters[0].slot.tensor! * 0.3).abs().max().item() < 1e-7)
    #expect(gradients[1].abs().max().item() == 0)
  }

  /// With an L2 penalty a quadratic bowl's minimum shrinks by λᵢ / (λᵢ + α) along each of its axes: most where it is flat
  /// (Goodfellow et al. 2016, equation 7.13). With L1 what is flat is cut off.
  @Test func penaltiesShrinkAlongFlatAxes() {
    let (curvature, minimum) = (Tensor([4, 1, 0.25] as [Float]), Tensor([1, -1, 1] as [Float]))
    func descend(_ penalty: Penalty) -> [Double] {
      var w = Tensor.zeros([3])
      let slope = grad { w in ((w - minimum).squared() * curvature).sum() * 0.5 + penalty(w) }
      for _ in 0..<400 { w = (w - slope(w) * 0.05).evaluated() }
      return w.doubles()
    }
    for (ours, wanted) in zip(descend(.l2(0.5)), [4 / 4.5, -1 / 1.5, 0.25 / 0.75]) {
      #expect(abs(ours - wanted) < 1e-3)
    }
    // max(0, 1 − α/λ), which subgradient descent reaches but for a step.
    for (ours, wanted) in zip(descend(.l1(0.5)), [1 - 0.5 / 4, -0.5, 0]) { #expect(abs(ours - wanted) < 0.03) }
  }

  @Test func normsAreHeldBelowABound() {
    var key = RandomKey(2)
    let model = Sequential {
      Conv2D(2, 3, kernel: 3, key: &key)
      Linear(5, 4, key: &key)
    }
    for entry in model.parameters { entry.slot.tensor = entry.slot.tensor! * 3 }
    let (bias, kernel) = (model.parameters[1].slot.tensor!, model.parameters[0].slot.tensor!)
    model.constrainNorms(to: 1)
    let rows = model.parameters[2].slot.tensor!.norm(axis: 1)
    let filters = model.parameters[0].slot.tensor!.norm(axes: [0, 1, 2])
    #expect(rows.max().item() <= 1.000001 && filters.max().item() <= 1.000001)
    #expect(kernel.norm(axes: [0, 1, 2]).max().item() > 1.01, "nothing had to be held")
    #expect((model.parameters[1].slot.tensor! - bias).abs().max().item() == 0)
  }

  /// The keys of PyTorch's parametrizations, and nothing else.
  @Test func reparametrizationsHavePyTorchsKeys() {
    var key = RandomKey(3)
    let weight = WeightNorm(Linear(3, 2, key: &key))
    #expect(
      Set(weight.parameters.map(\.path)) == [
        "bias", "parametrizations.weight.original0", "parametrizations.weight.original1",
      ])
    #expect(weight.magnitude.shape == [2, 1] && weight.buffers.isEmpty)
    let spectral = SpectralNorm(Conv2D(2, 3, kernel: 3, bias: false, key: &key), key: &key)
    #expect(spectral.parameters.map(\.path) == ["parametrizations.weight.original"])
    #expect(spectral.buffers.map(\.path) == ["parametrizations.weight.0._u", "parametrizations.weight.0._v"])
    #expect(spectral.left.shape == [3] && spectral.right.shape == [18])
  }

  @Test func weightNormStartsAsTheLayer() {
    var key = RandomKey(4)
    let (linear, convolution) = (Linear(3, 2, key: &key), Conv2D(2, 3, kernel: 3, key: &key))
    let x = Tensor.normal([4, 3], key: &key)
    let image = Tensor.normal([1, 5, 5, 2], key: &key)
    #expect((WeightNorm(linear)(x) - linear(x)).abs().max().item() < 1e-6)
    let normed = WeightNorm(convolution)
    #expect(normed.magnitude.shape == [1, 1, 1, 3])
    #expect((normed(image) - convolution(image)).abs().max().item() < 1e-6)
  }

  /// The largest singular value is one, known from the construction U·diag(5, 2, 1)·Vᵀ.
  @Test func spectralNormDividesByTheLargestSingularValue() {
    var key = RandomKey(5)
    let u = Initializer.orthogonal()([3, 3], fanIn: 3, fanOut: 3, key: &key)
    let v = Initializer.orthogonal()([3, 4], fanIn: 4, fanOut: 3, key: &key)
    let linear = Linear(4, 3, bias: false, key: &key)
    linear.weight = (u * Tensor([5, 2, 1] as [Float])).matmul(v)
    let layer = SpectralNorm(linear, key: &key)
    let x = Tensor.normal([6, 4], key: &key)
    #expect((layer(x) - linear(x) / 5).abs().max().item() < 1e-5)
  }

  /// A compiled step trains magnitudes, directions and the power iteration's vectors.
  @Test func reparametrizedLayersTrain() {
    var key = RandomKey(6)
    let model = Sequential {
      WeightNorm(Linear(2, 8, key: &key))
      Tanh()
      SpectralNorm(Linear(8, 2, key: &key), key: &key)
    }
    let optimizer = Adam(model, learningRate: 0.05)
    let step = compile(updating: model, optimizer) { (x: Tensor, y: Tensor) -> Tensor in
      let (loss, gradients) = Phase.with(.training) { valueAndGrad(model) { crossEntropy(model(x), y) } }
      optimizer.update(gradients)
      return loss
    }
    let x: Tensor = [[0, 0], [0, 1], [1, 0], [1, 1]]
    let y = Tensor([0, 1, 1, 0])
    let before = model.buffers[0].slot.tensor!.doubles()
    let first = step(x, y).item()
    for _ in 0..<150 { _ = step(x, y) }
    #expect(step(x, y).item() < 0.6 * first)
    #expect(model(x).argMax().scalars(Int32.self) == [0, 1, 1, 0])
    #expect(model.buffers[0].slot.tensor!.doubles() != before)
  }

  @Test func mixupMixesInputsAndTargetsAlike() {
    var key = RandomKey(7)
    let labels = Tensor([0, 1, 2, 3] as [Int32]).oneHot(4)
    let images = labels.reshaped(to: [4, 4, 1]) * 10
    let (x, y) = mixup(images, labels, alpha: 0.8, key: &key)
    #expect(x.shape == [4, 4, 1] && (x.reshaped(to: [4, 4]) - y * 10).abs().max().item() < 1e-5)
    #expect((y.sum(axis: 1) - 1).abs().max().item() < 1e-6)
    // Beta(α, α) has mean ½ and variance 1 / (4 (2α + 1)); what an example keeps is λ.
    let shares = (0..<400).map { _ in
      mixup(Tensor([1, 0] as [Float]), Tensor([1, 0] as [Float]), alpha: 0.5, key: &key)
    }
    .map { $0.inputs[0].item() }.filter { $0 < 1 }
    #expect(shares.allSatisfy { 0...1 ~= $0 } && Set(shares).count > 100)
  }

  @Test func cutmixMixesByArea() {
    var key = RandomKey(8)
    let labels = Tensor([0, 1, 2] as [Int32]).oneHot(3)
    let images = Tensor([1, 2, 3] as [Float]).reshaped(to: [3, 1, 1, 1]).broadcast(to: [3, 16, 12, 2])
    for _ in 0..<5 {
      let (x, y) = cutmix(images, labels, key: &key)
      // The mean brightness is that of the targets.
      let wanted = (y * Tensor([1, 2, 3] as [Float])).sum(axis: 1)
      #expect((x.mean(axes: [1, 2, 3]) - wanted).abs().max().item() < 1e-5)
      #expect((y.sum(axis: 1) - 1).abs().max().item() < 1e-6)
    }
  }

  @Test func cutoutHidesSquares() {
    var key = RandomKey(9)
    let images = Tensor.ones([500, 8, 8, 1])
    let y = cutout(images, size: 4, value: 0.5, key: &key)
    let hidden = (y .== 0.5).cast(to: .float32).sum(axes: [1, 2, 3])
    #expect(hidden.min().item() >= 4 && hidden.max().item() == 16)
    #expect(Set(y.scalars()) == [0.5, 1])
    // Around the 8 centres on an axis 2, 3, 4, 4, 4, 4, 4 and 3 pixels are hidden, 3.5 on average.
    #expect(abs(hidden.mean().item() - 3.5 * 3.5) < 0.5)
    #expect(cutout(images, size: 0, key: &key).min().item() == 1)
  }

  @Test(arguments: [
    ToldMistake("Penalty: power 0.5, expected 1 or more", { Penalty.lp(1, power: 0.5)(Tensor.ones([2])) }),
    ToldMistake("Penalty: l1Ratio 2.0, expected 0 to 1", { Penalty.elasticNet(1, l1Ratio: 2)(Tensor.ones([2])) }),
    ToldMistake(
      "sparsityPenalty: sparsity 0.0 of activations [2, 3], expected one between 0 and 1 of [..., units]",
      { sparsityPenalty(.ones([2, 3]), sparsity: 0) }
    ),
    ToldMistake(
      "renormalized: to 1.0 along axis 2 of [2, 3], expected 0 or more and an axis",
      { Tensor.ones([2, 3]).renormalized(to: 1, axis: 2) }
    ),
    ToldMistake(
      "mixup: alpha 1.0 for inputs [2, 3] and targets int32[2], expected a number above 0, and probabilities of as many "
        + "examples",
      {
        var key = RandomKey(0)
        return mixup(.ones([2, 3]), Tensor([0, 1] as [Int32]), alpha: 1, key: &key).inputs
      }
    ),
    ToldMistake("GroupNorm: input [2, 3], expected [batch, …, 4]", { GroupNorm(2, 4)(.ones([2, 3])) }),
    ToldMistake(
      "InstanceNorm: input [2, 4], expected [batch, …, 4] with positions in between",
      { InstanceNorm(4)(.ones([2, 4])) }
    ),
    ToldMistake("RMSNorm: input [2, 3], expected the last axes to be [4]", { RMSNorm(4)(.ones([2, 3])) }),
    ToldMistake("LocalResponseNorm: input [], expected [..., channels]", { LocalResponseNorm(3)(Tensor(1)) }),
  ])
  func mistakesAreTold(_ mistake: ToldMistake) { mistake.check() }

  @Test func wrongLayersStop() async {
    await #expect(processExitsWith: .failure) { _ = GroupNorm(3, 4) }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var key = RandomKey(0)
      _ = WeightNorm(Linear(2, 2, key: &key), parameter: "kernel")
    }
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains("WeightNorm: the layer has no parameter kernel, only weight, bias"))
  }
}
