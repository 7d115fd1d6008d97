import ApusNN
import ApusTensor

/// Second moments of matrices kept as one vector of rows and one of columns (Shazeer & Stern 2018, algorithm 4), with the
/// defaults of PyTorch: steps relative to the parameter's size, clipped, without a first moment.
public final class Adafactor: Optimizer {
  private let decayExponent: Double
  private let epsilon: Double?
  private let leastScale: Double
  private let clipping: Double
  private var step: TensorSlot!
  /// For a matrix (over its last two axes) the means of rows and of columns, otherwise all.
  private var variances: [[TensorSlot]] = []

  /// - Parameters:
  ///   - learningRate: The longest relative step: step t takes min(η, 1 / √t).
  ///   - decayExponent: −c: step t has the share t^−c of the moments.
  ///   - epsilon: ε₁, the square root of the least second moment; the resolution of the parameter's type unless given.
  ///   - leastScale: ε₂, the least size of a parameter that steps are relative to.
  ///   - clipping: d: a step's root mean square is at most d times the rate.
  ///   - weightDecay: λ of the decoupled decay.
  public init(
    _ model: Module, learningRate: Double = 1e-2, decayExponent: Double = -0.8, epsilon: Double? = nil,
    leastScale: Double = 1e-3, clipping: Double = 1, weightDecay: Double = 0, groups: [ParameterGroup] = [],
    maximize: Bool = false
  ) {
    (self.decayExponent, self.epsilon) = (decayExponent, epsilon)
    (self.leastScale, self.clipping) = (leastScale, clipping)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, groups: groups, maximize: maximize)
    step = addScalar("step", 0)
    variances = parameters.map { parameter in
      let tensor = parameter.slot.tensor!
      func add(_ name: String, _ shape: Shape) -> TensorSlot {
        addTensor("\(name).\(parameter.path)", .zeros(shape, dtype: tensor.dtype.ofMoments))
      }
      guard tensor.rank > 1 else { return [add("variance", tensor.shape)] }
      return [
        add("row_variance", tensor.shape.replacingExtent(ofAxis: tensor.rank - 1)),
        add("column_variance", tensor.shape.replacingExtent(ofAxis: tensor.rank - 2)),
      ]
    }
  }

  public override func beginStep() { step.value = step.value + 1 }

  public override func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    let dtype = parameter.dtype
    // PyTorch's: the resolution at 1.
    let epsilon = epsilon ?? (dtype == .float64 ? 0x1p-52 : 0x1p-23)
    let estimate = variance(gradient, number, epsilon)
    let update = gradient / maximum(estimate, epsilon * epsilon).sqrt()
    let clip = maximum(rootMeanSquare(update) / clipping, 1)
    let relative = minimum(rate(of: number), 1 / step.value.sqrt()).cast(to: dtype)
    let length = maximum(rootMeanSquare(parameter), leastScale) * relative / clip
    return decayed(parameter, number: number) - update * length
  }

  private func rootMeanSquare(_ x: Tensor) -> Tensor { x.squared().mean().sqrt() }

  /// The second moments of all elements.
  private func variance(_ gradient: Tensor, _ number: Int, _ epsilon: Double) -> Tensor {
    let share = (step.value.log() * decayExponent).exp().cast(to: gradient.dtype)
    let square = gradient.squared()
    func moved(_ slot: TensorSlot, to mean: Tensor) -> Tensor {
      slot.value = slot.value.lerp(to: mean, share)
      return slot.value
    }
    let slots = variances[number]
    guard slots.count == 2 else { return moved(slots[0], to: square) }
    let rows = moved(slots[0], to: square.mean(axis: -1, keepDims: true))
    let columns = moved(slots[1], to: square.mean(axis: -2, keepDims: true))
    return rows * columns / maximum(rows.mean(axis: -2, keepDims: true), epsilon)
  }
}

extension Shape {
  /// The shape with one element along an axis.
  fileprivate func replacingExtent(ofAxis axis: Int) -> Shape {
    var extents = Array(self)
    extents[axis] = 1
    return Shape(extents)
  }
}
