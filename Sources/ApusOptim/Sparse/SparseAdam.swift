import ApusNN
import ApusTensor

/// Lazy Adam (PyTorch's `SparseAdam`): of a table only the rows that a step has looked up are updated, and so are their
/// moments, m ← m + (1−β₁)(g−m) and v ← v + (1−β₂)(g²−v). The correction for the start at zero counts all steps:
/// w ← w − η·√(1−β₂ᵗ) / (1−β₁ᵗ) · m / (√v + ε).
///
/// Parameters with dense gradients are updated by the same rule, all of their rows.
public final class SparseAdam: Optimizer, RowOptimizer {
  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double
  private let maximizes: Bool
  private var firstMoments: [TensorSlot] = []
  private var secondMoments: [TensorSlot] = []
  private var power1: TensorSlot!
  private var power2: TensorSlot!
  private var stepSize = Tensor(0)

  /// - Parameter maximize: Whether to climb instead of to descend.
  public init(
    _ model: Module, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    maximize: Bool = false
  ) {
    (self.beta1, self.beta2, self.epsilon, maximizes) = (beta1, beta2, epsilon, maximize)
    super.init(model, learningRate: learningRate)
    power1 = addScalar("beta1_power", 1)
    power2 = addScalar("beta2_power", 1)
    firstMoments = addMoments("first_moment")
    secondMoments = addMoments("second_moment")
  }

  public override func beginStep() {
    power1.value = power1.value * beta1
    power2.value = power2.value * beta2
    let size = rateTensor * (1 - power2.value).sqrt() / (1 - power1.value)
    stepSize = maximizes ? size : -size
  }

  public func updated(_ table: Tensor, rows gradient: RowSparse, number: Int) -> Tensor {
    // The rule is not linear in the gradient: a row's entries must be added up before.
    let gradient = gradient.coalesced()
    let (first, second) = (firstMoments[number], secondMoments[number])
    let moments = moved(gradient.rows(of: first.value), gradient.rows(of: second.value), gradient.values)
    first.value = gradient.replacingRows(of: first.value, by: moments.first)
    second.value = gradient.replacingRows(of: second.value, by: moments.second)
    return gradient.mapValues { _ in step(moments) }.added(to: table)
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let moments = moved(firstMoments[number].value, secondMoments[number].value, gradient)
    firstMoments[number].value = moments.first
    secondMoments[number].value = moments.second
    return parameter + step(moments)
  }

  private func moved(_ first: Tensor, _ second: Tensor, _ gradient: Tensor) -> (first: Tensor, second: Tensor) {
    (
      first + (gradient - first) * (1 - beta1),
      second + (gradient * gradient - second) * (1 - beta2)
    )
  }

  private func step(_ moments: (first: Tensor, second: Tensor)) -> Tensor {
    moments.first / (moments.second.sqrt() + epsilon) * stepSize.cast(to: moments.first.dtype)
  }
}
