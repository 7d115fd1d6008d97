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
  private var firstMoments: [TensorSlot] = []
  private var secondMoments: [TensorSlot] = []
  private var power1: TensorSlot!
  private var power2: TensorSlot!

  public init(
    _ model: Module, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    super.init(model, learningRate: learningRate, groups: groups, maximize: maximize)
    power1 = addScalar("beta1_power", 1)
    power2 = addScalar("beta2_power", 1)
    firstMoments = addMoments("first_moment")
    secondMoments = addMoments("second_moment")
  }

  public override func beginStep() {
    power1.value = power1.value * beta1
    power2.value = power2.value * beta2
  }

  public func updated(_ table: Tensor, rows gradient: RowSparse, number: Int) -> Tensor {
    // The rule is not linear in the gradient: a row's entries must be added up before.
    let gradient = gradient.coalesced().mapValues { $0.cast(to: $0.dtype.ofMoments) }
    let (first, second) = (firstMoments[number], secondMoments[number])
    let moments = moved(gradient.rows(of: first.value), gradient.rows(of: second.value), gradient.values)
    first.value = gradient.replacingRows(of: first.value, by: moments.first)
    second.value = gradient.replacingRows(of: second.value, by: moments.second)
    return gradient.mapValues { _ in step(moments, number).cast(to: table.dtype) }.added(to: table)
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let moments = moved(firstMoments[number].value, secondMoments[number].value, gradient)
    firstMoments[number].value = moments.first
    secondMoments[number].value = moments.second
    return parameter + step(moments, number)
  }

  private func moved(_ first: Tensor, _ second: Tensor, _ gradient: Tensor) -> (first: Tensor, second: Tensor) {
    (
      first + (gradient - first) * (1 - beta1),
      second + (gradient * gradient - second) * (1 - beta2)
    )
  }

  private func step(_ moments: (first: Tensor, second: Tensor), _ number: Int) -> Tensor {
    let dtype = moments.first.dtype
    let size = numbers(of: number, dtype) {
      (-rate(of: number) * (1 - power2.value).sqrt() / (1 - power1.value)).cast(to: dtype)
    }
    return moments.first / (moments.second.sqrt() + epsilon) * size
  }
}
