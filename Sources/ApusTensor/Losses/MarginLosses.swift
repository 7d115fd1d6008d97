import ApusCore

// Losses that are 0 once a score is right by a margin.

/// max(0, margin − y x) of scores x and targets y of ±1, of one shape: the loss of support vector machines.
///
/// - Parameter isSquared: Whether the loss is squared.
public func hingeLoss(
  _ scores: Tensor, _ targets: Tensor, margin: Double = 1, isSquared: Bool = false, reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("hingeLoss", ("scores", scores), ("targets", targets)) else { return Mistakes.standIn }
  let losses = (margin - targets.cast(to: scores.dtype) * scores).positivePart
  return reduction(isSquared ? losses.squared() : losses)
}

/// x where the target is 1, max(0, margin − x) where it is −1: for distances x of pairs that are alike or not.
public func hingeEmbeddingLoss(
  _ distances: Tensor, _ targets: Tensor, margin: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("hingeEmbeddingLoss", ("distances", distances), ("targets", targets)) else {
    return Mistakes.standIn
  }
  let apart = select(targets .!= 1, (margin - distances).positivePart, 0)
  return reduction(apart + select(targets .!= -1, distances, 0))
}

/// log(1 + e^(−y x)) of scores x and targets y of ±1, of one shape.
public func softMarginLoss(_ scores: Tensor, _ targets: Tensor, reduction: LossReduction = .mean) -> Tensor {
  guard haveSameShape("softMarginLoss", ("scores", scores), ("targets", targets)) else { return Mistakes.standIn }
  return reduction((-(targets.cast(to: scores.dtype) * scores)).softplus())
}

/// Σ_j w_y max(0, margin − x_y + x_j)^p / K over the wrong classes j (Crammer & Singer 2001; Weston & Watkins 1999).
///
/// - Parameters:
///   - scores: `[batch, classes]`
///   - labels: Class numbers, `[batch]`. One that is no class has loss NaN.
///   - power: p, 1 or 2.
///   - weights: One weight for each class, `[classes]`.
public func multiMarginLoss(
  _ scores: Tensor, _ labels: Tensor, power: Int = 1, margin: Double = 1, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  guard power == 1 || power == 2 else {
    return Mistakes.report(OpError("multiMarginLoss: power \(power), expected 1 or 2"))
  }
  guard
    let rows = ClassLabels(
      "multiMarginLoss", scores, labels, weights: weights, ignoredLabel: .min, scoresName: "scores")
  else { return Mistakes.standIn }
  let labels = rows.targets.expandingAxis(1)
  let right = rows.rows.takeAlong(maximum(labels, 0), axis: 1)
  var terms = (rows.rows - right + margin).relu()
  if power == 2 { terms = terms.squared() }
  let isRight = rows.targets.oneHot(rows.classes, dtype: .bool)
  let losses = select(isRight, Tensor.zeros(like: terms), terms).sum(axis: 1) / Double(rows.classes)
  let checked = select(rows.isWrong, Tensor.full(Double.nan, like: losses), losses * rows.rowWeights)
  return reduction(checked.reshaped(to: rows.shape))
}

/// Σ max(0, 1 − x_y + x_j) / K over the right classes y and the wrong ones j.
///
/// - Parameters:
///   - scores: `[batch, classes]`, or `[classes]` of one example.
///   - labels: Integers of the same shape: the numbers of the right classes, and −1 after the last. One that is no class
///     is taken for the nearest.
public func multilabelMarginLoss(_ scores: Tensor, _ labels: Tensor, reduction: LossReduction = .mean) -> Tensor {
  guard haveSameShape("multilabelMarginLoss", ("scores", scores), ("labels", labels)) else { return Mistakes.standIn }
  guard 1...2 ~= scores.rank, labels.dtype.isInteger else {
    return Mistakes.report(
      OpError(
        "multilabelMarginLoss: labels \(labels.node.type) for scores \(scores.shape), expected integers and "
          + "[batch, classes]"))
  }
  let (classes, dtype) = (scores.shape[scores.rank - 1], scores.dtype)
  let isListed = (labels .>= 0).cast(to: .int32).cumulativeProduct(axis: -1)
  let places = maximum(labels, 0)
  // [batch, entry, class]
  let marks = places.oneHot(classes, dtype: dtype) * isListed.cast(to: dtype).expandingAxis(-1)
  let isWrong = marks.sum(axis: -2) .== 0
  let right = scores.takeAlong(places, axis: -1).expandingAxis(-1)
  let terms = (1 - right + scores.expandingAxis(-2)).relu() * isListed.cast(to: dtype).expandingAxis(-1)
  let losses = (terms * isWrong.cast(to: dtype).expandingAxis(-2)).sum(axes: [-2, -1]) / Double(classes)
  return reduction(losses)
}

/// −Σ_c [y_c log σ(x_c) + (1 − y_c) log σ(−x_c)] / K: binary cross-entropy, averaged over the classes.
///
/// - Parameters:
///   - scores: `[…, classes]`
///   - targets: 0 or 1, of the same shape.
///   - weights: One weight for each class, `[classes]`.
public func multilabelSoftMarginLoss(
  _ scores: Tensor, _ targets: Tensor, weights: Tensor? = nil, reduction: LossReduction = .mean
) -> Tensor {
  guard scores.rank > 0, haveSameShape("multilabelSoftMarginLoss", ("scores", scores), ("targets", targets)),
    ClassLabels.checkWeights("multilabelSoftMarginLoss", weights, scores, "scores")
  else { return Mistakes.standIn }
  let losses = binaryCrossEntropy(logits: scores, targets, weights: weights, reduction: .none)
  return reduction(losses.mean(axis: -1))
}

/// max(0, −y (x₁ − x₂) + margin): x₁ should be the larger where y is 1, x₂ where it is −1. All of one shape.
public func marginRankingLoss(
  _ first: Tensor, _ second: Tensor, _ targets: Tensor, margin: Double = 0, reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("marginRankingLoss", ("first", first), ("second", second), ("targets", targets)) else {
    return Mistakes.standIn
  }
  return reduction((margin - targets.cast(to: first.dtype) * (first - second)).positivePart)
}
