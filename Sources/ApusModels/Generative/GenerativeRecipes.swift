import ApusNN
import ApusTensor
import ApusTraining

extension Recipe {
  /// Adversaries, diffusions and flows.
  static let generative: [Recipe] = [.gan, .dcgan, .wassersteinGAN, .ddpm, .flow]

  static let gan = adversaries(
    "gan", "generative adversarial perceptrons (Goodfellow 2014)", epochs: 50, options: [.latentSize, .adversarialLoss]
  ) { shape, settings, key in
    .perceptrons(imageShape: shape, latentSize: settings.integer("latent"), key: &key)
  }

  static let dcgan = adversaries(
    "dcgan", "deep convolutional adversaries (Radford 2015, two levels)", epochs: 15,
    options: [.latentSize, .channelsOfAdversaries, .adversarialLoss]
  ) { shape, settings, key in
    .convolutional(
      channels: shape[2], latentSize: settings.integer("latent"), width: settings.integer("channels"), key: &key)
  }

  static let wassersteinGAN = adversaries(
    "wgan-gp", "Wasserstein adversaries with a gradient penalty (Gulrajani 2017)", epochs: 15, learningRate: 1e-4,
    betas: (0, 0.9),
    options: [
      .latentSize, .channelsOfAdversaries,
      .number("penalty", 10, in: 0...1e6, "λ of the gradient penalty (default 10)"),
      .integer("critic-steps", 5, in: 1...1000, "steps of the critic for one of the generator (default 5)"),
    ]
  ) { shape, settings, key in
    .convolutional(
      channels: shape[2], latentSize: settings.integer("latent"), width: settings.integer("channels"),
      normalizesDiscriminator: false, key: &key)
  }

  static let ddpm = denoising(
    "ddpm", "denoising diffusion with a U-Net that is told the class (Ho 2020)",
    options: [
      .word("noise-schedule", among: ["cosine", "linear"], "how noise grows over the steps (default cosine)"),
      .integer("diffusion-steps", 1000, in: 2...100_000, "steps from image to noise (default 1000)"),
    ]
  ) { settings in
    .diffusion(
      NoiseSchedule(.init(rawValue: settings.word("noise-schedule"))!, steps: settings.integer("diffusion-steps")))
  }

  static let flow = denoising(
    "rectified-flow", "straight paths from noise to images, the U-Net of ddpm (Liu 2022)"
  ) { _ in .rectifiedFlow }

  /// Adam at the rate of Radford et al. 2015, without a schedule, on all training images.
  private static func adversaries(
    _ name: String, _ summary: String, epochs: Int, learningRate: Double = 2e-4,
    betas: (Double, Double) = (0.5, 0.999), options: [ModelOption],
    _ makeNetworks: @escaping @Sendable (Shape, ModelSettings, inout RandomKey) -> AdversarialNetworks
  ) -> Recipe {
    Recipe(
      name: name, summary: "\(summary) on Fashion-MNIST", dataset: "fashion-mnist",
      work: .imageModel(
        ImageModelWork(imageShape: [28, 28, 1], options: options) { shape, _, settings, key in
          let networks = makeNetworks(shape, settings, &key)
          return AdversarialImageModel(networks, AdversarialObjective(settings), betas: betas, key: &key)
        }), epochs: epochs, batchSize: 128, learningRate: learningRate, optimizer: "adam")
  }

  private static func denoising(
    _ name: String, _ summary: String, options: [ModelOption] = [],
    _ makeProcess: @escaping @Sendable (ModelSettings) -> NoiseProcess
  ) -> Recipe {
    let common: [ModelOption] = [
      .integer("width", 32, in: 8...1024, "channels of the U-Net's first level, rounded up to 8s (default 32)"),
      .number("label-dropout", 0.1, in: 0...1, "how often the class is not told, for guidance (default 0.1)"),
    ]
    var recipe = Recipe(
      name: name, summary: "\(summary) on Fashion-MNIST", dataset: "fashion-mnist",
      work: .imageModel(
        ImageModelWork(imageShape: [28, 28, 1], options: options + common) { shape, classes, settings, key in
          var configuration = DiffusionUNet.Configuration.small28(classes: classes)
          configuration.channels = shape[2]
          // Groups of normalisation want a multiple of 8.
          configuration.width = (settings.integer("width") + 7) / 8 * 8
          return DiffusionImageModel(
            imageShape: shape, configuration, makeProcess(settings), labelDropout: settings.number("label-dropout"),
            key: &key)
        }), epochs: 5, batchSize: 64, learningRate: 1e-3, optimizer: "adam", schedule: .warmupCosine)
    recipe.clipNorm = 1
    recipe.averageDecay = 0.999
    return recipe
  }
}

extension ModelOption {
  fileprivate static let latentSize = ModelOption.integer(
    "latent", 100, in: 1...4096, "random numbers that an image is made of (default 100)")
  fileprivate static let channelsOfAdversaries = ModelOption.integer(
    "channels", 64, in: 1...1024, "of the convolutions at 14 × 14 (default 64)")
  fileprivate static let adversarialLoss = ModelOption.word(
    "adversarial-loss", among: ["non-saturating", "minimax", "hinge", "least-squares"],
    "non-saturating (default), minimax, hinge or least-squares")
}

extension AdversarialObjective {
  /// As the options of a recipe say; without a choice of losses it is Wasserstein's.
  fileprivate init(_ settings: ModelSettings) {
    guard settings["adversarial-loss"] == nil else {
      self.init(AdversarialLoss(rawValue: settings.word("adversarial-loss"))!)
      return
    }
    self.init(.wasserstein, penalty: settings.number("penalty"), criticSteps: settings.integer("critic-steps"))
  }
}
