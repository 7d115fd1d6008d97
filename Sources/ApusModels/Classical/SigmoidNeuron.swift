import ApusTensor

/// One sigmoid neuron, f(x) = σ(w·x + b), and its squared error with the gradient as it is derived by hand.
public struct SigmoidNeuron: Sendable {
  /// `[features]`
  public var weights: Tensor
  /// A scalar.
  public var bias: Tensor

  public init(weights: Tensor, bias: Tensor) { (self.weights, self.bias) = (weights, bias) }

  /// a = w·x + b: `[examples, features]` to `[examples]`.
  public func preActivation(_ inputs: Tensor) -> Tensor { inputs.matmul(weights.expandingAxis(1)).squeezed([1]) + bias }

  /// h = σ(a): `[examples, features]` to `[examples]`.
  public func callAsFunction(_ inputs: Tensor) -> Tensor { preActivation(inputs).sigmoid() }

  /// L = ½ Σ (f(x) − y)², a scalar.
  public func squaredError(_ inputs: Tensor, _ targets: Tensor) -> Tensor {
    let difference = self(inputs) - targets
    return (difference * difference).sum() * 0.5
  }

  /// ∂L/∂w = Σ (f − y) f (1 − f) x, `[features]`, and ∂L/∂b = Σ (f − y) f (1 − f), by the chain rule.
  public func gradient(_ inputs: Tensor, _ targets: Tensor) -> (weights: Tensor, bias: Tensor) {
    let outputs = self(inputs)
    let errors = (outputs - targets) * outputs * (1 - outputs)
    return ((errors.expandingAxis(1) * inputs).sum(axis: 0), errors.sum())
  }

  /// A step of gradient descent: w ← w − η ∂L/∂w, b ← b − η ∂L/∂b.
  public mutating func descend(_ inputs: Tensor, _ targets: Tensor, learningRate: Double) {
    let gradient = gradient(inputs, targets)
    weights = (weights - gradient.weights * learningRate).evaluated()
    bias = (bias - gradient.bias * learningRate).evaluated()
  }
}
