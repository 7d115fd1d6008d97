import ApusTensor

/// How far the worth of the actions taken is from its targets.
///
/// - Parameters:
///   - actionValues: `[batch, actions]`
///   - actions: `[batch]`, whole numbers.
///   - targets: `[batch]`; no gradient goes through them.
///   - weights: `[batch]`: how much each example counts, as prioritised replay asks for.
///   - isHuber: Whether errors above 1 count linearly (Mnih et al. 2015), instead of squares throughout as CleanRL's.
/// - Returns: The mean loss, a scalar, and the error of each example, `[batch]`.
public func temporalDifferenceLoss(
  _ actionValues: Tensor, actions: Tensor, targets: Tensor, weights: Tensor? = nil, isHuber: Bool = false
) -> (loss: Tensor, errors: Tensor) {
  let chosen = actionValues.takeAlong(actions.expandingAxis(-1), axis: -1).squeezed([-1])
  let targets = targets.stoppingGradient()
  let losses =
    isHuber ? huberLoss(chosen, targets, reduction: .none) : meanSquaredError(chosen, targets, reduction: .none)
  return ((weights.map { losses * $0 } ?? losses).mean(), targets - chosen)
}

/// What actions should be worth: r + γ·Q(s′, a′) where the episode goes on (Mnih et al. 2015; van Hasselt et al. 2016).
///
/// - Parameters:
///   - next: What actions are worth afterwards by the target network, `[batch, actions]`.
///   - choosing: By the network that chooses a′, for double learning; by `next` itself if nil.
///   - terminated: `[batch]`: 1 where it is over.
/// - Returns: `[batch]`
public func temporalDifferenceTargets(
  rewards: Tensor, next: Tensor, choosing: Tensor? = nil, terminated: Tensor, discount: Double
) -> Tensor {
  let best =
    choosing.map { next.takeAlong($0.argMax(axis: -1).expandingAxis(-1), axis: -1).squeezed([-1]) }
    ?? next.max(axis: -1)
  return rewards + (1 - terminated) * best * discount
}

/// Generalized advantage estimation (Schulman et al. 2016, equation 16): Â(t) = Σ (γλ)ˡ δ(t+l), with
/// δ(t) = r(t) + γ·V(t+1) − V(t).
///
/// - Parameters:
///   - rewards: `[steps][environments]`
///   - values: `[steps][environments]`: of what was seen before each step.
///   - nextValues: `[steps][environments]`: of what was seen after it, before a new beginning; 0 where it was over.
///   - ends: `[steps][environments]`: whether the episode ended with that step, over or cut off.
/// - Returns: `[steps][environments]`
public func advantageEstimates(
  rewards: [[Float]], values: [[Float]], nextValues: [[Float]], ends: [[Bool]], discount: Double, traceDecay: Double
) -> [[Float]] {
  var result = rewards
  guard let width = rewards.first?.count else { return [] }
  var after = [Float](repeating: 0, count: width)
  for step in rewards.indices.reversed() {
    for copy in 0..<width {
      let error = rewards[step][copy] + Float(discount) * nextValues[step][copy] - values[step][copy]
      after[copy] = error + (ends[step][copy] ? 0 : Float(discount * traceDecay) * after[copy])
      result[step][copy] = after[copy]
    }
  }
  return result
}

/// What proximal policy optimization minimises (Schulman et al. 2017, equation 9), and its parts.
public struct PolicyLoss {
  /// −min(r·Â, clip(r)·Â), the mean: a scalar.
  public let policy: Tensor
  /// Half the mean squared error of the values.
  public let value: Tensor
  /// The mean entropy of the policy.
  public let entropy: Tensor
  /// policy − entropyWeight·entropy + valueWeight·value
  public let total: Tensor
  /// An estimate of the Kullback–Leibler divergence from the policy that acted: the mean of (r − 1) − log r.
  public let divergence: Tensor

  /// - Parameters:
  ///   - logits: `[batch, actions]` of the policy now.
  ///   - values: `[batch]`, now.
  ///   - actions: `[batch]`, whole numbers.
  ///   - oldLogProbabilities: `[batch]`: of those actions when they were taken.
  ///   - advantages: `[batch]`
  ///   - returns: `[batch]`: what the values should be.
  ///   - oldValues: `[batch]`: what they were.
  ///   - clip: ε: how far the ratio r may go from 1; nil for the plain policy gradient −log π·Â, that of actor–critic.
  ///   - clipsValues: Whether values may go no further than ε from what they were.
  ///   - normalizes: Whether advantages are shifted and scaled to mean 0 and deviation 1.
  public init(
    logits: Tensor, values: Tensor, actions: Tensor, oldLogProbabilities: Tensor, advantages: Tensor,
    returns: Tensor, oldValues: Tensor, clip: Double? = 0.2, clipsValues: Bool = true, normalizes: Bool = true,
    entropyWeight: Double = 0.01, valueWeight: Double = 0.5
  ) {
    let logProbabilities = logits.logSoftmax()
    let chosen = logProbabilities.takeAlong(actions.expandingAxis(-1), axis: -1).squeezed([-1])
    var advantages = advantages
    if normalizes {
      let centered = advantages - advantages.mean()
      advantages = centered / (advantages.variance(correction: 1).sqrt() + 1e-8)
    }
    let logRatio = chosen - oldLogProbabilities
    let ratio = logRatio.exp()
    if let clip {
      policy = maximum(-advantages * ratio, -advantages * ratio.clamped(1 - clip, 1 + clip)).mean()
    } else {
      policy = (-advantages * chosen).mean()
    }
    let squares = (values - returns).squared()
    if clipsValues, let clip {
      let near = oldValues + (values - oldValues).clamped(-clip, clip)
      value = maximum(squares, (near - returns).squared()).mean() * 0.5
    } else {
      value = squares.mean() * 0.5
    }
    entropy = -(logProbabilities.exp() * logProbabilities).sum(axis: -1).mean()
    total = policy - entropy * entropyWeight + value * valueWeight
    divergence = (ratio - 1 - logRatio).mean()
  }
}
