import ApusNN
import ApusTensor

/// `Adam`'s steps scaled for each parameter by its own size, for large batches (You et al. 2020, algorithm 2):
/// r = m̂ / (√v̂ + ε) + λw, w ← w − η·‖w‖ / ‖r‖·r. Where either norm is 0 the ratio is 1.
public final class LAMB: Optimizer {
  private let beta2: Double
  private let epsilon: Double
  private var power1: TensorSlot!
  private var power2: TensorSlot!
  private var firstMoments: [TensorSlot] = []
  private var secondMoments: [TensorSlot] = []

  /// - Parameter weightDecay: λ.
  public init(
    _ model: Module, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6,
    weightDecay: Double = 0, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    (self.beta2, self.epsilon) = (beta2, epsilon)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    addMomentum("beta1", beta1)
    power1 = addScalar("beta1_power", 1)
    power2 = addScalar("beta2_power", 1)
    firstMoments = addMoments("first_moment")
    secondMoments = addMoments("second_moment")
  }

  public override func beginStep() {
    power1.value = power1.value * momentumTensor
    power2.value = power2.value * beta2
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let dtype = parameter.dtype
    let first = averaged(firstMoments[number].value, gradient, momentumTensor)
    let second = averaged(secondMoments[number].value, gradient.squared(), beta2)
    firstMoments[number].value = first
    secondMoments[number].value = second
    let root = (1 / (1 - power2.value).sqrt()).cast(to: dtype)
    let adaptive = first * (1 / (1 - power1.value)).cast(to: dtype) / (second.sqrt() * root + epsilon)
    let step = adaptive + parameter * weightDecay(of: number)
    let (size, length) = (parameter.squared().sum().sqrt(), step.squared().sum().sqrt())
    let hasBoth = (size .> 0) & (length .> 0)
    let ratio = select(hasBoth, size / select(hasBoth, length, Tensor(1, dtype: dtype)), Tensor(1, dtype: dtype))
    return parameter - step * (ratio * rate(of: number).cast(to: dtype))
  }
}
