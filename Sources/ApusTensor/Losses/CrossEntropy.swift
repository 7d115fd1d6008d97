import ApusCore

/// The cross-entropy between labels and the softmax of `logits` `[…, classes]`; `labels` are class numbers `[…]` of any
/// integer type.
///
/// A label that is no class and not the ignored one has loss NaN, and with it the sum and the mean.
///
/// - Parameters:
///   - weights: One weight for each class, `[classes]`.
///   - labelSmoothing: ε of Szegedy et al. 2016, from 0 to 1: the true class gets (1 − ε) + ε/K, the others ε/K.
///   - ignoredLabel: Examples with this label count for nothing.
public func crossEntropy(
  _ logits: Tensor, _ labels: Tensor, weights: Tensor? = nil, labelSmoothing: Double = 0, ignoredLabel: Int = -100,
  reduction: LossReduction = .mean
) -> Tensor {
  guard
    let rows = ClassLabels(
      "crossEntropy", logits, labels, weights: weights, ignoredLabel: ignoredLabel, scoresName: "logits"),
    isSmoothing(labelSmoothing)
  else { return Mistakes.standIn }
  var losses = Tensor.apply(.block(AnyBlock(CrossEntropy())), rows.rows, rows.targets)
  let scale = rows.rowWeights
  if weights != nil { losses = losses * scale }
  if labelSmoothing > 0 {
    let logProbabilities = rows.rows.logSoftmax()
    let spread = weights.map { (logProbabilities * $0).sum(axis: 1) } ?? logProbabilities.sum(axis: 1)
    let smooth = select(rows.isCounted, -spread, Tensor.zeros(like: spread)) / Double(rows.classes)
    losses = losses * (1 - labelSmoothing) + smooth * labelSmoothing
  }
  return rows.reduced(losses, scale: scale, reduction)
}

/// The cross-entropy between class probabilities (soft targets) and the softmax of `logits`, both `[…, classes]`:
/// −Σ w_c y_c log p_c. The mean is that over the examples, whatever the weights.
///
/// - Parameters:
///   - weights: One weight for each class, `[classes]`.
///   - labelSmoothing: ε, from 0 to 1: the targets become (1 − ε) y + ε/K.
public func crossEntropy(
  _ logits: Tensor, probabilities targets: Tensor, weights: Tensor? = nil, labelSmoothing: Double = 0,
  reduction: LossReduction = .mean
) -> Tensor {
  guard logits.rank >= 1, haveSameShape("crossEntropy", ("logits", logits), ("probabilities", targets)),
    ClassLabels.checkWeights("crossEntropy", weights, logits, "logits"), isSmoothing(labelSmoothing)
  else { return logits.rank >= 1 ? Mistakes.standIn : .mistake("crossEntropy: logits [], expected [..., classes]") }
  let smooth = labelSmoothing > 0 ? targets.smoothingLabels(labelSmoothing) : targets
  let terms = smooth * logits.logSoftmax()
  return reduction(-(weights.map { terms * $0 } ?? terms).sum(axis: -1))
}

/// The negative logarithm of the probability of each label: −w_y log p_y, from `logProbabilities` `[…, classes]` and
/// class numbers `[…]`; what `crossEntropy` is after `logSoftmax`.
///
/// A label that is no class and not the ignored one has loss NaN, and with it the sum and the mean.
///
/// - Parameters:
///   - weights: One weight for each class, `[classes]`.
///   - ignoredLabel: Examples with this label count for nothing.
public func negativeLogLikelihood(
  _ logProbabilities: Tensor, _ labels: Tensor, weights: Tensor? = nil, ignoredLabel: Int = -100,
  reduction: LossReduction = .mean
) -> Tensor {
  guard
    let rows = ClassLabels(
      "negativeLogLikelihood", logProbabilities, labels, weights: weights, ignoredLabel: ignoredLabel,
      scoresName: "log-probabilities")
  else { return Mistakes.standIn }
  let scale = rows.rowWeights
  let picked = rows.rows.takeAlong(maximum(rows.targets, 0).expandingAxis(1), axis: 1).squeezed([1])
  // Not 0 · log 0, which is no number.
  let losses = select(rows.isCounted, -picked, Tensor.zeros(like: picked))
  return rows.reduced(weights == nil ? losses : losses * scale, scale: scale, reduction)
}

private func isSmoothing(_ epsilon: Double) -> Bool {
  let isGood = 0 <= epsilon && epsilon <= 1
  Mistakes.require(isGood, "crossEntropy: label smoothing \(epsilon), expected 0 to 1")
  return isGood
}
