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
  private var coefficients: SGDCoefficients!
  private var packed: [DType: Tensor] = [:]

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
    coefficients = SGDCoefficients(stepSize: rateTensor)
    coefficients.penalty = exactly(weightDecay)
    coefficients.momentum = exactly(momentum)
    if let isFirst {
      coefficients.gradientShare = 1 - (1 - isFirst.value) * dampening
      isFirst.value = isFirst.value * 0
    }
    packed = [:]
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let numbers = packed[parameter.dtype] ?? coefficients.packed(for: parameter.dtype)
    packed[parameter.dtype] = numbers
    let velocity = velocities.isEmpty ? nil : velocities[number]
    let step = sgdStep(
      parameter, gradient: gradient, velocity: velocity?.value, coefficients: numbers, nesterov: isNesterov)
    if let velocity, let next = step.velocity { velocity.value = next }
    return step.parameter
  }
}
