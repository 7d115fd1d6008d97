import ApusNN
import ApusOptim
import ApusTensor
import ApusTraining

extension Recipe {
  /// Learning codes of images without labels, and from few.
  static let representation: [Recipe] = [
    .autoencoder, .convolutionalAutoencoder, .sparseAutoencoder, .denoisingAutoencoder, .variationalAutoencoder,
    .boltzmannMachine, .deepBelief, .stackedAutoencoder,
  ]

  private static let code = ModelOption.integer(
    "code", 32, in: 1...4096, "numbers in a code (default: the recipe's)")
  private static let layerEpochs = ModelOption.integer(
    "layer-epochs", 5, in: 0...100_000, "epochs in which a layer is trained by itself (default 5)")
  private static let gibbsSteps = ModelOption.integer(
    "gibbs-steps", 1, in: 1...1000, "steps k of contrastive divergence (default 1)")
  private static let chains = ModelOption.integer(
    "chains", 0, in: 0...100_000, "chains of a Boltzmann machine that go on over the steps (default 0)")

  private static func hidden(_ usual: [Int]) -> ModelOption {
    .integers("hidden", usual, in: 1...65_536, "units of hidden layers (default: the recipe's)")
  }

  private static func units(_ usual: Int) -> ModelOption {
    .integer("units", usual, in: 1...65_536, "units of the hidden layer (default: the recipe's)")
  }

  static let autoencoder = images(
    "autoencoder", "perceptrons 784-512-256-32-256-512-784", epochs: 20, learningRate: 1e-3, schedule: .oneCycle,
    [code, hidden([512, 256])]
  ) { shape, _, settings, key in
    Autoencoder(imageShape: shape, hidden: settings.integers("hidden"), code: settings.integer("code"), key: &key)
  }

  static let convolutionalAutoencoder = images(
    "conv-autoencoder", "convolutions with steps of 2 down to a code of 32, and back", epochs: 20, learningRate: 2e-3,
    schedule: .oneCycle, [code]
  ) { shape, _, settings, key in
    ConvolutionalAutoencoder(imageShape: shape, code: settings.integer("code"), key: &key)
  }

  static let sparseAutoencoder = images(
    "sparse-autoencoder", "autoencoder of 256 hidden units of which few are active", epochs: 20, learningRate: 1e-3,
    schedule: .oneCycle,
    [
      units(256),
      .word("sparsity", among: SparseAutoencoder.Sparsity.names, "what keeps units silent: kl (default) or l1"),
      .number("sparsity-target", 0.05, in: 0.0001...0.9999, "mean activation that kl is to bring about (default 0.05)"),
      .number("kl-weight", 3, in: 0...1e6, "what the divergence of kl counts (default 3)"),
      .number("l1-weight", 0.05, in: 0...1e6, "what an activation costs with l1 (default 0.05)"),
    ]
  ) { shape, _, settings, key in
    let sparsity: SparseAutoencoder.Sparsity =
      settings.word("sparsity") == "l1"
      ? .l1(weight: settings.number("l1-weight"))
      : .divergence(target: settings.number("sparsity-target"), weight: settings.number("kl-weight"))
    return SparseAutoencoder(
      imageShape: shape, hidden: settings.integer("units"), sparsity: sparsity, key: &key)
  }

  static let denoisingAutoencoder = images(
    "denoising-autoencoder", "autoencoder 784-512-256-128 and back that removes noise", epochs: 20, learningRate: 1e-3,
    schedule: .oneCycle,
    [
      .integer(code.name, 128, in: 1...4096, code.help), hidden([512, 256]),
      .word("noise", among: Corruption.names, "gaussian (default), masking or salt-and-pepper"), noiseLevel(0.3),
    ]
  ) { shape, _, settings, key in
    let network = Autoencoder(
      imageShape: shape, hidden: settings.integers("hidden"), code: settings.integer("code"), key: &key)
    let corruption = Corruption(name: settings.word("noise"), level: settings.number("noise-level"))
    return DenoisingAutoencoder(network, corruption: corruption ?? Corruption.none, key: &key)
  }

  private static func noiseLevel(_ usual: Double) -> ModelOption {
    .number("noise-level", usual, in: 0...1, "deviation of gaussian noise, or share of samples that are changed")
  }

  /// The sizes of PyTorch's example.
  static let variationalAutoencoder = images(
    "vae", "variational autoencoder 784-400-20 of Kingma & Welling", epochs: 20, learningRate: 1e-3,
    [
      .integer(code.name, 20, in: 1...4096, code.help), units(400),
      .number("beta", 1, in: 0...1e4, "what the divergence of a vae's codes counts (default 1)"),
    ]
  ) { shape, _, settings, key in
    VariationalAutoencoder(
      imageShape: shape, hidden: settings.integer("units"), code: settings.integer("code"),
      beta: settings.number("beta"), key: &key)
  }

  static let boltzmannMachine = images(
    "rbm", "restricted Boltzmann machine of 500 hidden units, by contrastive divergence", epochs: 15,
    learningRate: 0.01, batchSize: 100, optimizer: "sgd", schedule: .linear, weightDecay: 2e-4,
    [units(500), gibbsSteps, chains]
  ) { shape, _, settings, key in
    DeepBeliefNetwork(
      imageShape: shape, hidden: [settings.integer("units")], gibbsSteps: settings.integer("gibbs-steps"),
      persistentChains: settings.integer("chains"), key: &key)
  }

  static let deepBelief = images(
    "deep-belief", "Boltzmann machines 784-500-500-1000, one on the other", epochs: 15, learningRate: 0.01,
    batchSize: 100, optimizer: "sgd", weightDecay: 2e-4, [hidden([500, 500, 1000]), gibbsSteps, chains, layerEpochs]
  ) { shape, _, settings, key in
    DeepBeliefNetwork(
      imageShape: shape, hidden: settings.integers("hidden"), gibbsSteps: settings.integer("gibbs-steps"),
      persistentChains: settings.integer("chains"), layerEpochs: settings.integer("layer-epochs"), key: &key)
  }

  static let stackedAutoencoder = images(
    "stacked-autoencoder", "sigmoid layers 784-500-500-500-10, trained one by one and then with 600 labels",
    epochs: 17, learningRate: 1e-3,
    [
      hidden([500, 500, 500]), layerEpochs,
      .integer("labels", 600, in: 1...1_000_000_000, "images that have labels (default 600)"), noiseLevel(0),
    ]
  ) { shape, classes, settings, key in
    let level = settings.number("noise-level")
    return StackedAutoencoder(
      [shape.elementCount] + settings.integers("hidden") + [classes], layerEpochs: settings.integer("layer-epochs"),
      labelCount: settings.integer("labels"), corruption: level > 0 ? .masking(level) : .none, key: &key)
  }

  /// What these recipes have in common.
  private static func images(
    _ name: String, _ summary: String, epochs: Int, learningRate: Double, batchSize: Int = 128,
    optimizer: String = "adam", schedule: ScheduleKind = .constant, weightDecay: Double? = nil,
    _ options: [ModelOption],
    makeModel: @escaping @Sendable (Shape, Int, ModelSettings, inout RandomKey) -> any ImageModel
  ) -> Recipe {
    Recipe(
      name: name, summary: "\(summary), on Fashion-MNIST", dataset: "fashion-mnist",
      work: .imageModel(ImageModelWork(imageShape: [28, 28, 1], options: options, makeModel: makeModel)),
      epochs: epochs, batchSize: batchSize, learningRate: learningRate, optimizer: optimizer, schedule: schedule,
      weightDecay: weightDecay)
  }
}
