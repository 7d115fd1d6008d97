import ApusCore

/// How the losses of the examples become one number.
public enum LossReduction: Hashable, Sendable {
  /// One loss for each example.
  case none
  case sum
  /// The mean over the examples; with class weights, the weighted mean.
  case mean
}

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
  guard logits.rank >= 1, Shape(logits.shape.dropLast()) == labels.shape, labels.dtype.isInteger else {
    return Mistakes.report(
      OpError(
        "crossEntropy: labels \(labels.node.type) for logits \(logits.shape), expected integers of shape "
          + "\(Shape(logits.shape.dropLast()))"))
  }
  let classes = logits.shape[logits.rank - 1]
  if let weights, weights.shape != [classes] {
    return Mistakes.report(
      OpError("crossEntropy: weights \(weights.shape) for logits \(logits.shape), expected [\(classes)]"))
  }
  guard 0 <= labelSmoothing, labelSmoothing <= 1 else {
    return Mistakes.report(OpError("crossEntropy: label smoothing \(labelSmoothing), expected 0 to 1"))
  }
  let rows = logits.reshaped(to: [labels.count, classes])
  let flat = labels.reshaped(to: [labels.count]).cast(to: .int32)
  // What `int32` does not hold must not be taken for something else.
  let given = labels.dtype.byteCount < 8 && labels.dtype != .uint32 ? flat : labels.reshaped(to: [labels.count])
  let isCounted = given .!= ignoredLabel
  let targets = select(isCounted, flat, Tensor.full(-1, flat.shape, dtype: .int32))
  var losses = Tensor.apply(.block(AnyBlock(CrossEntropy())), rows, targets)
  var scale = isCounted.cast(to: logits.dtype)
  if let weights {
    let rowWeights = (targets.oneHot(classes, dtype: logits.dtype) * weights).sum(axis: 1)
    losses = losses * rowWeights
    scale = rowWeights
  }
  if labelSmoothing > 0 {
    let logProbabilities = rows.logSoftmax()
    let spread = weights.map { (logProbabilities * $0).sum(axis: 1) } ?? logProbabilities.sum(axis: 1)
    let smooth = select(isCounted, -spread, Tensor.zeros(like: spread)) / Double(classes)
    losses = losses * (1 - labelSmoothing) + smooth * labelSmoothing
  }
  // A mistake in the data that the shapes do not show must not look like a loss of 0.
  let isWrong = isCounted & ((given .< 0) | (given .>= classes))
  losses = select(isWrong, Tensor.full(Double.nan, losses.shape, dtype: losses.dtype), losses)
  switch reduction {
  case .none: return losses.reshaped(to: labels.shape)
  case .sum: return losses.sum()
  case .mean: return losses.sum() / scale.sum()
  }
}
