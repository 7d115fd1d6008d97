import ApusCore

/// (x − y)² of predictions and targets of one shape.
///
/// - Parameter weights: A weight for each element, of the same shape; the mean is that by the weights.
public func meanSquaredError(
  _ predictions: Tensor, _ targets: Tensor, weights: Tensor? = nil, reduction: LossReduction = .mean
) -> Tensor {
  guard agree("meanSquaredError", predictions, targets, weights) else { return Mistakes.standIn }
  return reduction((predictions - targets).squared(), weights: weights)
}

/// |x − y| of predictions and targets of one shape. The gradient at 0 is 0.
///
/// - Parameter weights: A weight for each element, of the same shape; the mean is that by the weights.
public func meanAbsoluteError(
  _ predictions: Tensor, _ targets: Tensor, weights: Tensor? = nil, reduction: LossReduction = .mean
) -> Tensor {
  guard agree("meanAbsoluteError", predictions, targets, weights) else { return Mistakes.standIn }
  return reduction((predictions - targets).abs(), weights: weights)
}

/// ½ d² where the distance d of prediction and target is at most δ, else δ (d − ½ δ) (Huber 1964).
///
/// - Parameter weights: A weight for each element, of the same shape. It does not change what the mean divides by, here
///   as in PyTorch.
public func huberLoss(
  _ predictions: Tensor, _ targets: Tensor, delta: Double = 1, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  guard agree("huberLoss", predictions, targets, weights),
    isInRange("huberLoss", "delta", delta, from: 0, above: true)
  else { return Mistakes.standIn }
  let distance = (predictions - targets).abs()
  let losses = select(distance .<= delta, distance.squared() * 0.5, (distance - delta / 2) * delta)
  return reduction(weights.map { losses * $0 } ?? losses)
}

/// ½ d²/β where the distance d of prediction and target is less than β, else d − ½ β (Girshick 2015): the Huber loss
/// divided by its δ. With β = 0 it is d.
public func smoothL1Loss(
  _ predictions: Tensor, _ targets: Tensor, beta: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  guard agree("smoothL1Loss", predictions, targets, nil), isInRange("smoothL1Loss", "beta", beta, from: 0) else {
    return Mistakes.standIn
  }
  let distance = (predictions - targets).abs()
  guard beta > 0 else { return reduction(distance) }
  return reduction(select(distance .< beta, distance.squared() * (0.5 / beta), distance - beta / 2))
}

/// The negative log-likelihood of counts under a Poisson distribution, but for a constant: λ − y log λ.
///
/// - Parameters:
///   - predictions: log λ, or λ itself if `isLogarithm` is false.
///   - targets: y, of the same shape.
///   - includesStirling: Whether log y! is added for y > 1, in Stirling's approximation.
///   - epsilon: Added to λ before its logarithm is taken.
public func poissonNLLLoss(
  _ predictions: Tensor, _ targets: Tensor, isLogarithm: Bool = true, includesStirling: Bool = false,
  epsilon: Double = 1e-8, reduction: LossReduction = .mean
) -> Tensor {
  guard agree("poissonNLLLoss", predictions, targets, nil) else { return Mistakes.standIn }
  let y = targets.cast(to: predictions.dtype)
  var losses =
    isLogarithm ? predictions.exp() - y * predictions : predictions - y * (predictions + epsilon).log()
  if includesStirling {
    let isLarge = y .> 1
    let safe = select(isLarge, y, 1)
    losses = losses + select(isLarge, safe * safe.log() - safe + (safe * (2 * Double.pi)).log() * 0.5, 0)
  }
  return reduction(losses)
}

/// The negative log-likelihood under normal distributions: ½ (log σ² + (x − y)²/σ²) (Nix & Weigend 1994).
///
/// - Parameters:
///   - predictions: The means, `[…, n]`.
///   - variances: σ², of the same shape, or one for the last axis: `[…, 1]`, or `[…]`.
///   - includesConstant: Whether ½ log 2π is added.
///   - epsilon: The smallest variance; smaller ones are taken for it, with its gradient.
public func gaussianNLLLoss(
  _ predictions: Tensor, _ targets: Tensor, variances: Tensor, includesConstant: Bool = false, epsilon: Double = 1e-6,
  reduction: LossReduction = .mean
) -> Tensor {
  guard agree("gaussianNLLLoss", predictions, targets, nil),
    isInRange("gaussianNLLLoss", "epsilon", epsilon, from: 0, above: true)
  else { return Mistakes.standIn }
  let (shape, given) = (Array(predictions.shape), Array(variances.shape))
  let isShared = !shape.isEmpty && given == shape.dropLast()
  guard given == shape || isShared || (!shape.isEmpty && given == shape.dropLast() + [1]) else {
    return Mistakes.report(
      OpError(
        "gaussianNLLLoss: variances \(variances.shape) for predictions \(predictions.shape), expected the same "
          + "shape, or 1 or nothing for the last axis"))
  }
  let raw = isShared ? variances.expandingAxis(-1) : variances
  let variance = raw + (maximum(raw, epsilon) - raw).stoppingGradient()
  var losses = (variance.log() + (predictions - targets).squared() / variance) * 0.5
  if includesConstant { losses = losses + Double.log2Pi / 2 }
  return reduction(losses)
}

extension Double {
  /// log 2π
  fileprivate static let log2Pi = 1.8378770664093454835606594728112
}

private func agree(_ name: String, _ predictions: Tensor, _ targets: Tensor, _ weights: Tensor?) -> Bool {
  haveSameShape(name, ("predictions", predictions), ("targets", targets), ("weights", weights))
}
