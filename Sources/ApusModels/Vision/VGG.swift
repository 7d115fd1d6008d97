import ApusNN
import ApusTensor

/// VGG (Simonyan & Zisserman 2015): channels last, `[batch, height, width, channels]` to logits `[batch, classes]`;
/// torchvision's layers and keys.
public final class VGG: Module, Layer {
  /// How many layers with weights there are.
  public enum Depth: Int, CaseIterable, Sendable {
    case vgg11 = 11
    case vgg13 = 13
    case vgg16 = 16
    case vgg19 = 19

    /// How many convolutions come before each pooling: the paper's columns A, B, D and E.
    var convolutions: [Int] {
      switch self {
      case .vgg11: [1, 1, 2, 2, 2]
      case .vgg13: [2, 2, 2, 2, 2]
      case .vgg16: [2, 2, 3, 3, 3]
      case .vgg19: [2, 2, 4, 4, 4]
      }
    }
  }

  public let features: Sequential
  public let averagePool: AdaptiveAveragePool2D
  public let classifier: Sequential

  public override var stateKeys: [String: StateKey] { ["averagePool": .named("avgpool")] }

  /// - Parameters:
  ///   - batchNorm: Whether each convolution is normalised.
  ///   - stem: `.small`, for images of 28 or 32 pixels, has the mean over all places and one linear layer instead of the
  ///     last pooling and three of them.
  ///   - channels: Of the images.
  public init(
    _ depth: Depth, classes: Int = 1000, batchNorm: Bool = false, stem: ImageStem = .large, channels: Int = 3,
    dropout: Double = 0.5, key: inout RandomKey
  ) {
    var layers: [any Layer] = []
    var inputs = channels
    for (count, outputs) in zip(depth.convolutions, [64, 128, 256, 512, 512]) {
      for _ in 0..<count {
        layers.append(
          Conv2D(inputs, outputs, kernel: 3, padding: 1, initializer: .kaimingNormal(), key: &key))
        if batchNorm { layers.append(BatchNorm(outputs)) }
        layers.append(ReLU())
        inputs = outputs
      }
      layers.append(MaxPool2D(2))
    }
    if stem == .small { layers.removeLast() }
    features = Sequential(layers)
    averagePool = AdaptiveAveragePool2D(stem == .large ? 7 : 1)
    let normal = Initializer.normal(standardDeviation: 0.01)
    classifier = Sequential {
      if stem == .small {
        Linear(512, classes, initializer: normal, key: &key)
      } else {
        Linear(
          512 * 7 * 7, 4096, initializer: normal, weightLayout: .flattened(channels: 512, height: 7, width: 7),
          key: &key)
        ReLU()
        Dropout(dropout, key: &key)
        Linear(4096, 4096, initializer: normal, key: &key)
        ReLU()
        Dropout(dropout, key: &key)
        Linear(4096, classes, initializer: normal, key: &key)
      }
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { classifier(averagePool(features(x)).flattened(from: 1)) }
}
