import ApusCore

/// The numbers of `sgdStep`: scalars, so that a compiled step sees them change.
public struct SGDCoefficients {
  /// What the gradient is taken times.
  public var gradientScale: Tensor = Tensor(1)
  /// λ of the L2 penalty: λ·w is added to the gradient.
  public var penalty: Tensor = Tensor(0)
  /// What is kept of the parameter: 1 less the decoupled decay.
  public var kept: Tensor = Tensor(1)
  public var stepSize: Tensor
  public var momentum: Tensor = Tensor(0)
  /// The gradient's share in the velocity: 1 less the dampening.
  public var gradientShare: Tensor = Tensor(1)

  public init(stepSize: Tensor) { self.stepSize = stepSize }

  /// The numbers as `sgdStep` takes them, for parameters of a type.
  public func packed(for dtype: DType) -> Tensor {
    let all = SGDStep.Coefficient.allCases.map { which in
      switch which {
      case .gradientScale: gradientScale
      case .penalty: penalty
      case .kept: kept
      case .stepSize: stepSize
      case .momentum: momentum
      case .gradientShare: gradientShare
      }
    }
    return packedCoefficients(all, dtype)
  }
}

/// One step of gradient descent with momentum (Polyak 1964; Nesterov's form, Sutskever et al. 2013), in PyTorch's
/// convention: u ← momentum · u + share · g, then along u, or with `nesterov` along g + momentum · u; without a velocity
/// along g.
///
/// - Parameters:
///   - gradient: Of the parameter's type, as the velocity.
///   - coefficients: `SGDCoefficients.packed`.
/// - Returns: The next parameter, and the next velocity if there was one.
public func sgdStep(
  _ parameter: Tensor, gradient: Tensor, velocity: Tensor? = nil, coefficients: Tensor, nesterov: Bool = false
) -> (parameter: Tensor, velocity: Tensor?) {
  let operands = [parameter, gradient] + (velocity.map { [$0] } ?? []) + [coefficients]
  let block = AnyBlock(SGDStep(isNesterov: nesterov && velocity != nil))
  let all = results(.block(block), operands.map(\.node), count: operands.count - 2)
  return (all[0], all.count > 1 ? all[1] : nil)
}

/// The numbers of `adamStep`: scalars, so that a compiled step sees them change.
public struct AdamCoefficients {
  /// What the gradient is taken times.
  public var gradientScale: Tensor = Tensor(1)
  /// λ of the L2 penalty: λ·w is added to the gradient.
  public var penalty: Tensor = Tensor(0)
  /// What is kept of the parameter: 1 less the decoupled decay.
  public var kept: Tensor = Tensor(1)
  /// The learning rate over 1 − β₁ᵗ.
  public var stepSize: Tensor
  /// One over √(1 − β₂ᵗ).
  public var rootScale: Tensor
  public var epsilon: Tensor
  public var beta1: Tensor
  public var beta2: Tensor

  public init(stepSize: Tensor, rootScale: Tensor, epsilon: Tensor, beta1: Tensor, beta2: Tensor) {
    (self.stepSize, self.rootScale, self.epsilon) = (stepSize, rootScale, epsilon)
    (self.beta1, self.beta2) = (beta1, beta2)
  }

  /// The numbers as `adamStep` takes them, for parameters of a type.
  public func packed(for dtype: DType) -> Tensor {
    let all = AdamStep.Coefficient.allCases.map { which in
      switch which {
      case .gradientScale: gradientScale
      case .penalty: penalty
      case .kept: kept
      case .stepSize: stepSize
      case .rootScale: rootScale
      case .epsilon: epsilon
      case .beta1: beta1
      case .gradientShare: 1 - beta1
      case .beta2: beta2
      case .squareShare: 1 - beta2
      }
    }
    return packedCoefficients(all, dtype)
  }
}

/// One step of adaptive moment estimation (Kingma & Ba 2015, algorithm 1): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
/// w ← kept · w − step · m / (rootScale · √v + ε).
///
/// - Parameters:
///   - gradient: Of the parameter's type, as the moments.
///   - moments: m and v, and possibly the largest v so far, which then is the divisor's (Reddi et al. 2018).
///   - coefficients: `AdamCoefficients.packed`.
/// - Returns: The next parameter and the next moments.
public func adamStep(
  _ parameter: Tensor, gradient: Tensor, moments: [Tensor], coefficients: Tensor
) -> (parameter: Tensor, moments: [Tensor]) {
  let operands = [parameter, gradient] + moments + [coefficients]
  let all = results(.block(AnyBlock(AdamStep())), operands.map(\.node), count: 1 + moments.count)
  return (all[0], Array(all.dropFirst()))
}

private func packedCoefficients(_ all: [Tensor], _ dtype: DType) -> Tensor {
  stack(all.map { $0.cast(to: .float64) }).cast(to: dtype.computeType ?? dtype)
}
