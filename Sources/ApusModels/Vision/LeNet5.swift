import ApusNN
import ApusTensor

/// LeNet-5 for 28×28 images in its common modern form, with ReLU and max pooling (after LeCun et al. 1998): channels
/// last, `[batch, 28, 28, channels]` to logits `[batch, classes]`; 61,706 parameters for one channel and ten classes.
public final class LeNet5: Module, Layer {
  public let conv1: Conv2D
  public let conv2: Conv2D
  public let pool = MaxPool2D(2)
  public let fc1: Linear
  public let fc2: Linear
  public let fc3: Linear

  /// - Parameter channels: Of the images.
  public init(classes: Int = 10, channels: Int = 1, key: inout RandomKey) {
    // He et al. 2015, made for ReLU: it learns faster in the first epochs than uniform in ±1/√fanIn, a sixth of the variance.
    let initializer = Initializer.kaimingUniform()
    conv1 = Conv2D(channels, 6, kernel: 5, padding: 2, initializer: initializer, key: &key)
    conv2 = Conv2D(6, 16, kernel: 5, initializer: initializer, key: &key)
    fc1 = Linear(
      16 * 5 * 5, 120, initializer: initializer, weightLayout: .flattened(channels: 16, height: 5, width: 5), key: &key)
    fc2 = Linear(120, 84, initializer: initializer, key: &key)
    fc3 = Linear(84, classes, initializer: initializer, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = pool(conv1(x).relu())
    h = pool(conv2(h).relu())
    h = fc1(h.flattened(from: 1)).relu()
    return fc3(fc2(h).relu())
  }
}
