import ApusNN
import ApusTensor

/// A deep network of sigmoid layers, whose weights can be learned one layer at a time without labels: as autoencoders
/// (``StackedAutoencoder``) or as Boltzmann machines (``DeepBeliefNetwork``).
public final class SigmoidClassifier: Module, Layer {
  public let hidden: [Linear]
  public let output: Linear

  /// - Parameter sizes: Of the input, the hidden layers and the output: at least three numbers.
  public init(_ sizes: [Int], initializer: Initializer = .standard, key: inout RandomKey) {
    precondition(
      sizes.count >= 3, "SigmoidClassifier: sizes \(sizes), expected those of input, hidden layers and output")
    var layers: [Linear] = []
    for index in 0..<(sizes.count - 2) {
      layers.append(Linear(sizes[index], sizes[index + 1], initializer: initializer, key: &key))
    }
    hidden = layers
    output = Linear(sizes[sizes.count - 2], sizes[sizes.count - 1], initializer: initializer, key: &key)
  }

  /// What the first hidden layers make of examples `[examples, …]`: `[examples, units]`.
  public func activations(_ x: Tensor, through count: Int) -> Tensor {
    let features = hidden[0].weight.shape[1]
    return hidden[..<count].reduce(x.reshaped(to: [x.shape[0], features])) { $1($0).sigmoid() }
  }

  /// Logits: `[examples, …]` to `[examples, classes]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { output(activations(x, through: hidden.count)) }

  /// The share of labels that it gets right.
  public func accuracy(_ inputs: Tensor, _ labels: Tensor) -> Double {
    (self(inputs).argMax() .== labels).cast(to: .float32).mean().item()
  }
}
