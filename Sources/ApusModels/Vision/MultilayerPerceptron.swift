import ApusNN
import ApusTensor

/// A multilayer perceptron with ReLU: `[batch, …]`, flattened, to logits `[batch, classes]`. Keys are those of PyTorch's
/// `Sequential` of linear layers and activations: `0.weight`, `2.weight`, …
public final class MultilayerPerceptron: Module, Layer {
  private let layers: Sequential

  public override var stateKeys: [String: StateKey] { ["layers": .merged] }

  /// - Parameter widths: Of the input, the hidden layers and the output: `[784, 512, 512, 10]`.
  public init(_ widths: [Int], key: inout RandomKey) {
    guard widths.count >= 2 else { fatalError("MultilayerPerceptron: widths \(widths), expected two or more") }
    var layers: [any Layer] = []
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      if !layers.isEmpty { layers.append(ReLU()) }
      layers.append(Linear(inputs, outputs, initializer: .kaimingUniform(), key: &key))
    }
    self.layers = Sequential(layers)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { layers(x.flattened(from: 1)) }
}
