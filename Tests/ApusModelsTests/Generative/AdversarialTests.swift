import Apus
import Testing

/// Generators against discriminators, beside PyTorch.
@Suite struct AdversarialTests {
  @Test(arguments: try! GenerativeFixture.cases("loss"))
  func adversarialLossesArePyTorchs(_ expected: JSONValue) throws {
    let loss = try #require(AdversarialLoss(rawValue: expected["loss"]?.string ?? ""))
    let (real, generated) = (expected.numbers("real"), expected.numbers("generated"))
    let tensors = (Tensor(real.map(Float.init)), Tensor(generated.map(Float.init)))
    let ours = [
      loss.discriminator(real: tensors.0, generated: tensors.1).item(), loss.generator(generated: tensors.1).item(),
    ]
    #expect(largestGap(ours, expected.numbers("values")) < 1e-6)
  }

  /// The penalty is a function of a gradient: its own gradient takes gradients of gradients.
  @Test(arguments: try! GenerativeFixture.cases("penalty"))
  func gradientPenaltyIsPyTorchs(_ expected: JSONValue) throws {
    var key = RandomKey(0)
    let critic =
      expected["critic"]?.string == "smooth"
      ? Sequential {
        Flatten()
        Linear(64, 5, key: &key)
        ActivationLayer(.tanh)
        Linear(5, 1, key: &key)
      }
      : Sequential {
        Conv2D(1, 3, kernel: 4, stride: 2, padding: 1, key: &key)
        LeakyReLU(negativeSlope: 0.2)
        Conv2D(3, 4, kernel: 4, stride: 2, padding: 1, key: &key)
        LeakyReLU(negativeSlope: 0.2)
        Conv2D(4, 1, kernel: 2, key: &key)
        Flatten()
      }
    try GenerativeFixture.fill(critic)
    let (real, generated) = (GenerativeFixture.images(70, 3, 1, 8, 8), GenerativeFixture.images(71, 3, 1, 8, 8))
    let shares = (hashedTensor([3], 72, 0, 1) + 1) / 2
    func penalty() -> Tensor {
      gradientPenalty(of: { critic($0) }, real: real, generated: generated, shares: shares)
    }
    #expect(abs(penalty().item() - (try #require(expected["value"]?.double))) < 1e-5)
    let step = compile(updating: [critic]) { _ in
      valueAndGrad(critic) {
        penalty() * 10 + AdversarialLoss.wasserstein.discriminator(real: critic(real), generated: critic(generated))
      }.gradients
    }
    let state = critic.parameters.map(\.path)
    for (path, gradient) in zip(state, step([Tensor(0)])) {
      let layout = critic.parameters.first { $0.path == path }?.layout ?? .same
      let theirs = (expected["gradients"]?[path]?.array ?? []).compactMap(\.double)
      let ours = (layout == .same ? gradient : gradient.transposed([3, 2, 0, 1])).doubles()
      #expect(largestGap(ours, theirs) < 2e-5, "\(path)")
    }
  }

  /// A round of DCGAN's, in training: batch normalisation by the batch.
  @Test func convolutionalAdversariesArePyTorchs() throws {
    let expected = try #require(try GenerativeFixture.cases("dcgan").first)
    var key = RandomKey(0)
    let networks = AdversarialNetworks.convolutional(latentSize: 6, width: 4, key: &key)
    try GenerativeFixture.fill(networks.generator)
    try GenerativeFixture.fill(networks.discriminator)
    let (noise, real) = (hashedTensor([5, 6], 95, 0, 1), GenerativeFixture.images(96, 5, 1, 28, 28))
    let loss = AdversarialLoss.nonSaturating
    try Phase.with(.training) {
      let images = networks.generated(from: noise)
      #expect(images.shape == [5, 28, 28, 1])
      #expect(largestGap(images[0..<2, 10..<14, 10..<14].doubles(), expected.numbers("images")) < 1e-5)
      let scores = [networks.discriminator(real), networks.discriminator(images)]
      let theirs = (expected["scores"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
      for (ours, theirs) in zip(scores, theirs) { #expect(largestGap(ours.doubles(), theirs) < 1e-4) }
      let first = valueAndGrad(networks.discriminator) {
        loss.discriminator(
          real: networks.discriminator(real), generated: networks.discriminator(images.stoppingGradient()))
      }
      let second = valueAndGrad(networks.generator) {
        loss.generator(generated: networks.discriminator(networks.generated(from: noise)))
      }
      #expect(largestGap([first.value.item(), second.value.item()], expected.numbers("losses")) < 1e-4)
      for (network, gradients, name) in [
        (networks.discriminator, first.gradients, "discriminator"), (networks.generator, second.gradients, "generator"),
      ] {
        for (entry, gradient) in zip(network.parameters, gradients) {
          let norm = try #require(expected[name]?[entry.path]?.double, "\(name) \(entry.path)")
          #expect(abs(gradient.norm().item() - norm) < 1e-3 * norm + 1e-5, "\(name) \(entry.path)")
        }
      }
    }
  }

  @Test func wrongSizesAreToldInOneLine() {
    var key = RandomKey(0)
    let networks = AdversarialNetworks.convolutional(latentSize: 6, width: 4, key: &key)
    #expect(throws: (any Error).self) { try checked { networks.generated(from: .zeros([2, 5])) } }
    #expect(throws: (any Error).self) {
      try checked {
        gradientPenalty(of: { $0 }, real: .zeros([2, 3]), generated: .zeros([2, 4]), shares: .zeros([2]))
      }
    }
  }

  /// A critic that is trained estimates how far apart two points are, and the generator moves to the data.
  @Test func wassersteinGeneratorsMoveToTheData() throws {
    var key = RandomKey(3)
    let networks = AdversarialNetworks.perceptrons(features: 2, hidden: 32, layers: 2, key: &key)
    let adam = { (model: Module) in Adam(model, learningRate: 2e-3, beta1: 0, beta2: 0.9) }
    let task = TrainingTask.adversarial(
      networks, .wassersteinWithPenalty, generator: adam(networks.generator),
      discriminator: adam(networks.discriminator), seed: 1)
    let data = PlanePoints(.twoMoons, batchSize: 64, batchCount: 600, seed: 2)
    let noise = Tensor.normal([512, 2], key: &key)
    func distance() -> Double {
      energyDistance(networks.generated(from: noise), PlaneDistribution.twoMoons.points(512, seed: 9)).item()
    }
    let before = distance()
    try Trainer(task, data: data, options: TrainerOptions(epochs: 1)).run()
    #expect(distance() < before / 4)
  }

  /// What is not a number is told, with where it began.
  @Test func divergingAdversariesAreReported() throws {
    var key = RandomKey(3)
    let networks = AdversarialNetworks.perceptrons(features: 2, hidden: 16, layers: 2, key: &key)
    let task = TrainingTask.adversarial(
      networks, AdversarialObjective(.leastSquares), generator: SGD(networks.generator, learningRate: 1e30),
      discriminator: SGD(networks.discriminator, learningRate: 1e30), seed: 1)
    let data = PlanePoints(.twoMoons, batchSize: 16, batchCount: 20, seed: 2)
    let error = #expect(throws: Divergence.self) {
      try Trainer(task, data: data, options: TrainerOptions(epochs: 1)).run()
    }
    #expect(error?.description.contains("_loss became") == true)
  }
}
