import ApusNN
import ApusTensor

/// EfficientNet-Lite (Tan & Le 2019 without squeeze-and-excitation and with ReLU6, as Google published it for mobile
/// processors in 2020): channels last, `[batch, height, width, channels]` to logits `[batch, classes]`; 4,652,008
/// parameters in size 0 for 1000 classes. Layers and keys are those of the `efficientnet-lite-pytorch` package.
public final class EfficientNetLite: Module, Layer {
  /// Of which size.
  public enum Size: Int, CaseIterable, Sendable {
    case lite0, lite1, lite2, lite3, lite4

    /// Factors of channels and blocks, the images' side, and the dropout before the last layer.
    var scaling: (width: Double, depth: Double, side: Int, dropout: Double) {
      switch self {
      case .lite0: (1, 1, 224, 0.2)
      case .lite1: (1, 1.1, 240, 0.2)
      case .lite2: (1.1, 1.2, 260, 0.3)
      case .lite3: (1.2, 1.4, 280, 0.3)
      case .lite4: (1.4, 1.8, 300, 0.3)
      }
    }

    /// The side of the images that the published weights were trained on.
    public var imageSide: Int { scaling.side }
  }

  public let stem: Conv2D
  public let stemNorm: BatchNorm
  public let blocks: [MobileBlock]
  public let head: Conv2D
  public let headNorm: BatchNorm
  public let dropout: Dropout
  public let fc: Linear

  public override var stateKeys: [String: StateKey] {
    [
      "stem": .named("_conv_stem"), "stemNorm": .named("_bn0"), "blocks": .named("_blocks"),
      "head": .named("_conv_head"), "headNorm": .named("_bn1"), "dropout": .named("_dropout"), "fc": .named("_fc"),
    ]
  }

  /// Of each stage: the kernel's side, by how much blocks widen inside, channels, blocks, and the stride of the first.
  private static let stages: [(kernel: Int, expansion: Int, channels: Int, blocks: Int, stride: Int)] = [
    (3, 1, 16, 1, 1), (3, 6, 24, 2, 2), (5, 6, 40, 2, 2), (3, 6, 80, 3, 2),
    (5, 6, 112, 3, 1), (5, 6, 192, 4, 2), (3, 6, 320, 1, 1),
  ]

  /// - Parameters:
  ///   - stem: `.small` leaves out the first two strides, for images of 32 pixels.
  ///   - channels: Of the images.
  ///   - stochasticDepth: How often the residual branch of the last block is left out in training; of others less.
  public init(
    _ size: Size = .lite0, classes: Int = 1000, stem: ImageStem = .large, channels: Int = 3,
    stochasticDepth: Double = 0.2, key: inout RandomKey
  ) {
    let scaling = size.scaling
    self.stem = MobileBlock.convolution(channels, 32, kernel: 3, stride: stem == .large ? 2 : 1, key: &key)
    stemNorm = MobileBlock.norm(32)
    var plan: [(inputs: Int, outputs: Int, kernel: Int, stride: Int, expansion: Int)] = []
    var inputs = 32
    for (number, stage) in EfficientNetLite.stages.enumerated() {
      let outputs = roundedChannels(Double(stage.channels) * scaling.width)
      // The first and the last stage keep their depth in all sizes.
      let isFixed = number == 0 || number == EfficientNetLite.stages.count - 1
      let blocks = isFixed ? stage.blocks : Int((Double(stage.blocks) * scaling.depth).rounded(.up))
      let first = number == 1 && stem == .small ? 1 : stage.stride
      for block in 0..<blocks {
        plan.append((inputs, outputs, stage.kernel, block == 0 ? first : 1, stage.expansion))
        inputs = outputs
      }
    }
    var blocks: [MobileBlock] = []
    for (number, block) in plan.enumerated() {
      blocks.append(
        MobileBlock(
          block.inputs, block.outputs, kernel: block.kernel, stride: block.stride, expansion: block.expansion,
          dropProbability: stochasticDepth * Double(number) / Double(plan.count), key: &key))
    }
    self.blocks = blocks
    head = MobileBlock.convolution(inputs, 1280, kernel: 1, key: &key)
    headNorm = MobileBlock.norm(1280)
    dropout = Dropout(scaling.dropout, key: &key)
    fc = Linear(1280, classes, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let h = blocks.reduce(stemNorm(stem(x)).relu6()) { $1($0) }
    return fc(dropout(headNorm(head(h)).relu6().mean(axes: [1, 2])))
  }
}

/// 1×1 to more channels, a kernel for each channel by itself, 1×1 back to few, each with a norm, and the way around them
/// where shapes allow: channels last.
public final class MobileBlock: Module, Layer {
  let expansion: Conv2D?
  let norm0: BatchNorm?
  let depthwise: Conv2D
  let norm1: BatchNorm
  let projection: Conv2D
  let norm2: BatchNorm
  /// Where the block has a way around it.
  let dropPath: DropPath?

  public override var stateKeys: [String: StateKey] {
    [
      "expansion": .named("_expand_conv"), "norm0": .named("_bn0"), "depthwise": .named("_depthwise_conv"),
      "norm1": .named("_bn1"), "projection": .named("_project_conv"), "norm2": .named("_bn2"),
      "dropPath": .named("_drop_path"),
    ]
  }

  init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int, expansion: Int, dropProbability: Double,
    key: inout RandomKey
  ) {
    let hidden = inputs * expansion
    self.expansion = expansion == 1 ? nil : MobileBlock.convolution(inputs, hidden, kernel: 1, key: &key)
    norm0 = expansion == 1 ? nil : MobileBlock.norm(hidden)
    depthwise = MobileBlock.convolution(hidden, hidden, kernel: kernel, stride: stride, groups: hidden, key: &key)
    norm1 = MobileBlock.norm(hidden)
    projection = MobileBlock.convolution(hidden, outputs, kernel: 1, key: &key)
    norm2 = MobileBlock.norm(outputs)
    dropPath = stride == 1 && inputs == outputs ? DropPath(dropProbability, key: &key) : nil
  }

  /// Padded as TensorFlow does, where these networks come from: the odd row and column at the end.
  static func convolution(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, key: inout RandomKey
  ) -> Conv2D {
    Conv2D(
      inputs, outputs, kernel: Pair(kernel), stride: Pair(stride), padding: .same, groups: groups, bias: false,
      initializer: .fanOut, key: &key)
  }

  static func norm(_ channels: Int) -> BatchNorm { BatchNorm(channels, epsilon: 1e-3, momentum: 0.01) }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = x
    if let expansion, let norm0 { h = norm0(expansion(h)).relu6() }
    h = norm1(depthwise(h)).relu6()
    h = norm2(projection(h))
    return traced(dropPath.map { x + $0(h) } ?? h)
  }
}
