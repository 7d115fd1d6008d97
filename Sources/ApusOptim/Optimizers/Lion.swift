import ApusNN
import ApusTensor

/// Steps of one length for all parameters, along signs (Chen et al. 2023, algorithm 2): c = β₁m + (1 − β₁)g,
/// w ← (1 − ηλ)·w − η·sign(c), m ← β₂m + (1 − β₂)g.
public final class Lion: Optimizer {
  private let beta2: Double
  private var moments: [TensorSlot] = []

  /// - Parameter weightDecay: λ of the decoupled decay.
  public init(
    _ model: Module, learningRate: Double = 1e-4, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0,
    groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    self.beta2 = beta2
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    addMomentum("beta1", beta1)
    moments = addMoments("first_moment")
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let direction = averaged(moments[number].value, gradient, momentumTensor).sign()
    moments[number].value = averaged(moments[number].value, gradient, beta2)
    return decayed(parameter, number: number) - direction * rate(of: number).cast(to: parameter.dtype)
  }
}
