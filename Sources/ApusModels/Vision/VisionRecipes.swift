import ApusNN
import ApusTensor

extension Recipe {
  /// Fashion-MNIST by a perceptron of two hidden layers.
  static let mlp = Recipe(
    name: "mlp", summary: "perceptron 784-512-512-10 (669,706 parameters) on Fashion-MNIST", dataset: "fashion-mnist",
    inputShape: [28, 28, 1], epochs: 10, batchSize: 128, learningRate: 1e-3, optimizer: "adam", schedule: .linear
  ) { classes, key in MultilayerPerceptron([784, 512, 512, classes], key: &key) }

  /// LeNet-5 on Fashion-MNIST.
  public static let lenet5 = Recipe(
    name: "lenet5", summary: "LeNet-5 (61,706 parameters) on Fashion-MNIST", dataset: "fashion-mnist",
    inputShape: [28, 28, 1], epochs: 15, batchSize: 128, learningRate: 2e-3, optimizer: "adam", schedule: .linear
  ) { classes, key in LeNet5(classes: classes, key: &key) }

  /// The small residual network with flips and shifts: 94 % and more.
  static let resNetSmall = fashion(
    "resnet-small", "ResNet of 9 layers (1,645,536 parameters) on Fashion-MNIST, with flips and shifts", epochs: 12,
    learningRate: 0.01
  ) { classes, key in ResNet9(width: 32, classes: classes, channels: 1, key: &key) }

  static let resNet20 = fashion(
    "resnet20", "ResNet of 20 layers in three stages (269,434 parameters) on Fashion-MNIST", epochs: 20
  ) { classes, key in SmallResNet(depth: 20, classes: classes, channels: 1, key: &key) }

  static let preActivationResNet20 = fashion(
    "preact-resnet20", "pre-activation ResNet of 20 layers on Fashion-MNIST", epochs: 20
  ) { classes, key in PreActivationResNet(.cifar(depth: 20), classes: classes, channels: 1, key: &key) }

  static let resNet18 = fashion("resnet18", "ResNet-18 with the small stem on Fashion-MNIST", epochs: 15) {
    classes, key in ResNet(.resnet18, classes: classes, stem: .small, channels: 1, key: &key)
  }

  static let alexNet = fashion(
    "alexnet", "AlexNet with the small stem on Fashion-MNIST", epochs: 15, learningRate: 5e-4
  ) { classes, key in AlexNet(classes: classes, stem: .small, channels: 1, key: &key) }

  static let vgg11 = fashion("vgg11-bn", "VGG-11 with batch norm and the small stem on Fashion-MNIST", epochs: 15) {
    classes, key in VGG(.vgg11, classes: classes, batchNorm: true, stem: .small, channels: 1, key: &key)
  }

  static let mobileNetV2 = fashion("mobilenet-v2", "MobileNet v2 with the small stem on Fashion-MNIST", epochs: 15) {
    classes, key in MobileNetV2(classes: classes, stem: .small, channels: 1, key: &key)
  }

  static let convNeXt = fashion(
    "convnext", "ConvNeXt of the smallest size on Fashion-MNIST", epochs: 20, weightDecay: 0.05
  ) { classes, key in ConvNeXt(.atto, classes: classes, stem: .small, channels: 1, layerScale: 0.1, key: &key) }

  static let efficientNetLite0 = fashion(
    "efficientnet-lite0", "EfficientNet-Lite0 with the small stem on Fashion-MNIST", epochs: 15
  ) { classes, key in EfficientNetLite(.lite0, classes: classes, stem: .small, channels: 1, key: &key) }

  static let visionTransformer = fashion(
    "vit-small", "vision transformer of 6 layers on Fashion-MNIST, in patches of 4 × 4", epochs: 30,
    learningRate: 1e-3, weightDecay: 0.05
  ) { classes, key in VisionTransformer(.small28, classes: classes, channels: 1, key: &key) }

  /// A small U-Net on scenes of four garments each, in noise.
  static let unet = Recipe(
    name: "unet",
    summary: "U-Net (121,123 parameters) that finds the garments of Fashion-MNIST in scenes, pixel by pixel",
    dataset: "fashion-mnist",
    work: .segmentation(inputShape: [56, 56, 1]) { classes, key in
      UNet(.init(width: 8, depth: 3, isPadded: true, batchNorm: true), classes: classes, key: &key)
    }, epochs: 6, batchSize: 16, learningRate: 3e-3, optimizer: "adam", schedule: .oneCycle)

  /// What the recipes of deep networks have in common: AdamW in one cycle of rates, flips and shifts.
  private static func fashion(
    _ name: String, _ summary: String, epochs: Int, learningRate: Double = 3e-3, weightDecay: Double? = nil,
    labelSmoothing: Double = 0, _ makeModel: @escaping @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer
  ) -> Recipe {
    Recipe(
      name: name, summary: summary, dataset: "fashion-mnist", inputShape: [28, 28, 1], epochs: epochs, batchSize: 128,
      learningRate: learningRate, optimizer: "adamw", schedule: .oneCycle, weightDecay: weightDecay,
      augmentation: "crop:2,flip", labelSmoothing: labelSmoothing, makeModel: makeModel)
  }
}
