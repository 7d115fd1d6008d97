import ApusNN
import ApusTensor

/// A convolution without bias, a batch norm and ReLU6, as mobile networks are made of: channels last. Keys are `0.…` and
/// `1.…`.
func convolutionUnit(
  _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, key: inout RandomKey
) -> Sequential {
  Sequential([
    Conv2D(
      inputs, outputs, kernel: Pair(kernel), stride: Pair(stride), padding: .explicit(Pair(kernel / 2)), groups: groups,
      bias: false, initializer: .fanOut, key: &key),
    BatchNorm(outputs),
    ReLU6(),
  ])
}

extension Initializer {
  /// Normal with deviation √(2 / fanOut): He et al. 2015, equation 14.
  static var fanOut: Initializer { .kaimingNormal(mode: .fanOut) }
}

extension Linear {
  /// A linear layer whose weights are normal and whose biases are 0, as heads of image classifiers start.
  static func head(_ inputs: Int, _ outputs: Int, standardDeviation: Double = 0.01, key: inout RandomKey) -> Linear {
    let layer = Linear(inputs, outputs, initializer: .normal(standardDeviation: standardDeviation), key: &key)
    layer.bias = .zeros([outputs])
    return layer
  }
}

/// A number of channels near `value` that `divisor` divides, no more than a tenth below it: as mobile networks of other
/// widths are rounded.
func roundedChannels(_ value: Double, divisor: Int = 8) -> Int {
  let rounded = max(divisor, Int(value + Double(divisor) / 2) / divisor * divisor)
  return Double(rounded) < 0.9 * value ? rounded + divisor : rounded
}
