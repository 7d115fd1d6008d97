import ApusNN
import ApusTensor

/// A residual network of nine layers that learns in few epochs (after Page 2018, "How to train your ResNet"): four
/// convolutions that each double the channels, two blocks with a way around them, and a maximum over all places. Channels
/// last, `[batch, height, width, channels]` to logits `[batch, classes]`, for images of 28 or 32 pixels.
public final class ResNet9: Module, Layer {
  public let stem: Sequential
  public let stages: [Sequential]
  public let fc: Linear

  /// - Parameters:
  ///   - width: The channels of the first convolution.
  ///   - channels: Of the images.
  public init(width: Int = 32, classes: Int = 10, channels: Int = 3, key: inout RandomKey) {
    func unit(_ inputs: Int, _ outputs: Int, pools: Bool = false) -> Sequential {
      var layers: [any Layer] = [
        Conv2D(inputs, outputs, kernel: 3, padding: 1, bias: false, initializer: .fanOut, key: &key),
        BatchNorm(outputs), ReLU(),
      ]
      if pools { layers.append(MaxPool2D(2)) }
      return Sequential(layers)
    }
    stem = unit(channels, width)
    stages = (1...3).map { number in
      let (inputs, outputs) = (width << (number - 1), width << number)
      let entry = unit(inputs, outputs, pools: true)
      // The middle stage has no block.
      if number == 2 { return Sequential([entry]) }
      let block = [unit(outputs, outputs), unit(outputs, outputs)]
      return Sequential([
        entry,
        Residual {
          block[0]
          block[1]
        },
      ])
    }
    fc = Linear(8 * width, classes, bias: false, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    fc(stages.reduce(stem(x)) { $1($0) }.max(axes: [1, 2])) * 0.125
  }
}
