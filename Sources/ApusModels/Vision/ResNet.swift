import ApusNN
import ApusTensor

/// A residual network (He et al. 2016): channels last, `[batch, height, width, channels]` to logits `[batch, classes]`;
/// torchvision's layers and keys.
public final class ResNet: Module, Layer {
  /// How many layers with weights there are.
  public enum Depth: Int, CaseIterable, Sendable {
    case resnet18 = 18
    case resnet34 = 34
    case resnet50 = 50
    case resnet101 = 101
    case resnet152 = 152

    var blocks: [Int] {
      switch self {
      case .resnet18: [2, 2, 2, 2]
      case .resnet34, .resnet50: [3, 4, 6, 3]
      case .resnet101: [3, 4, 23, 3]
      case .resnet152: [3, 8, 36, 3]
      }
    }

    var hasBottlenecks: Bool { self != .resnet18 && self != .resnet34 }
  }

  public let conv1: Conv2D
  public let bn1: BatchNorm
  public let pool: MaxPool2D?
  public let layer1: Sequential
  public let layer2: Sequential
  public let layer3: Sequential
  public let layer4: Sequential
  public let fc: Linear

  /// - Parameters:
  ///   - stem: `.large` begins with 7×7 at stride 2 and a max pooling, `.small` with 3×3 at stride 1.
  ///   - channels: Of the images.
  public init(
    _ depth: Depth, classes: Int = 1000, stem: ImageStem = .large, channels: Int = 3, key: inout RandomKey
  ) {
    switch stem {
    case .large:
      conv1 = Conv2D(channels, 64, kernel: 7, stride: 2, padding: 3, bias: false, initializer: .fanOut, key: &key)
      pool = MaxPool2D(3, stride: 2, padding: 1)
    case .small:
      conv1 = Conv2D(channels, 64, kernel: 3, padding: 1, bias: false, initializer: .fanOut, key: &key)
      pool = nil
    }
    bn1 = BatchNorm(64)
    var inputs = 64
    func stage(_ number: Int) -> Sequential {
      let width = 64 << number
      return Sequential(
        (0..<depth.blocks[number]).map { place -> any Layer in
          let stride = place == 0 && number > 0 ? 2 : 1
          defer { inputs = depth.hasBottlenecks ? 4 * width : width }
          if depth.hasBottlenecks { return Bottleneck(inputs, width, stride: stride, key: &key) }
          return BasicBlock(inputs, width, stride: stride, key: &key)
        })
    }
    layer1 = stage(0)
    layer2 = stage(1)
    layer3 = stage(2)
    layer4 = stage(3)
    fc = Linear(inputs, classes, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = bn1(conv1(x)).relu()
    if let pool { h = pool(h) }
    h = layer4(layer3(layer2(layer1(h))))
    return fc(h.mean(axes: [1, 2]))
  }
}

/// Two 3×3 convolutions and the way around them: channels last.
final class BasicBlock: Module, Layer {
  let conv1: Conv2D
  let bn1: BatchNorm
  let conv2: Conv2D
  let bn2: BatchNorm
  let downsample: Sequential?

  init(_ inputs: Int, _ width: Int, stride: Int, key: inout RandomKey) {
    conv1 = Conv2D(
      inputs, width, kernel: 3, stride: Pair(stride), padding: 1, bias: false, initializer: .fanOut, key: &key)
    bn1 = BatchNorm(width)
    conv2 = Conv2D(width, width, kernel: 3, padding: 1, bias: false, initializer: .fanOut, key: &key)
    bn2 = BatchNorm(width)
    downsample = shortcut(inputs, width, stride: stride, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let h = bn2(conv2(bn1(conv1(x)).relu()))
    return traced((h + (downsample.map { $0(x) } ?? x)).relu())
  }
}

/// 1×1 to fewer channels, 3×3 (which has the stride, as in torchvision), 1×1 to four times as many, and the way around
/// them: channels last.
final class Bottleneck: Module, Layer {
  let conv1: Conv2D
  let bn1: BatchNorm
  let conv2: Conv2D
  let bn2: BatchNorm
  let conv3: Conv2D
  let bn3: BatchNorm
  let downsample: Sequential?

  init(_ inputs: Int, _ width: Int, stride: Int, key: inout RandomKey) {
    conv1 = Conv2D(inputs, width, kernel: 1, bias: false, initializer: .fanOut, key: &key)
    bn1 = BatchNorm(width)
    conv2 = Conv2D(
      width, width, kernel: 3, stride: Pair(stride), padding: 1, bias: false, initializer: .fanOut, key: &key)
    bn2 = BatchNorm(width)
    conv3 = Conv2D(width, 4 * width, kernel: 1, bias: false, initializer: .fanOut, key: &key)
    bn3 = BatchNorm(4 * width)
    downsample = shortcut(inputs, 4 * width, stride: stride, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let h = bn3(conv3(bn2(conv2(bn1(conv1(x)).relu())).relu()))
    return traced((h + (downsample.map { $0(x) } ?? x)).relu())
  }
}

/// The projection where the shapes on both sides differ.
private func shortcut(_ inputs: Int, _ outputs: Int, stride: Int, key: inout RandomKey) -> Sequential? {
  if stride == 1, inputs == outputs { return nil }
  return Sequential([
    Conv2D(inputs, outputs, kernel: 1, stride: Pair(stride), bias: false, initializer: .fanOut, key: &key),
    BatchNorm(outputs),
  ])
}
