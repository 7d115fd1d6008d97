import ApusCore

// Distances of vectors, and the losses made of them.

/// The cosine of the angle between vectors along an axis, which disappears.
///
/// - Parameter epsilon: The smallest norm that is divided by.
public func cosineSimilarity(_ a: Tensor, _ b: Tensor, axis: Int = -1, epsilon: Double = 1e-8) -> Tensor {
  let both = broadcastTogether([a, b])
  let (x, y) = Tensor.promoted(both[0], both[1])
  let squares = { (v: Tensor) in maximum(v.squaredNorm(axes: [axis], keepDims: true), epsilon * epsilon) }
  return (x * squares(x).rsqrt() * (y * squares(y).rsqrt())).sum(axis: axis)
}

extension Tensor {
  /// The vectors along an axis divided by their norms, or by ε where those are smaller.
  public func normalized(order: Double = 2, axis: Int = -1, epsilon: Double = 1e-12) -> Tensor {
    self / maximum(norm(order, axis: axis, keepDims: true), epsilon)
  }
}

/// ‖a − b + ε‖_p along the last axis, which disappears unless kept. ε keeps the gradient finite where a is b.
public func pairwiseDistance(
  _ a: Tensor, _ b: Tensor, order: Double = 2, epsilon: Double = 1e-6, keepDims: Bool = false
) -> Tensor {
  (a - b + epsilon).norm(order, axis: -1, keepDims: keepDims)
}

/// 1 − cos(a, b) where the target is 1, max(0, cos(a, b) − margin) where it is −1.
///
/// - Parameters:
///   - a: `[batch, features]`, or `[features]`; b the same.
///   - targets: 1 or −1, `[batch]`, or a scalar.
public func cosineEmbeddingLoss(
  _ a: Tensor, _ b: Tensor, _ targets: Tensor, margin: Double = 0, reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("cosineEmbeddingLoss", ("a", a), ("b", b)) else { return Mistakes.standIn }
  guard a.rank > 0, Shape(a.shape.dropLast()) == targets.shape else {
    return Mistakes.report(
      OpError("cosineEmbeddingLoss: targets \(targets.shape) for \(a.shape), expected \(Shape(a.shape.dropLast()))"))
  }
  let squares = (a.squaredNorm(axes: [-1]) + 1e-12) * (b.squaredNorm(axes: [-1]) + 1e-12)
  let cosine = (a * b).sum(axis: -1) / squares.sqrt()
  let apart = select(targets .== -1, (cosine - margin).positivePart, Tensor.zeros(like: cosine))
  return reduction(select(targets .== 1, 1 - cosine, apart))
}

/// max(0, d(anchor, positive) − d(anchor, negative) + margin) (Schroff et al. 2015): what is alike should be nearer than
/// what is not.
///
/// - Parameters:
///   - anchor: `[…, features]`; the others the same.
///   - order: Of the norm that d is, p.
///   - epsilon: Added to differences, so that the gradient stays finite.
///   - swaps: Whether d(positive, negative) counts in place of d(anchor, negative) where it is smaller (Balntas et al.
///     2016).
public func tripletMarginLoss(
  _ anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double = 1, order: Double = 2, epsilon: Double = 1e-6,
  swaps: Bool = false, reduction: LossReduction = .mean
) -> Tensor {
  tripletMarginLoss(anchor, positive: positive, negative: negative, margin: margin, swaps: swaps, reduction: reduction)
  {
    pairwiseDistance($0, $1, order: order, epsilon: epsilon)
  }
}

/// `tripletMarginLoss` by a distance of your own: `[…, features]` twice to `[…]`.
public func tripletMarginLoss(
  _ anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double = 1, swaps: Bool = false,
  reduction: LossReduction = .mean, distance: (Tensor, Tensor) -> Tensor
) -> Tensor {
  guard anchor.rank > 0,
    haveSameShape("tripletMarginLoss", ("anchor", anchor), ("positive", positive), ("negative", negative)),
    isInRange("tripletMarginLoss", "margin", margin, from: 0, above: true)
  else { return Mistakes.standIn }
  let near = distance(anchor, positive)
  let far = distance(anchor, negative)
  let counted = swaps ? minimum(far, distance(positive, negative)) : far
  return reduction((near - counted + margin).positivePart)
}

/// The Kullback–Leibler divergence of a model from targets, y (log y − log p), elementwise; 0 where y is 0.
///
/// The `batchMean` is the divergence of whole distributions `[batch, outcomes]`; the plain mean divides it by the number
/// of outcomes, too.
///
/// - Parameters:
///   - logProbabilities: log p, of any shape.
///   - targets: y of the same shape, or log y if `isLogTarget`.
public func klDivergence(
  _ logProbabilities: Tensor, _ targets: Tensor, isLogTarget: Bool = false, reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("klDivergence", ("log-probabilities", logProbabilities), ("targets", targets)) else {
    return Mistakes.standIn
  }
  if isLogTarget { return reduction(targets.exp() * (targets - logProbabilities)) }
  let isZero = targets .== 0
  let safe = select(isZero, 1, targets)
  return reduction(select(isZero, 0, safe * safe.log()) - targets * logProbabilities)
}
