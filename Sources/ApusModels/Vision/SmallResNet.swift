import ApusNN
import ApusTensor

/// The residual networks for images of 32 pixels (He et al. 2016, section 4.2): three stages of 16, 32 and 64 channels, and
/// ways around that have no parameters. Channels last, `[batch, height, width, channels]` to logits `[batch, classes]`;
/// 20, 32, 44, 56 and 110 layers have 0.27, 0.46, 0.66, 0.85 and 1.7 million parameters (table 6).
public final class SmallResNet: Module, Layer {
  public let conv1: Conv2D
  public let bn1: BatchNorm
  public let layer1: Sequential
  public let layer2: Sequential
  public let layer3: Sequential
  public let fc: Linear

  /// - Parameters:
  ///   - depth: How many layers with weights there are, 6n + 2.
  ///   - width: The channels of the first stage.
  ///   - channels: Of the images.
  public init(depth: Int = 20, width: Int = 16, classes: Int = 10, channels: Int = 3, key: inout RandomKey) {
    guard depth > 2, (depth - 2) % 6 == 0 else { fatalError("SmallResNet: depth \(depth), expected 6n + 2") }
    conv1 = Conv2D(channels, width, kernel: 3, padding: 1, bias: false, initializer: .fanOut, key: &key)
    bn1 = BatchNorm(width)
    func stage(_ number: Int) -> Sequential {
      let outputs = width << number
      return Sequential(
        (0..<(depth - 2) / 6).map { place -> any Layer in
          PaddedBlock(place == 0 && number > 0 ? outputs / 2 : outputs, outputs, key: &key)
        })
    }
    layer1 = stage(0)
    layer2 = stage(1)
    layer3 = stage(2)
    fc = Linear(4 * width, classes, initializer: .kaimingNormal(), key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    fc(layer3(layer2(layer1(bn1(conv1(x)).relu()))).mean(axes: [1, 2]))
  }
}

/// Two 3×3 convolutions and the way around them, which where channels double leaves out every other place and adds zeros
/// as new channels (option A of the paper): channels last.
final class PaddedBlock: Module, Layer {
  let conv1: Conv2D
  let bn1: BatchNorm
  let conv2: Conv2D
  let bn2: BatchNorm
  private let added: Int

  init(_ inputs: Int, _ outputs: Int, key: inout RandomKey) {
    added = outputs - inputs
    conv1 = Conv2D(
      inputs, outputs, kernel: 3, stride: added > 0 ? 2 : 1, padding: 1, bias: false, initializer: .fanOut, key: &key)
    bn1 = BatchNorm(outputs)
    conv2 = Conv2D(outputs, outputs, kernel: 3, padding: 1, bias: false, initializer: .fanOut, key: &key)
    bn2 = BatchNorm(outputs)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    var direct = x
    if added > 0 {
      direct = x[TensorIndex.all, TensorIndex.every(2), TensorIndex.every(2)]
        .padded([(0, 0), (0, 0), (0, 0), (added / 2, added - added / 2)])
    }
    return traced((bn2(conv2(bn1(conv1(x)).relu())) + direct).relu())
  }
}
