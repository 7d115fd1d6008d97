import ApusNN
import ApusTensor

/// AlexNet in its one-column form (Krizhevsky 2014, "One weird trick"): channels last, `[batch, 224, 224, 3]` to logits
/// `[batch, classes]`; 61,100,840 parameters for 1000 classes; torchvision's layers and keys.
public final class AlexNet: Module, Layer {
  public let features: Sequential
  public let averagePool = AdaptiveAveragePool2D(6)
  public let classifier: Sequential

  public override var stateKeys: [String: StateKey] { ["averagePool": .named("avgpool")] }

  public init(classes: Int = 1000, dropout: Double = 0.5, key: inout RandomKey) {
    features = Sequential {
      Conv2D(3, 64, kernel: 11, stride: 4, padding: 2, key: &key)
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
      Linear(256 * 6 * 6, 4096, key: &key)
      ReLU()
      Dropout(dropout, key: &key)
      Linear(4096, 4096, key: &key)
      ReLU()
      Linear(4096, classes, key: &key)
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { classifier(averagePool(features(x)).flattened(from: 1)) }
}
