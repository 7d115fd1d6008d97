import ApusNN
import ApusTensor

/// Step sizes from all gradients so far (Duchi, Hazan & Singer 2011): s ← s + g², w ← w − η·g / (√s + ε). Parameters with
/// rare gradients take long steps.
public final class AdaGrad: Optimizer {
  private let rateDecay: Double
  private let divisor: RootDivisor
  private var step: TensorSlot!
  private var sums: [TensorSlot] = []

  /// - Parameters:
  ///   - rateDecay: k: step t is taken with η / (1 + k·(t − 1)).
  ///   - initialAccumulator: s before the first step.
  ///   - epsInsideSqrt: Divides by √(s + ε) instead.
  public init(
    _ model: Module, learningRate: Double = 1e-2, rateDecay: Double = 0, weightDecay: Double = 0,
    initialAccumulator: Double = 0, epsilon: Double = 1e-10, epsInsideSqrt: Bool = false,
    groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    self.rateDecay = rateDecay
    divisor = RootDivisor(epsilon: epsilon, isInside: epsInsideSqrt)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    step = addScalar("step", 0)
    sums = addMoments("sum", initialAccumulator)
  }

  public override func beginStep() { step.value = step.value + 1 }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let gradient = penalized(gradient, parameter, number: number)
    let sum = sums[number].value + gradient.squared()
    sums[number].value = sum
    let rate = rate(of: number) / (1 + (step.value - 1) * rateDecay)
    return parameter - gradient / divisor(sum) * rate.cast(to: parameter.dtype)
  }
}

/// The root of a second moment, kept away from zero: √v + ε, or √(v + ε).
struct RootDivisor {
  let epsilon: Double
  let isInside: Bool

  func callAsFunction(_ moment: Tensor) -> Tensor {
    isInside ? (moment + epsilon).sqrt() : moment.sqrt() + epsilon
  }
}
