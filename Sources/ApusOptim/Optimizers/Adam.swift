import ApusNN
import ApusTensor

/// Adaptive moment estimation (Kingma & Ba 2015, algorithm 1): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
/// w ← w − η·m̂ / (√v̂ + ε), with m̂ and v̂ corrected for their start at zero.
public class Adam: Optimizer {
  private let beta2: Double
  private let epsilon: Double
  private let isDecoupled: Bool
  private var firstMoments: [TensorSlot] = []
  private var secondMoments: [TensorSlot] = []
  private var largestMoments: [TensorSlot] = []
  // Powers of β in double precision: 1 − β₂ᵗ loses half its digits in single precision at the first steps.
  private var power1: TensorSlot!
  private var power2: TensorSlot!

  /// - Parameters:
  ///   - weightDecay: λ of the L2 penalty: λ·w is added to the gradient.
  ///   - amsgrad: Divides by the largest v̂ so far (Reddi et al. 2018).
  public convenience init(
    _ model: Module, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    self.init(
      model, learningRate, (beta1, beta2), epsilon, weightDecay, amsgrad, groups, maximize, isDecoupled: false)
  }

  init(
    _ model: Module, _ learningRate: Double, _ betas: (Double, Double), _ epsilon: Double, _ weightDecay: Double,
    _ amsgrad: Bool, _ groups: [ParameterGroup], _ maximize: Bool, isDecoupled: Bool
  ) {
    (beta2, self.epsilon, self.isDecoupled) = (betas.1, epsilon, isDecoupled)
    super.init(
      model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    addMomentum("beta1", betas.0)
    power1 = addScalar("beta1_power", 1)
    power2 = addScalar("beta2_power", 1)
    firstMoments = addMoments("first_moment")
    secondMoments = addMoments("second_moment")
    if amsgrad { largestMoments = addMoments("largest_second_moment") }
  }

  public override var scalesGradients: Bool { true }

  public override func beginStep() {
    power1.value = power1.value * momentumTensor
    power2.value = power2.value * beta2
  }

  private func coefficients(_ number: Int) -> AdamCoefficients {
    let rate = rate(of: number)
    var result = AdamCoefficients(
      stepSize: rate / (1 - power1.value), rootScale: 1 / (1 - power2.value).sqrt(), epsilon: exactly(epsilon),
      beta1: momentumTensor, beta2: exactly(beta2))
    if let gradientScale { result.gradientScale = gradientScale }
    let decay = weightDecay(of: number)
    if isDecoupled {
      result.kept = 1 - rate * decay
    } else {
      result.penalty = exactly(decay)
    }
    return result
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let slots = [firstMoments, secondMoments, largestMoments].filter { !$0.isEmpty }.map { $0[number] }
    let packed = numbers(of: number, parameter.dtype) { coefficients(number).packed(for: parameter.dtype) }
    let step = adamStep(parameter, gradient: gradient, moments: slots.map(\.value), coefficients: packed)
    for (slot, moment) in zip(slots, step.moments) { slot.value = moment }
    return step.parameter
  }
}

/// `Adam` with decoupled weight decay (Loshchilov & Hutter 2019): w ← (1 − ηλ)·w before the step.
public final class AdamW: Adam {
  /// - Parameters:
  ///   - weightDecay: λ.
  ///   - amsgrad: Divides by the largest v̂ so far (Reddi et al. 2018).
  public convenience init(
    _ model: Module, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 1e-2, amsgrad: Bool = false, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    self.init(
      model, learningRate, (beta1, beta2), epsilon, weightDecay, amsgrad, groups, maximize, isDecoupled: true)
  }
}
