import ApusNN
import ApusTensor

/// `Adam` that takes steps of plain momentum until the second moment's variance is bounded, and scales them by how well
/// it is known afterwards (Liu et al. 2020).
public final class RAdam: Optimizer {
  private let beta2: Double
  private let epsilon: Double
  private let isDecoupled: Bool
  private var step: TensorSlot!
  private var power1: TensorSlot!
  private var power2: TensorSlot!
  private var firstMoments: [TensorSlot] = []
  private var secondMoments: [TensorSlot] = []
  /// What m̂ / (√v + ε) and m̂ are taken times in this step.
  private var shares: (adaptive: Tensor, plain: Tensor)?

  /// - Parameters:
  ///   - weightDecay: λ of the L2 penalty.
  ///   - decoupledWeightDecay: Whether the parameter decays by itself instead, w ← (1 − ηλ)·w.
  public init(
    _ model: Module, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, decoupledWeightDecay: Bool = false, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    (self.beta2, self.epsilon, isDecoupled) = (beta2, epsilon, decoupledWeightDecay)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    addMomentum("beta1", beta1)
    step = addScalar("step", 0)
    power1 = addScalar("beta1_power", 1)
    power2 = addScalar("beta2_power", 1)
    firstMoments = addMoments("first_moment")
    secondMoments = addMoments("second_moment")
  }

  public override func beginStep() {
    step.value = step.value + 1
    power1.value = power1.value * momentumTensor
    power2.value = power2.value * beta2
    // The length of the simple moving average that v amounts to, at the end and now.
    let longest = 2 / (1 - beta2) - 1
    let correction = 1 - power2.value
    let length = longest - step.value * power2.value / correction * 2
    let isKnown = length .> 5
    let known = select(isKnown, length, exactly(longest))
    let ratio = (known - 4) * (known - 2) / known * (longest / ((longest - 4) * (longest - 2)))
    shares = (
      select(isKnown, (ratio * correction).sqrt(), exactly(0)), select(isKnown, exactly(0), exactly(1))
    )
  }

  public override func endStep() { shares = nil }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let shares = shares!
    let start = isDecoupled ? decayed(parameter, number: number) : parameter
    let gradient = isDecoupled ? gradient : penalized(gradient, parameter, number: number)
    let first = averaged(firstMoments[number].value, gradient, momentumTensor)
    let second = averaged(secondMoments[number].value, gradient.squared(), beta2)
    firstMoments[number].value = first
    secondMoments[number].value = second
    let dtype = parameter.dtype
    let factor = shares.adaptive.cast(to: dtype) / (second.sqrt() + epsilon) + shares.plain.cast(to: dtype)
    let rate = rate(of: number) / (1 - power1.value)
    return start - first * factor * rate.cast(to: dtype)
  }
}
