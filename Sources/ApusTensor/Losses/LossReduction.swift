import ApusCore

/// How the losses of the examples become one number.
public enum LossReduction: Hashable, Sendable {
  /// One loss for each example.
  case none
  case sum
  /// The mean over the examples; with weights of classes, the weighted mean.
  case mean
  /// The sum divided by the size of the first axis, the batch: what makes a Kullback–Leibler divergence that of whole
  /// distributions.
  case batchMean

  /// The losses `[batch, …]` reduced: they themselves, or a scalar.
  public func callAsFunction(_ losses: Tensor) -> Tensor {
    switch self {
    case .none: losses
    case .sum: losses.sum()
    case .mean: losses.mean()
    case .batchMean: losses.sum() / Double(losses.shape.first ?? 1)
    }
  }

  /// The weighted losses reduced; the mean is that by the weights.
  func callAsFunction(_ losses: Tensor, weights: Tensor?) -> Tensor {
    guard let weights else { return self(losses) }
    return self == .mean ? (losses * weights).sum() / weights.sum() : self(losses * weights)
  }
}

extension Tensor {
  /// The tensor, its gradient 1 at 0, with 0 in place of what is negative: PyTorch's `clamp_min(0)`.
  var positivePart: Tensor { select(self .< 0, 0, self) }
}

/// Whether all tensors have the first one's shape; a mistake that names the operation and the parts if not.
func haveSameShape(_ name: String, _ parts: (String, Tensor?)...) -> Bool {
  let given = parts.compactMap { part in part.1.map { (part.0, $0) } }
  let (first, shape) = (given[0].0, given[0].1.shape)
  for (other, tensor) in given.dropFirst() where tensor.shape != shape {
    Mistakes.require(false, "\(name): \(other) \(tensor.shape) for \(first) \(shape), expected the same shape")
    return false
  }
  return true
}

/// Whether a number is in its range; a mistake that names it if not.
func isInRange(_ name: String, _ part: String, _ value: Double, from lower: Double, above: Bool = false) -> Bool {
  let isGood = above ? value > lower : value >= lower
  Mistakes.require(isGood, "\(name): \(part) \(value), expected a number \(above ? "above" : "no less than") \(lower)")
  return isGood
}
