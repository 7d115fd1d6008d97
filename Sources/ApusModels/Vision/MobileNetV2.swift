import ApusNN
import ApusTensor

/// MobileNet v2 (Sandler et al. 2018): channels last, `[batch, height, width, channels]` to logits `[batch, classes]`;
/// 3,504,872 parameters for 1000 classes; torchvision's layers and keys.
public final class MobileNetV2: Module, Layer {
  public let features: Sequential
  public let classifier: Sequential

  /// Of each stage: by how much blocks widen inside, channels, blocks, and the stride of the first (table 2).
  private static let stages: [(expansion: Int, channels: Int, blocks: Int, stride: Int)] = [
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
    (6, 160, 3, 2), (6, 320, 1, 1),
  ]

  /// - Parameters:
  ///   - width: A factor of all numbers of channels.
  ///   - stem: `.small` leaves out the first two strides, for images of 32 pixels.
  ///   - channels: Of the images.
  public init(
    classes: Int = 1000, width: Double = 1, stem: ImageStem = .large, channels: Int = 3, dropout: Double = 0.2,
    key: inout RandomKey
  ) {
    var inputs = roundedChannels(32 * width)
    let last = roundedChannels(1280 * max(1, width))
    var layers: [any Layer] = [
      convolutionUnit(channels, inputs, kernel: 3, stride: stem == .large ? 2 : 1, key: &key)
    ]
    for (number, stage) in MobileNetV2.stages.enumerated() {
      let outputs = roundedChannels(Double(stage.channels) * width)
      let first = number == 1 && stem == .small ? 1 : stage.stride
      for block in 0..<stage.blocks {
        layers.append(
          InvertedResidual(
            inputs, outputs, stride: block == 0 ? first : 1, expansion: stage.expansion, key: &key))
        inputs = outputs
      }
    }
    layers.append(convolutionUnit(inputs, last, kernel: 1, key: &key))
    features = Sequential(layers)
    classifier = Sequential {
      Dropout(dropout, key: &key)
      Linear.head(last, classes, key: &key)
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { classifier(features(x).mean(axes: [1, 2])) }
}

/// 1×1 to more channels, 3×3 of each channel by itself, 1×1 back to few without an activation, and the way around them
/// where shapes allow: channels last.
final class InvertedResidual: Module, Layer {
  let conv: Sequential
  private let hasShortcut: Bool

  init(_ inputs: Int, _ outputs: Int, stride: Int, expansion: Int, key: inout RandomKey) {
    let hidden = inputs * expansion
    hasShortcut = stride == 1 && inputs == outputs
    conv = Sequential {
      if expansion != 1 { convolutionUnit(inputs, hidden, kernel: 1, key: &key) }
      convolutionUnit(hidden, hidden, kernel: 3, stride: stride, groups: hidden, key: &key)
      Conv2D(hidden, outputs, kernel: 1, bias: false, initializer: .fanOut, key: &key)
      BatchNorm(outputs)
    }
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let y = conv(x)
    return traced(hasShortcut ? x + y : y)
  }
}
