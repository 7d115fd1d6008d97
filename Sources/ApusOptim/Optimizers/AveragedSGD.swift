import ApusNN
import ApusTensor

/// Stochastic gradient descent with falling rates, and the mean of where it has been (Polyak & Juditsky 1992; PyTorch's
/// `ASGD`): w ← (1 − λη)·w − η·g with η = η₀ / (1 + λη₀·(t − 1))^α.
public final class AveragedSGD: Optimizer {
  private let decay: Double
  private let power: Double
  private let averagingStart: Double
  private var step: TensorSlot!
  private var averages: [TensorSlot] = []

  /// - Parameters:
  ///   - decay: λ.
  ///   - power: α.
  ///   - averagingStart: The step after which places are averaged; before it the average is the place.
  ///   - weightDecay: Of an L2 penalty besides.
  public init(
    _ model: Module, learningRate: Double = 1e-2, decay: Double = 1e-4, power: Double = 0.75,
    averagingStart: Double = 1e6, weightDecay: Double = 0, groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    (self.decay, self.power, self.averagingStart) = (decay, power, averagingStart)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    step = addScalar("step", 0)
    averages = addMoments("average")
  }

  /// The means of the parameters, in their order.
  public var averagedParameters: [Tensor] { averages.map(\.value) }

  public override func beginStep() { step.value = step.value + 1 }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let first = rate(of: number)
    let rate = first / (first * (step.value - 1) * decay + 1).power(power)
    let gradient = penalized(gradient, parameter, number: number)
    let dtype = parameter.dtype
    let next = parameter * (1 - rate * decay).cast(to: dtype) - gradient * rate.cast(to: dtype)
    let share = 1 / maximum(step.value - (1 + averagingStart), 1)
    averages[number].value = averaged(averages[number].value, next, 1 - share)
    return next
  }
}
