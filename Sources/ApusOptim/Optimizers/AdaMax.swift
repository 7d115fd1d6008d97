import ApusNN
import ApusTensor

/// `Adam` with the exponentially weighted infinity norm of the gradients (Kingma & Ba 2015, section 7.1):
/// u ← max(β₂u, |g| + ε), w ← w − η / (1 − β₁ᵗ)·m / u.
public final class AdaMax: Optimizer {
  private let beta2: Double
  private let epsilon: Double
  private var power: TensorSlot!
  private var moments: [TensorSlot] = []
  private var norms: [TensorSlot] = []

  /// - Parameter weightDecay: λ of the L2 penalty.
  public init(
    _ model: Module, learningRate: Double = 2e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    (self.beta2, self.epsilon) = (beta2, epsilon)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    addMomentum("beta1", beta1)
    power = addScalar("beta1_power", 1)
    moments = addMoments("first_moment")
    norms = addMoments("infinity_norm")
  }

  public override func beginStep() { power.value = power.value * momentumTensor }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let gradient = penalized(gradient, parameter, number: number)
    let moment = averaged(moments[number].value, gradient, momentumTensor)
    let norm = maximum(norms[number].value * beta2, gradient.abs() + epsilon)
    moments[number].value = moment
    norms[number].value = norm
    let rate = rate(of: number) / (1 - power.value)
    return parameter - moment / norm * rate.cast(to: parameter.dtype)
  }
}
