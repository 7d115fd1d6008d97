import ApusNN
import ApusTensor

/// Gradient descent on the rows of tables that a step has looked up: w ← w − η·g, PyTorch's `SGD` on sparse gradients.
/// There is no momentum and no decay, which would change all other rows, too.
public final class SparseSGD: Optimizer, RowOptimizer {
  public init(
    _ model: Module, learningRate: Double = 1e-3, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    super.init(model, learningRate: learningRate, groups: groups, maximize: maximize)
  }

  public func updated(_ table: Tensor, rows gradient: RowSparse, number: Int) -> Tensor {
    let rate = rate(of: number).cast(to: table.dtype)
    return gradient.mapValues { -$0 * rate }.added(to: table)
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    parameter - gradient * rate(of: number).cast(to: parameter.dtype)
  }
}
