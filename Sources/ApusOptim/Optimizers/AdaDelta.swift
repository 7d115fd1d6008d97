import ApusNN
import ApusTensor

/// Steps in the parameters' own unit, without a rate to choose (Zeiler 2012): v ← ρv + (1 − ρ)g²,
/// δ = √(u + ε) / √(v + ε)·g, u ← ρu + (1 − ρ)δ², w ← w − η·δ with η = 1.
public final class AdaDelta: Optimizer {
  private let rho: Double
  private let epsilon: Double
  private var squares: [TensorSlot] = []
  private var steps: [TensorSlot] = []

  /// - Parameter weightDecay: λ of the L2 penalty.
  public init(
    _ model: Module, learningRate: Double = 1, rho: Double = 0.9, epsilon: Double = 1e-6, weightDecay: Double = 0,
    groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    (self.rho, self.epsilon) = (rho, epsilon)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    squares = addMoments("square_average")
    steps = addMoments("step_average")
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let gradient = penalized(gradient, parameter, number: number)
    let square = averaged(squares[number].value, gradient.squared(), rho)
    squares[number].value = square
    // The steps before this one: its own length is not known yet.
    let step = (steps[number].value + epsilon).sqrt() / (square + epsilon).sqrt() * gradient
    steps[number].value = averaged(steps[number].value, step.squared(), rho)
    return parameter - step * rate(of: number).cast(to: parameter.dtype)
  }
}
