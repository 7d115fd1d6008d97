import ApusNN
import ApusTensor

/// Resilient propagation (Riedmiller & Braun 1993): each element has a step of its own, longer while its gradient keeps
/// its sign, shorter when that turns, where the element waits. For gradients over the whole of the data.
public final class Rprop: Optimizer {
  private let factors: (shorter: Double, longer: Double)
  private let limits: ClosedRange<Double>
  private var lastGradients: [TensorSlot] = []
  private var steps: [TensorSlot] = []

  /// - Parameters:
  ///   - learningRate: The first step of all elements.
  ///   - shorter: What a step is taken times where the sign turned.
  ///   - longer: What it is taken times where the sign stayed.
  ///   - limits: Of the steps.
  public init(
    _ model: Module, learningRate: Double = 1e-2, shorter: Double = 0.5, longer: Double = 1.2,
    limits: ClosedRange<Double> = 1e-6...50, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    guard shorter > 0, shorter < 1, longer > 1 else {
      fatalError("Rprop: shorter \(shorter), longer \(longer), expected 0 < shorter < 1 < longer")
    }
    factors = (shorter, longer)
    self.limits = limits
    super.init(model, learningRate: learningRate, groups: groups, maximize: maximize)
    lastGradients = addMoments("last_gradient")
    steps = addMoments("step_size", learningRate)
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let agreement = gradient * lastGradients[number].value
    let one = Tensor(1, dtype: parameter.dtype)
    let (isSame, isTurned) = (agreement .> 0, agreement .< 0)
    let factor = select(isSame, one * factors.longer, select(isTurned, one * factors.shorter, one))
    let step = (steps[number].value * factor).clamped(limits.lowerBound, limits.upperBound)
    let direction = select(isTurned, Tensor(0, dtype: parameter.dtype), gradient)
    steps[number].value = step
    lastGradients[number].value = direction
    return parameter - direction.sign() * step
  }
}
