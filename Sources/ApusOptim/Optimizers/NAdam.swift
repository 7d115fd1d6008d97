import ApusNN
import ApusTensor

/// `Adam` with Nesterov's momentum (Dozat 2016).
public final class NAdam: Optimizer {
  /// How the momentum goes with the steps.
  public enum Momentum: Sendable {
    /// μₜ = β₁·(1 − ½·0.96^(t·decay)), Dozat's schedule as PyTorch has it.
    case scheduled(decay: Double = 4e-3)
    /// β₁ throughout: w ← w − η·(β₁m̂ + (1 − β₁)·g / (1 − β₁ᵗ)) / (√v̂ + ε).
    case constant
  }

  private let beta2: Double
  private let epsilon: Double
  private let schedule: Momentum
  private let isDecoupled: Bool
  private var step: TensorSlot!
  /// The product of the momenta so far, and of β₂.
  private var product: TensorSlot!
  private var power2: TensorSlot!
  private var firstMoments: [TensorSlot] = []
  private var secondMoments: [TensorSlot] = []
  /// What the gradient and m are taken times in this step, and 1 / √(1 − β₂ᵗ).
  private var shares: (gradient: Tensor, moment: Tensor, root: Tensor)?

  /// - Parameters:
  ///   - weightDecay: λ of the L2 penalty.
  ///   - decoupledWeightDecay: Whether the parameter decays by itself instead, w ← (1 − ηλ)·w.
  public init(
    _ model: Module, learningRate: Double = 2e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, schedule: Momentum = .scheduled(), decoupledWeightDecay: Bool = false,
    groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    (self.beta2, self.epsilon) = (beta2, epsilon)
    (self.schedule, isDecoupled) = (schedule, decoupledWeightDecay)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    addMomentum("beta1", beta1)
    step = addScalar("step", 0)
    product = addScalar("momentum_product", 1)
    power2 = addScalar("beta2_power", 1)
    firstMoments = addMoments("first_moment")
    secondMoments = addMoments("second_moment")
  }

  public override func beginStep() {
    step.value = step.value + 1
    power2.value = power2.value * beta2
    let root = 1 / (1 - power2.value).sqrt()
    switch schedule {
    case .scheduled(let decay):
      func momentum(_ step: Tensor) -> Tensor {
        // 0.96^(t · decay) by its logarithm.
        let fading = (step * (decay * -0.040821994520255166)).exp()
        return momentumTensor * (1 - fading * 0.5)
      }
      let (now, next) = (momentum(step.value), momentum(step.value + 1))
      product.value = product.value * now
      shares = ((1 - now) / (1 - product.value), next / (1 - product.value * next), root)
    case .constant:
      product.value = product.value * momentumTensor
      let correction = 1 - product.value
      shares = ((1 - momentumTensor) / correction, momentumTensor / correction, root)
    }
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
    let (dtype, rate) = (parameter.dtype, rate(of: number))
    let along = gradient * (rate * shares.gradient).cast(to: dtype) + first * (rate * shares.moment).cast(to: dtype)
    return start - along / (second.sqrt() * shares.root.cast(to: dtype) + epsilon)
  }
}
