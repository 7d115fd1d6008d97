import ApusNN
import ApusTensor

/// A residual network whose norms and activations come before the convolutions, so that nothing stands in the way around
/// them (He et al. 2016, "Identity mappings in deep residual networks"): channels last, `[batch, height, width, channels]`
/// to logits `[batch, classes]`.
public final class PreActivationResNet: Module, Layer {
  /// The sizes of a model.
  public struct Configuration: Hashable, Sendable {
    /// How many blocks each stage has; each but the first halves the sides and doubles the channels.
    public var blocks: [Int]
    /// The channels of the first stage; with bottlenecks its outputs have four times as many.
    public var width: Int
    /// Whether blocks are three convolutions of which only the middle one is 3×3, or two of 3×3.
    public var hasBottlenecks: Bool
    public var stem: ImageStem

    public init(blocks: [Int], width: Int, hasBottlenecks: Bool, stem: ImageStem) {
      guard !blocks.isEmpty, blocks.allSatisfy({ $0 >= 1 }), width > 0 else {
        fatalError("PreActivationResNet: blocks \(blocks) of width \(width), expected at least one in each stage")
      }
      (self.blocks, self.width) = (blocks, width)
      (self.hasBottlenecks, self.stem) = (hasBottlenecks, stem)
    }

    /// The nets for photographs: 18, 34, 50, 101, 152 (section 4.2: the paper trains 101, 152 and 200).
    public static func imageNet(_ depth: ResNet.Depth, stem: ImageStem = .large) -> Configuration {
      Configuration(blocks: depth.blocks, width: 64, hasBottlenecks: depth.hasBottlenecks, stem: stem)
    }

    /// The nets for images of 32 pixels in three stages, by their depth: 6n + 2 layers of two-convolution blocks (20,
    /// 110), or 9n + 2 layers of bottlenecks (164, 1001).
    public static func cifar(depth: Int, hasBottlenecks: Bool = false) -> Configuration {
      let layers = hasBottlenecks ? 9 : 6
      guard depth > 2, (depth - 2) % layers == 0 else {
        fatalError("PreActivationResNet: depth \(depth), expected \(layers)n + 2")
      }
      return Configuration(
        blocks: [Int](repeating: (depth - 2) / layers, count: 3), width: 16, hasBottlenecks: hasBottlenecks,
        stem: .small)
    }
  }

  public let conv1: Conv2D
  private let pool: MaxPool2D?
  public let stages: [Sequential]
  /// After the last sum, which nothing else normalises.
  public let norm: BatchNorm
  public let fc: Linear

  public override var stateKeys: [String: StateKey] { ["stages": .named("layers"), "norm": .named("bn")] }

  /// - Parameter channels: Of the images.
  public init(_ configuration: Configuration, classes: Int = 1000, channels: Int = 3, key: inout RandomKey) {
    var inputs = configuration.width
    let isLarge = configuration.stem == .large
    conv1 = Conv2D(
      channels, inputs, kernel: isLarge ? 7 : 3, stride: isLarge ? 2 : 1, padding: isLarge ? 3 : 1, bias: false,
      initializer: .fanOut, key: &key)
    pool = isLarge ? MaxPool2D(3, stride: 2, padding: 1) : nil
    var stages: [Sequential] = []
    for (stage, count) in configuration.blocks.enumerated() {
      let width = configuration.width << stage
      let outputs = configuration.hasBottlenecks ? 4 * width : width
      var blocks: [any Layer] = []
      for place in 0..<count {
        blocks.append(
          PreActivationBlock(
            inputs, width, outputs, stride: place == 0 && stage > 0 ? 2 : 1,
            hasBottleneck: configuration.hasBottlenecks, key: &key))
        inputs = outputs
      }
      stages.append(Sequential(blocks))
    }
    self.stages = stages
    norm = BatchNorm(inputs)
    fc = Linear(inputs, classes, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = conv1(x)
    if let pool { h = pool(h) }
    h = stages.reduce(h) { $1($0) }
    return fc(norm(h).relu().mean(axes: [1, 2]))
  }
}

/// Norm, activation and convolution, twice or (with a bottleneck) three times, and the way around them: channels last.
final class PreActivationBlock: Module, Layer {
  let bn1: BatchNorm
  let conv1: Conv2D
  let bn2: BatchNorm
  let conv2: Conv2D
  let bn3: BatchNorm?
  let conv3: Conv2D?
  /// The projection where the shapes on both sides differ: of the activated input.
  let shortcut: Conv2D?

  init(
    _ inputs: Int, _ width: Int, _ outputs: Int, stride: Int, hasBottleneck: Bool, key: inout RandomKey
  ) {
    func convolution(_ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1) -> Conv2D {
      Conv2D(
        inputs, outputs, kernel: Pair(kernel), stride: Pair(stride), padding: .explicit(Pair(kernel / 2)), bias: false,
        initializer: .fanOut, key: &key)
    }
    bn1 = BatchNorm(inputs)
    bn2 = BatchNorm(width)
    if hasBottleneck {
      conv1 = convolution(inputs, width, kernel: 1)
      conv2 = convolution(width, width, kernel: 3, stride: stride)
      bn3 = BatchNorm(width)
      conv3 = convolution(width, outputs, kernel: 1)
    } else {
      conv1 = convolution(inputs, width, kernel: 3, stride: stride)
      conv2 = convolution(width, outputs, kernel: 3)
      (bn3, conv3) = (nil, nil)
    }
    shortcut = stride == 1 && inputs == outputs ? nil : convolution(inputs, outputs, kernel: 1, stride: stride)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let active = bn1(x).relu()
    var h = conv2(bn2(conv1(active)).relu())
    if let bn3, let conv3 { h = conv3(bn3(h).relu()) }
    return traced(h + (shortcut.map { $0(active) } ?? x))
  }
}
