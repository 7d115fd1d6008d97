import ApusNN
import ApusTensor

/// Adaptive moment estimation (Kingma & Ba 2015, algorithm 1): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
/// w ← w − η·m̂ / (√v̂ + ε), with m̂ and v̂ corrected for their start at zero.
public final class Adam: Optimizer {
  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double
  private let weightDecay: Double
  private var firstMoments: [TensorSlot] = []
  private var secondMoments: [TensorSlot] = []
  private var largestMoments: [TensorSlot] = []
  // Powers of β in double precision: 1 − β₂ᵗ loses half its digits in single precision at the first steps.
  private var power1: TensorSlot!
  private var power2: TensorSlot!
  private var coefficients: AdamCoefficients!
  private var packed: [DType: Tensor] = [:]

  /// - Parameters:
  ///   - weightDecay: λ of the L2 penalty: λ·w is added to the gradient.
  ///   - amsgrad: Divides by the largest v̂ so far (Reddi et al. 2018).
  public init(
    _ model: Module, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false
  ) {
    (self.beta1, self.beta2, self.epsilon, self.weightDecay) = (beta1, beta2, epsilon, weightDecay)
    super.init(model, learningRate: learningRate)
    power1 = addScalar("beta1_power", 1)
    power2 = addScalar("beta2_power", 1)
    firstMoments = addMoments("first_moment")
    secondMoments = addMoments("second_moment")
    if amsgrad { largestMoments = addMoments("largest_second_moment") }
  }

  public override func beginStep() {
    power1.value = power1.value * beta1
    power2.value = power2.value * beta2
    coefficients = AdamCoefficients(
      stepSize: rateTensor / (1 - power1.value), rootScale: 1 / (1 - power2.value).sqrt(), epsilon: exactly(epsilon),
      beta1: exactly(beta1), beta2: exactly(beta2))
    coefficients.penalty = exactly(weightDecay)
    packed = [:]
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let slots = [firstMoments, secondMoments, largestMoments].filter { !$0.isEmpty }.map { $0[number] }
    let numbers = packed[parameter.dtype] ?? coefficients.packed(for: parameter.dtype)
    packed[parameter.dtype] = numbers
    let step = adamStep(parameter, gradient: gradient, moments: slots.map(\.value), coefficients: numbers)
    for (slot, moment) in zip(slots, step.moments) { slot.value = moment }
    return step.parameter
  }
}
