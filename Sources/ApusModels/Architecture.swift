import ApusNN
import ApusTensor

/// A network by name, in the form in which it was published: what `apus summary` shows, and what published weights fit.
public struct Architecture: Sendable {
  public let name: String
  /// What it is and from where, in one line.
  public let summary: String
  /// One example as the model sees it: `[height, width, channels]`, or `[time]` of a text.
  public let inputShape: Shape
  /// Of what numbers examples are: `int32` where they are tokens.
  public let inputType: DType
  /// How many classes there are, or tokens.
  public let classes: Int
  /// What published weights expect to be done to a photograph; nil where there are none.
  public let preprocessing: ImagePreprocessing?
  /// A new model for so many classes.
  public let makeModel: @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer

  init(
    _ name: String, _ summary: String, side: Int = 224, channels: Int = 3, classes: Int = 1000,
    preprocessing: ImagePreprocessing? = nil,
    _ makeModel: @escaping @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer
  ) {
    (self.name, self.summary, self.inputShape, self.classes) = (name, summary, [side, side, channels], classes)
    (self.inputType, self.preprocessing, self.makeModel) = (.float32, preprocessing, makeModel)
  }

  /// A network that reads texts of up to `context` tokens.
  init(
    _ name: String, _ summary: String, context: Int, vocabulary: Int,
    _ makeModel: @escaping @Sendable (_ vocabulary: Int, _ key: inout RandomKey) -> any Layer
  ) {
    (self.name, self.summary, inputShape, classes) = (name, summary, [context], vocabulary)
    (inputType, preprocessing, self.makeModel) = (.int32, nil, makeModel)
  }

  /// What the model may be given.
  public func makeExample(batch: Int, key: inout RandomKey) -> ModelExample {
    ModelExample(makeModel(classes, &key), .zeros(Shape([batch] + inputShape), dtype: inputType))
  }

  /// All architectures, in the order in which they are listed.
  public static let all: [Architecture] = vision + language

  private static let vision: [Architecture] = [
    lenet5, alexNet,
    vgg(.vgg11), vgg(.vgg11, batchNorm: true), vgg(.vgg13), vgg(.vgg13, batchNorm: true),
    vgg(.vgg16), vgg(.vgg16, batchNorm: true), vgg(.vgg19), vgg(.vgg19, batchNorm: true),
    resNet(.resnet18), resNet(.resnet34), resNet(.resnet50), resNet(.resnet101), resNet(.resnet152),
    smallResNet(20), smallResNet(32), smallResNet(44), smallResNet(56), smallResNet(110), resNet9,
    preActivation(.resnet18), preActivation(.resnet34), preActivation(.resnet50), preActivation(.resnet101),
    preActivation(.resnet152), preActivation(cifar: 110), preActivation(cifar: 164, hasBottlenecks: true),
    mobileNetV2,
    convNeXt("tiny", .tiny), convNeXt("small", .small), convNeXt("base", .base), convNeXt("large", .large),
    efficientNetLite(.lite0), efficientNetLite(.lite1), efficientNetLite(.lite2), efficientNetLite(.lite3),
    efficientNetLite(.lite4),
    unet,
    vit("b-16", .base16), vit("b-32", .base32), vit("l-16", .large16), vit("l-32", .large32), vit("h-14", .huge14),
  ]

  /// The architecture by that name, if there is one.
  public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }
}

extension Architecture {
  private static let lenet5 = Architecture(
    "lenet5", "LeNet-5 with ReLU and max pooling (LeCun et al. 1998)", side: 28, channels: 1, classes: 10
  ) { classes, key in LeNet5(classes: classes, key: &key) }

  private static let alexNet = Architecture(
    "alexnet", "AlexNet in one column (Krizhevsky 2014)", preprocessing: .imageNet
  ) { classes, key in AlexNet(classes: classes, key: &key) }

  private static func vgg(_ depth: VGG.Depth, batchNorm: Bool = false) -> Architecture {
    Architecture(
      "vgg\(depth.rawValue)" + (batchNorm ? "-bn" : ""),
      "VGG of \(depth.rawValue) layers" + (batchNorm ? " with batch norm" : "") + " (Simonyan & Zisserman 2015)",
      preprocessing: .imageNet
    ) { classes, key in VGG(depth, classes: classes, batchNorm: batchNorm, key: &key) }
  }

  private static func resNet(_ depth: ResNet.Depth) -> Architecture {
    Architecture(
      "resnet\(depth.rawValue)", "residual network of \(depth.rawValue) layers (He et al. 2016)",
      preprocessing: .imageNet
    ) { classes, key in ResNet(depth, classes: classes, key: &key) }
  }

  private static func smallResNet(_ depth: Int) -> Architecture {
    Architecture(
      "resnet\(depth)", "residual network of \(depth) layers for images of 32 pixels (He et al. 2016)", side: 32,
      classes: 10
    ) { classes, key in SmallResNet(depth: depth, classes: classes, key: &key) }
  }

  private static let resNet9 = Architecture(
    "resnet9", "residual network of 9 layers that learns in few epochs (Page 2018)", side: 32, classes: 10
  ) { classes, key in ResNet9(width: 64, classes: classes, key: &key) }

  private static func preActivation(_ depth: ResNet.Depth) -> Architecture {
    Architecture(
      "preact-resnet\(depth.rawValue)", "pre-activation residual network of \(depth.rawValue) layers (He et al. 2016b)"
    ) { classes, key in PreActivationResNet(.imageNet(depth), classes: classes, key: &key) }
  }

  private static func preActivation(cifar depth: Int, hasBottlenecks: Bool = false) -> Architecture {
    Architecture(
      "preact-resnet\(depth)",
      "pre-activation residual network of \(depth) layers for images of 32 pixels (He et al. 2016b)", side: 32,
      classes: 10
    ) { classes, key in
      PreActivationResNet(.cifar(depth: depth, hasBottlenecks: hasBottlenecks), classes: classes, key: &key)
    }
  }

  private static let mobileNetV2 = Architecture(
    "mobilenet-v2", "MobileNet v2 (Sandler et al. 2018)", preprocessing: .imageNet
  ) { classes, key in MobileNetV2(classes: classes, key: &key) }

  private static func convNeXt(_ size: String, _ configuration: ConvNeXt.Configuration) -> Architecture {
    Architecture(
      "convnext-\(size)", "ConvNeXt, \(size) (Liu et al. 2022)",
      preprocessing: .imageNet(resizedSide: ["tiny": 236, "small": 230][size] ?? 232)
    ) { classes, key in ConvNeXt(configuration, classes: classes, key: &key) }
  }

  private static func efficientNetLite(_ size: EfficientNetLite.Size) -> Architecture {
    Architecture(
      "efficientnet-\(size)", "EfficientNet-Lite of size \(size.rawValue) (Tan & Le 2019)", side: size.imageSide,
      preprocessing: .efficientNetLite(side: size.imageSide)
    ) { classes, key in EfficientNetLite(size, classes: classes, key: &key) }
  }

  private static let unet = Architecture(
    "unet", "U-Net, which classifies each pixel (Ronneberger et al. 2015)", side: 572, channels: 1, classes: 2
  ) { classes, key in UNet(classes: classes, key: &key) }

  private static func vit(_ size: String, _ configuration: VisionTransformer.Configuration) -> Architecture {
    Architecture(
      "vit-\(size)", "vision transformer \(size.uppercased()) (Dosovitskiy et al. 2021)", preprocessing: .imageNet
    ) { classes, key in VisionTransformer(configuration, classes: classes, key: &key) }
  }
}
