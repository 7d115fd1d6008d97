import ApusNN
import ApusTensor

/// ConvNeXt (Liu et al. 2022): channels last, `[batch, height, width, channels]` to logits `[batch, classes]`; 28,589,128
/// parameters in the tiny size for 1000 classes; torchvision's layers and keys.
public final class ConvNeXt: Module, Layer {
  /// The widths and numbers of blocks of the four stages, and how often a residual branch is left out at the end.
  public struct Configuration: Hashable, Sendable {
    public var widths: [Int]
    public var blocks: [Int]
    public var stochasticDepth: Double

    public init(widths: [Int], blocks: [Int], stochasticDepth: Double) {
      guard widths.count == blocks.count, widths.count >= 1, blocks.allSatisfy({ $0 >= 1 }) else {
        fatalError(
          "ConvNeXt: widths \(widths) and blocks \(blocks), expected as many of both and no stage without blocks")
      }
      (self.widths, self.blocks, self.stochasticDepth) = (widths, blocks, stochasticDepth)
    }

    public static let tiny = Configuration(widths: [96, 192, 384, 768], blocks: [3, 3, 9, 3], stochasticDepth: 0.1)
    public static let small = Configuration(widths: [96, 192, 384, 768], blocks: [3, 3, 27, 3], stochasticDepth: 0.4)
    public static let base = Configuration(widths: [128, 256, 512, 1024], blocks: [3, 3, 27, 3], stochasticDepth: 0.5)
    public static let large = Configuration(
      widths: [192, 384, 768, 1536], blocks: [3, 3, 27, 3], stochasticDepth: 0.5)
    /// For images of 28 or 32 pixels (Woo et al. 2023 call a net of these sizes atto, of 3.4 million parameters).
    public static let atto = Configuration(widths: [40, 80, 160, 320], blocks: [2, 2, 6, 2], stochasticDepth: 0)
  }

  public let features: Sequential
  public let classifier: Sequential

  /// - Parameters:
  ///   - stem: `.small` cuts the image into patches of 2 × 2 instead of 4 × 4.
  ///   - channels: Of the images.
  ///   - layerScale: What each channel of a residual branch is multiplied by at first.
  public init(
    _ configuration: Configuration = .tiny, classes: Int = 1000, stem: ImageStem = .large, channels: Int = 3,
    layerScale: Double = 1e-6, key: inout RandomKey
  ) {
    let patch = stem == .large ? 4 : 2
    let widths = configuration.widths
    var layers: [any Layer] = [
      Sequential([ConvNeXt.patches(channels, widths[0], patch, key: &key), LayerNorm(widths[0], epsilon: 1e-6)])
    ]
    let last = max(1, configuration.blocks.reduce(0, +) - 1)
    var number = 0
    for (stage, width) in widths.enumerated() {
      if stage > 0 {
        layers.append(
          Sequential([
            LayerNorm(widths[stage - 1], epsilon: 1e-6), ConvNeXt.patches(widths[stage - 1], width, 2, key: &key),
          ]))
      }
      layers.append(
        Repeat(configuration.blocks[stage]) { _ in
          // The deeper the block, the more often it is left out (Huang et al. 2016).
          let drop = configuration.stochasticDepth * Double(number) / Double(last)
          number += 1
          return ConvNeXtBlock(width, layerScale: layerScale, dropProbability: drop, key: &key)
        })
    }
    features = Sequential(layers)
    classifier = Sequential {
      LayerNorm(widths[widths.count - 1], epsilon: 1e-6)
      Flatten()
      Linear.head(widths[widths.count - 1], classes, standardDeviation: 0.02, key: &key)
    }
  }

  private static func patches(_ inputs: Int, _ outputs: Int, _ size: Int, key: inout RandomKey) -> Conv2D {
    let layer = Conv2D(
      inputs, outputs, kernel: Pair(size), stride: Pair(size), initializer: .truncatedNormal(standardDeviation: 0.02),
      key: &key)
    layer.bias = .zeros([outputs])
    return layer
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { classifier(features(x).mean(axes: [1, 2])) }
}

/// 7×7 of each channel by itself, a layer norm and a perceptron of four times the width, and the way around them: channels
/// last.
final class ConvNeXtBlock: Module, Layer {
  /// `[1, 1, channels]`; PyTorch's is `[channels, 1, 1]`.
  @Parameter var layerScale: Tensor
  let block: Sequential
  let dropPath: DropPath

  override var stateKeys: [String: StateKey] {
    ["layerScale": .named("layer_scale"), "dropPath": .named("stochastic_depth")]
  }
  override var stateLayouts: [String: StateLayout] { ["layerScale": .permuted([2, 0, 1])] }

  init(_ width: Int, layerScale: Double, dropProbability: Double, key: inout RandomKey) {
    self.layerScale = .full(layerScale, [1, 1, width])
    let initializer = Initializer.truncatedNormal(standardDeviation: 0.02)
    let convolution = Conv2D.depthwise(width, kernel: 7, padding: 3, initializer: initializer, key: &key)
    let widening = Linear(width, 4 * width, initializer: initializer, key: &key)
    let narrowing = Linear(4 * width, width, initializer: initializer, key: &key)
    convolution.bias = .zeros([width])
    widening.bias = .zeros([4 * width])
    narrowing.bias = .zeros([width])
    // Channels are last already: what is PyTorch's change of axes has a number but nothing to do.
    block = Sequential {
      convolution
      Identity()
      LayerNorm(width, epsilon: 1e-6)
      widening
      GELU()
      narrowing
    }
    dropPath = DropPath(dropProbability, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { traced(x + dropPath(block(x) * layerScale)) }
}
