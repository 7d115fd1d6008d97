import ApusNN
import ApusTensor

/// How gradients change on their way back through a deep network, measured (Hochreiter 1991; Bengio et al. 1994).
public struct VanishingGradients: Sendable {
  /// Of one hidden layer, from the input on.
  public struct Layer: Sendable {
    /// From 1, the layer next to the input.
    public let depth: Int
    /// The root of the mean square of the loss's gradient with respect to the layer's pre-activations.
    public let gradientSize: Double
    /// The same of the layer's weights.
    public let weightGradientSize: Double
    /// The gradient with respect to each pre-activation.
    public let gradients: [Double]
    /// The root of the mean square of its activations.
    public let activationSize: Double
  }

  /// What follows each hidden layer's affine map.
  public let activation: Activation
  public let layers: [Layer]

  /// The gradient at the first layer as a share of that at the last: far below 1 it vanishes, far above it explodes.
  public var ratio: Double { layers[0].gradientSize / layers[layers.count - 1].gradientSize }

  /// A network of `depth` hidden layers as wide as its input, on random inputs and a random linear loss.
  ///
  /// - Parameters:
  ///   - initializer: Of the weights; biases are zero.
  ///   - examples: How many inputs, normally distributed, are averaged over.
  public init(
    depth: Int, width: Int = 64, activation: Activation, initializer: Initializer = .xavierNormal(),
    examples: Int = 64, key: inout RandomKey
  ) {
    precondition(
      depth > 0 && width > 0 && examples > 0, "VanishingGradients: depth, width and examples must be above 0")
    let inputs = Tensor.normal([examples, width], key: &key, dtype: .float64)
    // In double precision: what is left after many layers is too small for single precision.
    let weights = (0..<depth).map { _ in
      initializer([width, width], fanIn: width, fanOut: width, key: &key).cast(to: .float64)
    }
    let readout = Tensor.normal([width], standardDeviation: 1 / Double(width).squareRoot(), key: &key, dtype: .float64)
    // A shift of zeros at each pre-activation: its gradient is that of the pre-activation.
    let shifts = weights.map { _ in Tensor.zeros([examples, width], dtype: .float64) }
    var sizes: [Tensor] = []
    let (_, gradients) = valueAndGradient(at: weights + shifts) { variables in
      var x = inputs
      for layer in 0..<depth {
        x = activation(x.matmul(variables[layer].transposed()) + variables[depth + layer])
        sizes.append((x * x).mean().sqrt())
      }
      return (x * readout).sum() / Double(examples)
    }
    func size(_ tensor: Tensor) -> Double { (tensor * tensor).mean().sqrt().item() }
    self.activation = activation
    layers = (0..<depth).map { layer in
      Layer(
        depth: layer + 1, gradientSize: size(gradients[depth + layer]), weightGradientSize: size(gradients[layer]),
        gradients: gradients[depth + layer].doubles(), activationSize: sizes[layer].item())
    }
  }
}
