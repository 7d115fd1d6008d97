import ApusNN
import ApusTensor

/// Gradient descent with momentum, PyTorch's convention: u ← μ·u + (1 − dampening)·g, w ← w − η·u (Polyak 1964;
/// Nesterov's form steps along g + μ·u, Sutskever et al. 2013). The first step takes u = g.
public final class SGD: Optimizer {
  private let momentum: Double
  private let dampening: Double
  private let weightDecay: Double
  private let isNesterov: Bool
  private var velocities: [TensorSlot] = []
  private var isFirst: TensorSlot?
  private var gradientScale: Tensor?

  /// - Parameter weightDecay: λ of the L2 penalty: λ·w is added to the gradient.
  public init(
    _ model: Module, learningRate: Double, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
    nesterov: Bool = false
  ) {
    guard !nesterov || (momentum > 0 && dampening == 0) else {
      fatalError("SGD: Nesterov's momentum needs a momentum above 0 and no dampening")
    }
    (self.momentum, self.dampening, self.weightDecay, isNesterov) = (momentum, dampening, weightDecay, nesterov)
    super.init(model, learningRate: learningRate)
    if momentum != 0 { velocities = addMoments("momentum") }
    if momentum != 0, dampening != 0 { isFirst = addScalar("is_first", 1) }
  }

  public override func beginStep() {
    guard let isFirst else { return }
    gradientScale = 1 - (1 - isFirst.value) * dampening
    isFirst.value = isFirst.value * 0
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    var direction = weightDecay == 0 ? gradient : gradient + parameter * weightDecay
    if momentum != 0 {
      let share = gradientScale.map { direction * $0.cast(to: direction.dtype) } ?? direction
      let velocity = velocities[number].value * momentum + share
      velocities[number].value = velocity
      direction = isNesterov ? direction + velocity * momentum : velocity
    }
    return parameter - direction * rateTensor.cast(to: parameter.dtype)
  }
}
