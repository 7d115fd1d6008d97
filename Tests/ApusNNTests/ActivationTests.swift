import Apus
import Testing

@Suite struct ActivationTests {
  private func isClose(_ tensor: Tensor, _ expected: [Double], _ tolerance: Double = 2e-6) -> Bool {
    let values = tensor.doubles()
    return values.count == expected.count
      && zip(values, expected).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($1)) }
  }

  @Test(arguments: Activation.allCases)
  func everyActivationHasANameAndADerivative(_ activation: Activation) {
    #expect(Activation(rawValue: activation.rawValue) == activation)
    let x = Tensor([-1e4, -7, -2.3, -0.7, 0.2, 0.9, 2.8, 6.5, 1e4], dtype: .float64)
    let (y, slope) = (activation(x), activation.derivative(at: x))
    #expect((y.isFinite() & slope.isFinite()).all().item() == 1)
    let near = x[1..<8]
    let difference = (activation(near + 1e-6) - activation(near - 1e-6)) / 2e-6
    #expect((slope[1..<8] - difference).abs().max().item() < 1e-8, "\(activation): \(slope), \(difference)")
  }

  @Test func stepIsTheUnitOfMcCullochAndPitts() {
    let x = Tensor([-1, -0.0, 0, 0.5, .nan] as [Float])
    let step = BinaryStep()(x).doubles()
    #expect(step.prefix(4) == [0, 1, 1, 1] && step[4].isNaN)
    #expect(x[..<4].step(at: 0.5).doubles() == [0, 0, 0, 1])
    #expect(Activation.step.derivative(at: x).doubles().allSatisfy { $0 == 0 })
    // A threshold of two is AND, of one OR.
    let sums = Tensor([0, 1, 1, 2] as [Float])
    #expect(sums.step(at: 2).doubles() == [0, 0, 0, 1] && sums.step(at: 1).doubles() == [0, 1, 1, 1])
  }

  /// Two rectifiers make the hard sigmoid.
  @Test func twoRectifiersEmulateAHardSigmoid() {
    let x = Tensor.linspace(-5, 5, steps: 41, dtype: .float64)
    let two = (x / 6 + 0.5).relu() - (x / 6 - 0.5).relu()
    #expect((two - x.hardsigmoid()).abs().max().item() < 1e-15)
  }

  /// Logits of ±10,000 have finite values and slopes everywhere.
  @Test func farLogitsAreFinite() {
    let x = Tensor([1e4, -1e4, 1e4, -1e4] as [Float])
    let y = Tensor([0, 1, 1, 0] as [Float])
    let signs = y * 2 - 1
    let losses: [(Tensor) -> Tensor] = [
      { binaryCrossEntropy(logits: $0, y) }, { softMarginLoss($0, signs) }, { hingeLoss($0, signs) },
      { crossEntropy($0.reshaped(to: [2, 2]), Tensor([1, 0])) },
      { crossEntropy($0.reshaped(to: [1, 4]), probabilities: y.reshaped(to: [1, 4]) / 2) },
      { multilabelSoftMarginLoss($0, y) }, { klDivergence($0.logSoftmax(), y / 2) },
    ]
    for loss in losses {
      let (value, gradients) = valueAndGradient(at: [x]) { loss($0[0]) }
      #expect(value.item().isFinite && gradients[0].isFinite().all().item() == 1)
    }
    #expect(softMarginLoss(x, signs, reduction: .none).doubles() == [1e4, 1e4, 0, 0])
    #expect(x.softmax().doubles() == [0.5, 0, 0.5, 0])
  }

  /// Swish and GELU's cousins are found by name among the composed units.
  @Test func unitsAreComposedOfFunctions() {
    let all = ComposedActivation.all
    let (unary, binary) = (ComposedActivation.UnaryPart.allCases.count, ComposedActivation.BinaryPart.allCases.count)
    #expect(all.count == unary * unary * binary && Set(all.map(\.description)).count == all.count)
    let x = Tensor([-2, -0.5, 0.3, 1.5], dtype: .float64)
    let swish = ComposedActivation(.identity, .gate, .identity)
    #expect(swish.description == "gate(x, x)" && isClose(swish(x), x.silu().doubles(), 1e-14))
    #expect(isClose(swish.derivative(at: x), Activation.silu.derivative(at: x).doubles(), 1e-14))
    #expect(
      isClose(ComposedActivation(.identity, .maximum, .tanh)(x), [-0.9640275800758169, -0.46211715726000973, 0.3, 1.5]))
    #expect(ActivationLayer(swish)(x).doubles() == swish(x).doubles())
    // Every unit's derivative is that of central differences.
    for unit in all.enumerated().filter({ $0.offset % 37 == 0 }).map(\.element) {
      let difference = (unit(x + 1e-5) - unit(x - 1e-5)) / 2e-5
      #expect(isClose(unit.derivative(at: x), difference.doubles(), 1e-7), "\(unit)")
    }
  }

  /// With slopes drawn evenly from 1/8 to 1/3 their mean is 11/48 and their variance (5/24)²/12.
  @Test func randomisedSlopesAreDrawnInTraining() {
    var key = RandomKey(3)
    let layer = RReLU(key: &key)
    let x = Tensor.full(-1, [100, 200])
    let slopes = -Phase.with(.training) { layer(x) }
    #expect(slopes.min().item() >= 0.125 && slopes.max().item() <= 1.0 / 3)
    #expect(abs(slopes.mean().item() - 11.0 / 48) < 2e-3)
    #expect(abs(slopes.variance().item() / (25.0 / 576 / 12) - 1) < 0.02)
    #expect(isClose(layer(x[0]), [Double](repeating: -11.0 / 48, count: 200)))
    #expect((Phase.with(.training) { layer(x) } + slopes).abs().max().item() > 0)
    #expect(Phase.with(.training) { layer(-x) }.doubles().allSatisfy { $0 == 1 })
  }

  /// One-hot choices as often as the softmax says, with the gradient of soft ones.
  @Test func gumbelSoftmaxChooses() {
    var key = RandomKey(10)
    let logits = Tensor([0.5, 0.3, 0.2] as [Float]).log()
    let many = logits.broadcast(to: [20_000, 3])
    let hard = many.gumbelSoftmax(temperature: 0.5, isHard: true, key: &key)
    #expect((hard.sum(axis: 1) - 1).abs().max().item() < 1e-6 && hard.max().item() > 0.999)
    #expect((hard.mean(axis: 0) - logits.exp()).abs().max().item() < 0.015)
    let rows = logits.reshaped(to: [3, 1]).gumbelSoftmax(isHard: true, axis: 0, key: &key)
    #expect(rows.shape == [3, 1] && abs(rows.sum().item() - 1) < 1e-6)
    func slope(isHard: Bool) -> [Double] {
      grad { x in
        var key = RandomKey(4)
        return (x.gumbelSoftmax(isHard: isHard, key: &key) * Tensor([1, 2, 4] as [Float])).sum()
      }(logits).doubles()
    }
    #expect(slope(isHard: true) == slope(isHard: false) && slope(isHard: true).contains { $0 != 0 })
  }

  /// Maxout with two pieces is |x|, and with a zero piece ReLU (Goodfellow et al. 2013).
  @Test func maxoutMakesOtherUnits() {
    var key = RandomKey(0)
    let layer = Maxout(1, 2, pieces: 2, key: &key)
    (layer.weight, layer.bias) = (Tensor([1, -1, 1, 0] as [Float], shape: [4, 1]), .zeros([4]))
    let y = layer(Tensor([-2, 3] as [Float], shape: [2, 1]))
    #expect(y.shape == [2, 2] && y.doubles() == [2, 0, 3, 3])
    #expect(layer.parameters.map(\.path) == ["weight", "bias"] && Identity()(y).doubles() == y.doubles())
  }

  /// PyTorch's keys; probabilities over all classes add up to one.
  @Test func adaptiveSoftmaxIsOneOverAllClasses() {
    var key = RandomKey(2)
    let layer = AdaptiveLogSoftmax(16, 20, cutoffs: [5, 9], divisor: 2, headBias: true, key: &key)
    #expect(
      layer.parameters.map(\.path) == [
        "head.weight", "head.bias", "tail.0.0.weight", "tail.0.1.weight", "tail.1.0.weight", "tail.1.1.weight",
      ])
    #expect(layer.tail.map { $0.parameters[0].slot.tensor!.shape } == [[8, 16], [4, 16]])
    let x = Tensor.normal([3, 16], key: &key)
    #expect((layer(x).exp().sum(axis: 1) - 1).abs().max().item() < 1e-5)
    let loss = layer.loss(x, Tensor([0, 7, 19]), reduction: .none)
    #expect(isClose(-loss, [0, 7, 19].enumerated().map { layer(x)[$0.offset, $0.element].item() }))
  }

  @Test func swishTrainsItsBeta() {
    #expect(Swish().parameterCount == 1 && Swish(isTrainable: false).parameterCount == 0)
    #expect(Swish(beta: 2, isTrainable: false).buffers.map(\.path) == ["beta"])
    #expect(PReLU(3).parameters.map(\.path) == ["weight"] && isClose(PReLU(3).weight, [0.25, 0.25, 0.25]))
  }

  @Test(arguments: [
    ToldMistake("prelu: slope [3] for [2, 4], expected [1] or [4]", { Tensor.zeros([2, 4]).prelu(.zeros([3])) }),
    ToldMistake("hardtanh: bounds 1.0 and -1.0, expected the lower one first", { Tensor.zeros([2]).hardtanh(1, -1) }),
    ToldMistake("softshrink: lambda -1.0, expected 0 or more", { Tensor.zeros([2]).softshrink(-1) }),
    ToldMistake("gated: axis -1 of [2, 3] has no two halves", { Tensor.zeros([2, 3]).glu() }),
    ToldMistake(
      "maxout: axis 1 of [2, 3] does not divide into groups of 2", { Tensor.zeros([2, 3]).maxout(2, axis: 1) }),
    ToldMistake("celu: alpha 0, expected another number", { Tensor.zeros([2]).celu(alpha: 0) }),
  ])
  func mistakesAreTold(_ mistake: ToldMistake) { mistake.check() }
}
