import ApusNN
import ApusTensor

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal 1980; Nocedal & Wright 2006, algorithm
/// 7.4), stopping as PyTorch's `LBFGS` does. For losses over the whole of the data.
public final class LBFGS: Optimizer {
  /// How far a step goes along its direction.
  public enum Search: Sendable {
    /// The learning rate; at the very first step divided by the gradient's L1 norm where that is above 1.
    case fixed
    /// Until the strong Wolfe conditions hold (Nocedal & Wright 2006, algorithms 3.5 and 3.6) with c₁ = 10⁻⁴, c₂ = 0.9.
    case strongWolfe
  }

  private let maxIterations: Int
  private let maxEvaluations: Int
  private let gradientTolerance: Double
  private let changeTolerance: Double
  private let search: Search
  private var iterations: TensorSlot!
  private var evaluations: TensorSlot!
  private var length: TensorSlot!
  private var scale: TensorSlot!
  private var historyCount: TensorSlot!
  private var direction: TensorSlot!
  private var lastGradient: TensorSlot!
  /// Differences of gradients and of parameters, the oldest first.
  private var gradientChanges: [TensorSlot] = []
  private var parameterChanges: [TensorSlot] = []

  /// - Parameters:
  ///   - maxIterations: In one step.
  ///   - maxEvaluations: Of the loss in one step; ⌊1.25 · iterations⌋ unless given.
  ///   - gradientTolerance: A step ends where no element of the gradient is larger.
  ///   - changeTolerance: A step ends where parameters or the loss change less.
  ///   - historySize: How many changes are remembered.
  public init(
    _ model: Module, learningRate: Double = 1, maxIterations: Int = 20, maxEvaluations: Int? = nil,
    gradientTolerance: Double = 1e-7, changeTolerance: Double = 1e-9, historySize: Int = 100, search: Search = .fixed,
    maximize: Bool = false
  ) {
    guard maxIterations > 0, historySize > 0 else {
      fatalError("LBFGS: \(maxIterations) iterations, a history of \(historySize), expected at least 1")
    }
    self.maxIterations = maxIterations
    self.maxEvaluations = maxEvaluations ?? maxIterations * 5 / 4
    (self.gradientTolerance, self.changeTolerance) = (gradientTolerance, changeTolerance)
    self.search = search
    super.init(model, learningRate: learningRate, maximize: maximize)
    let flat = FlatParameters(self)
    let zeros = Tensor.zeros([flat.count], dtype: flat.dtype)
    iterations = addScalar("iterations", 0)
    evaluations = addScalar("evaluations", 0)
    length = addScalar("length", 0)
    scale = addScalar("scale", 1)
    historyCount = addScalar("history_count", 0)
    direction = addTensor("direction", zeros)
    lastGradient = addTensor("last_gradient", zeros)
    gradientChanges = (0..<historySize).map { addTensor("gradient_change.\($0)", zeros) }
    parameterChanges = (0..<historySize).map { addTensor("parameter_change.\($0)", zeros) }
  }

  /// How often the loss was computed.
  public var evaluationCount: Int { Int(evaluations.value.item()) }

  /// Up to so many iterations.
  ///
  /// - Parameter evaluate: The loss and its gradients: `{ valueAndGrad(model) { … } }`.
  /// - Returns: The loss before the first.
  @discardableResult
  public func step(_ evaluate: () -> LossAndGradients) -> Double {
    withoutActuallyEscaping(evaluate) { iterate($0) }
  }

  private func iterate(_ evaluate: @escaping () -> LossAndGradients) -> Double {
    let flat = FlatParameters(self)
    let sign: Double = maximizes ? -1 : 1
    func point() -> LinePoint {
      let (value, gradients) = evaluate()
      let gradient = flat.flat(gradients) * sign
      Tensor.evaluate([value, gradient])
      return LinePoint(loss: value.item() * sign, gradient: gradient)
    }
    let rate = learningRate
    var now = point()
    let first = now.loss * sign
    var count = 1
    if now.gradient.largest > gradientTolerance {
      for iteration in 1...maxIterations {
        iterations.value = exactly(iterations.value.item() + 1)
        let isFirst = iterations.value.item() == 1
        findDirection(now.gradient, isFirst: isFirst)
        lastGradient.value = now.gradient
        let along = direction.value
        var distance = isFirst ? min(1, 1 / now.gradient.abs().sum().item()) * rate : rate
        let slope = now.gradient.dot(along).item()
        length.value = exactly(distance)
        if slope > -changeTolerance { break }
        let before = now.loss
        let start = flat.values
        switch search {
        case .strongWolfe:
          var line = WolfeSearch(
            start: now, slope: slope, direction: along, tolerance: changeTolerance,
            maxEvaluations: maxEvaluations - count
          ) { distance in
            flat.move(from: start, distance, along: along)
            return point()
          }
          (now, distance) = line.run(from: distance)
          count += line.evaluationCount
          flat.move(from: start, distance, along: along)
        case .fixed:
          flat.move(from: start, distance, along: along)
          // After the last iteration nobody asks for the gradient.
          if iteration < maxIterations {
            now = point()
            count += 1
          }
        }
        length.value = exactly(distance)
        let isDone =
          count >= maxEvaluations || now.gradient.largest <= gradientTolerance
          || (along * distance).largest <= changeTolerance || abs(now.loss - before) < changeTolerance
        if isDone { break }
      }
    }
    evaluations.value = exactly(evaluations.value.item() + Double(count))
    return first
  }

  /// −H·g, with H remembered by its changes (the two-loop recursion).
  private func findDirection(_ gradient: Tensor, isFirst: Bool) {
    if isFirst {
      direction.value = (-gradient).evaluated()
      return
    }
    remember(gradient)
    let known = 0..<Int(historyCount.value.item())
    let inverses = known.map { 1 / gradientChanges[$0].value.dot(parameterChanges[$0].value) }
    var (q, shares) = (-gradient, [Int: Tensor]())
    for place in known.reversed() {
      let share = parameterChanges[place].value.dot(q) * inverses[place]
      shares[place] = share
      q = q - gradientChanges[place].value * share
    }
    q = q * scale.value.cast(to: q.dtype)
    for place in known {
      let share = gradientChanges[place].value.dot(q) * inverses[place]
      q = q + parameterChanges[place].value * (shares[place]! - share)
    }
    direction.value = q.evaluated()
  }

  /// Adds the last step to the history, unless the curvature along it is not positive.
  private func remember(_ gradient: Tensor) {
    let change = (gradient - lastGradient.value).evaluated()
    let moved = (direction.value * length.value.cast(to: gradient.dtype)).evaluated()
    let curvature = change.dot(moved).item()
    guard curvature > 1e-10 else { return }
    var count = Int(historyCount.value.item())
    if count == gradientChanges.count {
      for slots in [gradientChanges, parameterChanges] {
        for place in 1..<max(1, count) { slots[place - 1].value = slots[place].value }
      }
      count -= 1
    }
    gradientChanges[count].value = change
    parameterChanges[count].value = moved
    historyCount.value = exactly(Double(count + 1))
    scale.value = exactly(curvature / change.dot(change).item())
  }
}

extension Tensor {
  /// The largest magnitude of the elements.
  fileprivate var largest: Double { abs().max().item() }
}
