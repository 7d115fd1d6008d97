import ApusNN
import ApusTensor

/// Steepest descent whose rate is searched for at every step.
public final class LineSearch: Optimizer {
  /// How a rate is found.
  public enum Method: Sendable {
    /// From `first` down by the factor `shrink` until the loss falls by `slope` times what the gradient promises
    /// (Armijo 1966).
    case backtracking(first: Double = 1, shrink: Double = 0.5, slope: Double = 1e-4)
    /// The rate of the list that gives the least loss; none when all raise it.
    case grid([Double])
  }

  private let method: Method
  private var evaluations: TensorSlot!
  /// Rates below this times the first are no steps any more.
  private static let least = 1e-20

  public init(_ model: Module, _ method: Method = .backtracking()) {
    switch method {
    case .backtracking(let first, let shrink, let slope):
      guard first > 0, shrink > 0, shrink < 1, slope > 0, slope < 1 else {
        fatalError("LineSearch: first \(first), shrink \(shrink), slope \(slope), expected first > 0, others in 0…1")
      }
    case .grid(let rates):
      guard !rates.isEmpty, rates.allSatisfy({ $0 > 0 }) else {
        fatalError("LineSearch: a grid of \(rates), expected rates above 0")
      }
    }
    self.method = method
    super.init(model, learningRate: 0)
    evaluations = addScalar("evaluations", 0)
  }

  /// How often losses were computed.
  public var evaluationCount: Int { Int(evaluations.value.item()) }

  /// One step; ``learningRate`` is then the rate that was found, 0 where no rate lowers the loss.
  ///
  /// - Parameter evaluate: The loss and its gradients: `{ valueAndGrad(model) { … } }`.
  /// - Returns: The loss before the step.
  @discardableResult
  public func step(_ evaluate: () -> LossAndGradients) -> Double {
    let flat = FlatParameters(self)
    let start = flat.values
    let (value, gradients) = evaluate()
    let gradient = flat.flat(gradients)
    let square = gradient.cast(to: .float64).squared().sum()
    Tensor.evaluate([value, gradient, square])
    let (loss, slope) = (value.item(), square.item())
    var count = 1.0
    func tried(_ rate: Double) -> Double {
      flat.move(from: start, -rate, along: gradient)
      count += 1
      return evaluate().value.item()
    }
    let rate: Double
    switch method {
    case .backtracking(let first, let shrink, let share):
      var candidate = first
      // NaN counts as too high.
      while candidate > first * Self.least, !(tried(candidate) <= loss - share * candidate * slope) {
        candidate *= shrink
      }
      rate = candidate > first * Self.least ? candidate : 0
    case .grid(let rates):
      let best = rates.map { (rate: $0, loss: tried($0)) }.filter { $0.loss < loss }.min { $0.loss < $1.loss }
      rate = best?.rate ?? 0
    }
    if rate == 0 {
      flat.values = start
    } else {
      flat.move(from: start, -rate, along: gradient)
    }
    learningRate = rate
    evaluations.value = exactly(evaluations.value.item() + count)
    return loss
  }
}
