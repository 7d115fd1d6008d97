import ApusNN
import ApusTensor

/// Momentum made orthogonal by Newton and Schulz' iteration (Jordan et al. 2024, "Muon"): u ← μ·u + (1 − μ)·g,
/// w ← (1 − ηλ)·w − η·s·O, where O has nearly the singular vectors of u and singular values near 1, and s goes by the
/// shape of w.
///
/// Matrices `[outputs, inputs]` are made orthogonal, and kernels `[…, outputs]` as matrices of a row for each output.
/// Biases, scales and other vectors have no singular vectors: they are updated as by ``AdamW``, at the same rate. So
/// should be tables and the last layer, which `isMatrix` leaves out. A ``ParameterGroup`` gives them rates of their own.
public final class Muon: Optimizer {
  /// What the rate of a matrix is taken times.
  public enum Scale: Hashable, Sendable {
    /// max(1, outputs / inputs)^½, the author's.
    case original
    /// 0.2 · max(outputs, inputs)^½, which gives steps of the size of ``AdamW``'s (Liu et al. 2025, equation 4), so that
    /// its rates serve.
    case matchingAdamW

    fileprivate func factor(_ outputs: Int, _ inputs: Int) -> Double {
      switch self {
      case .original: max(1, Double(outputs) / Double(max(1, inputs))).squareRoot()
      case .matchingAdamW: 0.2 * Double(max(outputs, inputs)).squareRoot()
      }
    }
  }

  private let isNesterov: Bool
  private let iterations: Int
  private let epsilon: Double
  private let scale: Scale
  private let betas: (Double, Double)
  /// Which parameters are made orthogonal.
  private let isOrthogonal: [Bool]
  private var velocities: [TensorSlot] = []
  /// Of the parameters that are not, by their number.
  private var secondMoments: [Int: TensorSlot] = [:]
  private var power1: TensorSlot!
  private var power2: TensorSlot!

  /// - Parameters:
  ///   - weightDecay: λ of the decoupled decay.
  ///   - nesterov: Whether it is g + μ·(u − g) that is made orthogonal, not u.
  ///   - iterations: Of Newton and Schulz.
  ///   - epsilon: The smallest norm that is divided by.
  ///   - beta1: Of the parameters that are updated as by ``AdamW``, as is `beta2`.
  ///   - isMatrix: Which parameters of two axes or more are made orthogonal: all unless given.
  public init(
    _ model: Module, learningRate: Double = 1e-3, momentum: Double = 0.95, weightDecay: Double = 0.1,
    nesterov: Bool = true, iterations: Int = 5, epsilon: Double = 1e-7, scale: Scale = .original, beta1: Double = 0.9,
    beta2: Double = 0.95, groups: [ParameterGroup] = [], maximize: Bool = false,
    isMatrix: (Module.Entry) -> Bool = { _ in true }
  ) {
    (isNesterov, self.iterations, self.epsilon) = (nesterov, iterations, epsilon)
    (self.scale, betas) = (scale, (beta1, beta2))
    isOrthogonal = model.parameters.map { $0.slot.tensor!.rank >= 2 && isMatrix($0) }
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    addMomentum("momentum_coefficient", momentum)
    velocities = addMoments("momentum")
    power1 = addScalar("beta1_power", 1)
    power2 = addScalar("beta2_power", 1)
    for (number, parameter) in parameters.enumerated() where !isOrthogonal[number] {
      let zeros = Tensor.zeros(like: velocities[number].value)
      secondMoments[number] = addTensor("second_moment.\(parameter.path)", zeros)
    }
  }

  public override func beginStep() {
    power1.value = power1.value * betas.0
    power2.value = power2.value * betas.1
  }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let kept = decayed(parameter, number: number)
    let rate = rate(of: number).cast(to: parameter.dtype)
    guard isOrthogonal[number] else { return kept - adaptiveStep(gradient, number) * rate }
    let velocity = averaged(velocities[number].value, gradient, momentumTensor)
    velocities[number].value = velocity
    let direction = isNesterov ? averaged(velocity, gradient, momentumTensor) : velocity
    // The last axis of a kernel counts outputs.
    let rows = direction.rank == 2 ? direction : direction.movingAxis(-1, to: 0).flattened(from: 1)
    let step = orthogonalized(rows) * scale.factor(rows.shape[0], rows.shape[1])
    guard direction.rank > 2 else { return kept - step * rate }
    let outputsFirst = [direction.shape[direction.rank - 1]] + direction.shape.dropLast()
    return kept - step.reshaped(to: Shape(outputsFirst)).movingAxis(0, to: -1) * rate
  }

  /// m̂ / (√v̂ + ε), as in ``Adam``.
  private func adaptiveStep(_ gradient: Tensor, _ number: Int) -> Tensor {
    let first = averaged(velocities[number].value, gradient, betas.0)
    let second = averaged(secondMoments[number]!.value, gradient.squared(), betas.1)
    velocities[number].value = first
    secondMoments[number]!.value = second
    let dtype = gradient.dtype
    let root = (1 / (1 - power2.value).sqrt()).cast(to: dtype)
    return first * (1 / (1 - power1.value)).cast(to: dtype) / (second.sqrt() * root + 1e-8)
  }

  /// The matrix with its singular values brought near 1: X ← aX + (bA + cA²)X with A = XXᵀ, from X = matrix / ‖matrix‖.
  /// The author's coefficients rise as fast as can be from 0, and end anywhere in 0.7…1.2.
  private func orthogonalized(_ matrix: Tensor) -> Tensor {
    let isTall = matrix.shape[0] > matrix.shape[1]
    var x = isTall ? matrix.transposed() : matrix
    x = x / maximum(x.norm(), epsilon)
    for _ in 0..<iterations {
      let gram = x.matmul(x.transposed())
      let update = gram * -4.7750 + gram.matmul(gram) * 2.0315
      x = x * 3.4445 + update.matmul(x)
    }
    return isTall ? x.transposed() : x
  }
}
