import ApusCore

/// Class numbers beside scores `[…, classes]`, checked, and as rows.
struct ClassLabels {
  let classes: Int
  /// The labels' own shape.
  let shape: Shape
  /// The scores, `[rows, classes]`.
  let rows: Tensor
  /// `int32[rows]`; −1 where a label is ignored.
  let targets: Tensor
  /// Where a label is not ignored.
  let isCounted: Tensor
  /// Where a label is no class and not ignored.
  let isWrong: Tensor
  private let weights: Tensor?

  /// Nil after a mistake in the shapes, which is reported.
  init?(
    _ name: String, _ scores: Tensor, _ labels: Tensor, weights: Tensor?, ignoredLabel: Int, scoresName: String
  ) {
    guard scores.rank >= 1, Shape(scores.shape.dropLast()) == labels.shape, labels.dtype.isInteger else {
      _ = Mistakes.report(
        OpError(
          "\(name): labels \(labels.node.type) for \(scoresName) \(scores.shape), expected integers of shape "
            + "\(Shape(scores.shape.dropLast()))"))
      return nil
    }
    classes = scores.shape[scores.rank - 1]
    guard ClassLabels.checkWeights(name, weights, scores, scoresName) else { return nil }
    (shape, self.weights) = (labels.shape, weights)
    rows = scores.reshaped(to: [labels.count, classes])
    let flat = labels.reshaped(to: [labels.count]).cast(to: .int32)
    // What `int32` does not hold must not be taken for something else.
    let given = labels.dtype.byteCount < 8 && labels.dtype != .uint32 ? flat : labels.reshaped(to: [labels.count])
    isCounted = given .!= ignoredLabel
    targets = select(isCounted, flat, Tensor.full(-1, flat.shape, dtype: .int32))
    isWrong = isCounted & ((given .< 0) | (given .>= classes))
  }

  /// Whether there is one weight for each class; a mistake if not.
  static func checkWeights(_ name: String, _ weights: Tensor?, _ scores: Tensor, _ scoresName: String) -> Bool {
    guard let weights, weights.shape != [scores.shape[scores.rank - 1]] else { return true }
    let classes = scores.shape[scores.rank - 1]
    Mistakes.require(
      false, "\(name): weights \(weights.shape) for \(scoresName) \(scores.shape), expected [\(classes)]")
    return false
  }

  /// What each row counts: 0 where it is ignored, else the weight of its class.
  var rowWeights: Tensor {
    guard let weights else { return isCounted.cast(to: rows.dtype) }
    return (targets.oneHot(classes, dtype: rows.dtype) * weights).sum(axis: 1)
  }

  /// The weighted losses of the rows as one number, or in the labels' shape; NaN where a label is wrong: a mistake in
  /// the data that the shapes do not show must not look like a loss of 0.
  func reduced(_ losses: Tensor, scale: Tensor, _ reduction: LossReduction) -> Tensor {
    let checked = select(isWrong, Tensor.full(Double.nan, losses.shape, dtype: losses.dtype), losses)
    if reduction == .mean { return checked.sum() / scale.sum() }
    return reduction(checked.reshaped(to: shape))
  }
}
