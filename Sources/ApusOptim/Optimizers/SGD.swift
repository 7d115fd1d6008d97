import ApusNN
import ApusTensor

/// Gradient descent with momentum, PyTorch's convention: u ← μ·u + (1 − dampening)·g, w ← w − η·u (Polyak 1964;
/// Nesterov's form steps along g + μ·u, Sutskever et al. 2013). The first step takes u = g.
public final class SGD: Optimizer {
  private let dampening: Double
  private let isNesterov: Bool
  private let isDecoupled: Bool
  private var velocities: [TensorSlot] = []
  private var isFirst: TensorSlot?
  private var gradientShare: Tensor?

  /// - Parameters:
  ///   - weightDecay: λ of the L2 penalty: λ·w is added to the gradient.
  ///   - decoupledWeightDecay: Whether λ·w is subtracted from the parameter instead, times the learning rate.
  public init(
    _ model: Module, learningRate: Double = 1e-3, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
    nesterov: Bool = false, decoupledWeightDecay: Bool = false, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    guard !nesterov || (momentum > 0 && dampening == 0) else {
      fatalError("SGD: Nesterov's momentum needs a momentum above 0 and no dampening")
    }
    (self.dampening, isNesterov, isDecoupled) = (dampening, nesterov, decoupledWeightDecay)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    guard momentum != 0 else { return }
    velocities = addMoments("momentum")
    addMomentum("momentum_coefficient", momentum)
    if dampening != 0 { isFirst = addScalar("is_first", 1) }
  }

  public override var scalesGradients: Bool { true }

  public override func beginStep() {
    guard let isFirst else { return }
    gradientShare = 1 - (1 - isFirst.value) * dampening
    isFirst.value = isFirst.value * 0
  }

  public override func endStep() { gradientShare = nil }

  private func coefficients(_ number: Int) -> SGDCoefficients {
    let rate = rate(of: number)
    var result = SGDCoefficients(stepSize: rate)
    if let gradientScale { result.gradientScale = gradientScale }
    let decay = weightDecay(of: number)
    if isDecoupled {
      result.kept = 1 - rate * decay
    } else {
      result.penalty = exactly(decay)
    }
    result.momentum = momentumTensor
    if let gradientShare { result.gradientShare = gradientShare }
    return result
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let packed = numbers(of: number, parameter.dtype) { coefficients(number).packed(for: parameter.dtype) }
    let velocity = velocities.isEmpty ? nil : velocities[number]
    let step = sgdStep(
      parameter, gradient: gradient, velocity: velocity?.value, coefficients: packed, nesterov: isNesterov)
    if let velocity, let next = step.velocity { velocity.value = next }
    return step.parameter
  }
}
