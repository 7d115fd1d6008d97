import ApusNN
import ApusTensor

/// Step sizes from the recent gradients (Tieleman & Hinton 2012, lecture 6.5): v ← αv + (1 − α)g², w ← w − η·g / (√v + ε);
/// centred (Graves 2013), v less the square of the mean gradient.
public final class RMSProp: Optimizer {
  private let alpha: Double
  private let divisor: RootDivisor
  private var squares: [TensorSlot] = []
  private var means: [TensorSlot] = []
  private var velocities: [TensorSlot] = []

  /// - Parameters:
  ///   - weightDecay: λ of the L2 penalty.
  ///   - momentum: μ: u ← μ·u + g / (√v + ε), and the step is along u.
  ///   - centered: Whether to divide by the deviation instead of the root of the mean square.
  ///   - epsInsideSqrt: Divides by √(v + ε) instead.
  public init(
    _ model: Module, learningRate: Double = 1e-2, alpha: Double = 0.99, epsilon: Double = 1e-8,
    weightDecay: Double = 0, momentum: Double = 0, centered: Bool = false, epsInsideSqrt: Bool = false,
    groups: [ParameterGroup] = [], maximize: Bool = false
  ) {
    self.alpha = alpha
    divisor = RootDivisor(epsilon: epsilon, isInside: epsInsideSqrt)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    squares = addMoments("square_average")
    if centered { means = addMoments("gradient_average") }
    guard momentum != 0 else { return }
    velocities = addMoments("momentum")
    addMomentum("momentum_coefficient", momentum)
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let gradient = penalized(gradient, parameter, number: number)
    let square = averaged(squares[number].value, gradient.squared(), alpha)
    squares[number].value = square
    var variance = square
    if !means.isEmpty {
      let mean = averaged(means[number].value, gradient, alpha)
      means[number].value = mean
      variance = square - mean.squared()
    }
    var direction = gradient / divisor(variance)
    if !velocities.isEmpty {
      direction = velocities[number].value * momentumTensor.cast(to: parameter.dtype) + direction
      velocities[number].value = direction
    }
    return parameter - direction * rate(of: number).cast(to: parameter.dtype)
  }
}
