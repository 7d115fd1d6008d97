import ApusNN
import ApusOptim
import ApusTensor

/// Least squares with a network: whole-batch steps of Adam, compiled.
struct Regression {
  private let train: (Tensor, Tensor) -> Tensor
  private let evaluate: (Tensor, Tensor) -> Tensor

  init(_ model: any Layer, learningRate: Double) {
    let optimizer = Adam(model, learningRate: learningRate)
    func squaredError(_ inputs: Tensor, _ targets: Tensor) -> Tensor {
      let difference = model(inputs) - targets
      return (difference * difference).mean()
    }
    train = compile(updating: model, optimizer) { inputs, targets in
      let (loss, gradients) = valueAndGrad(model) { squaredError(inputs, targets) }
      optimizer.update(gradients)
      return loss
    }
    evaluate = compile(updating: model) { inputs, targets in squaredError(inputs, targets) }
  }

  /// One step; returns the mean squared error before it.
  func step(_ inputs: Tensor, _ targets: Tensor) -> Double { train(inputs, targets).item() }
  /// The mean squared error.
  func loss(_ inputs: Tensor, _ targets: Tensor) -> Double { evaluate(inputs, targets).item() }
}
