import ApusCore

/// The cross-entropy between `targets` in [0, 1] and the sigmoid of `logits`, of one shape:
/// −[w₊ y log σ(x) + (1 − y) log(1 − σ(x))], without overflow for any x.
///
/// - Parameters:
///   - weights: A weight for each element, broadcast over the logits. It does not change what the mean divides by.
///   - positiveWeight: w₊, what the positive targets count, broadcast over the logits: more than 1 favours recall.
public func binaryCrossEntropy(
  logits: Tensor, _ targets: Tensor, weights: Tensor? = nil, positiveWeight: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("binaryCrossEntropy", ("logits", logits), ("targets", targets)) else { return Mistakes.standIn }
  let y = targets.cast(to: logits.dtype)
  let bend = (-logits).softplus()
  let share = positiveWeight.map { (($0 - 1) * y + 1) * bend } ?? bend
  let losses = (1 - y) * logits + share
  return reduction(weights.map { losses * $0 } ?? losses)
}

/// The cross-entropy between `targets` in [0, 1] and `probabilities`, of one shape: −[y log p + (1 − y) log(1 − p)],
/// with logarithms no smaller than −100. From logits `binaryCrossEntropy(logits:_:)` is more precise.
///
/// - Parameter weights: A weight for each element, broadcast over the probabilities. It does not change what the mean
///   divides by.
public func binaryCrossEntropy(
  probabilities: Tensor, _ targets: Tensor, weights: Tensor? = nil, reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("binaryCrossEntropy", ("probabilities", probabilities), ("targets", targets)) else {
    return Mistakes.standIn
  }
  let logarithms = { (p: Tensor) in (maximum(p.log(), -100), maximum((-p).log1p(), -100)) }
  let inputs = [probabilities, targets.cast(to: probabilities.dtype)]
  let losses = customGradient(inputs) { inputs in
    let (log, complement) = logarithms(inputs[0])
    return [-(inputs[1] * log + (1 - inputs[1]) * complement)]
  } gradient: { inputs, _, cotangents in
    // Where p is 0 or 1 the slope is large, not infinite.
    let (p, y) = (inputs[0], inputs[1])
    let (log, complement) = logarithms(p)
    return [cotangents[0] * (p - y) / maximum((1 - p) * p, 1e-12), cotangents[0] * (complement - log)]
  }[0]
  return reduction(weights.map { losses * $0 } ?? losses)
}
