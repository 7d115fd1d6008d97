import ApusNN
import ApusTensor

/// AlexNet in its one-column form (Krizhevsky 2014, "One weird trick"): channels last, `[batch, height, width, channels]`
/// to logits `[batch, classes]`; 61,100,840 parameters for 1000 classes; torchvision's layers and keys.
public final class AlexNet: Module, Layer {
  public let features: Sequential
  public let averagePool: AdaptiveAveragePool2D
  public let classifier: Sequential

  public override var stateKeys: [String: StateKey] { ["averagePool": .named("avgpool")] }

  /// - Parameters:
  ///   - stem: `.small` begins with 5×5 at stride 1, and its linear layers have a quarter of the inputs and of the units: for
  ///     images of 28 or 32 pixels.
  ///   - channels: Of the images.
  public init(
    classes: Int = 1000, stem: ImageStem = .large, channels: Int = 3, dropout: Double = 0.5, key: inout RandomKey
  ) {
    let (side, hidden) = stem == .large ? (6, 4096) : (3, 1024)
    averagePool = AdaptiveAveragePool2D(Pair(side))
    features = Sequential {
      if stem == .large {
        Conv2D(channels, 64, kernel: 11, stride: 4, padding: 2, key: &key)
      } else {
        Conv2D(channels, 64, kernel: 5, padding: 2, key: &key)
      }
      ReLU()
      MaxPool2D(3, stride: 2)
      Conv2D(64, 192, kernel: 5, padding: 2, key: &key)
      ReLU()
      MaxPool2D(3, stride: 2)
      Conv2D(192, 384, kernel: 3, padding: 1, key: &key)
      ReLU()
      Conv2D(384, 256, kernel: 3, padding: 1, key: &key)
      ReLU()
      Conv2D(256, 256, kernel: 3, padding: 1, key: &key)
      ReLU()
      MaxPool2D(3, stride: 2)
    }
    classifier = Sequential {
      Dropout(dropout, key: &key)
      Linear(
        256 * side * side, hidden, weightLayout: .flattened(channels: 256, height: side, width: side), key: &key)
      ReLU()
      Dropout(dropout, key: &key)
      Linear(hidden, hidden, key: &key)
      ReLU()
      Linear(hidden, classes, key: &key)
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { classifier(averagePool(features(x)).flattened(from: 1)) }
}
