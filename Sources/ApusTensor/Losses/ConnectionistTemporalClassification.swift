import ApusCore

/// The connectionist temporal classification loss (Graves et al. 2006): −log of the probability that the outputs, with
/// repetitions merged and blanks taken out, read as the targets, summed over all alignments.
///
/// The forward recursion runs in logarithms, one step of a `scan` for each time. A target that no alignment gives (more
/// labels than times, counting one blank between equal ones) has an infinite loss, and no gradient. A label that is no
/// class, or the blank, has loss NaN.
///
/// - Parameters:
///   - logProbabilities: `[batch, time, classes]`, as `logSoftmax` gives them.
///   - targets: Class numbers, `[batch, labels]`; what follows an example's last label is not read.
///   - inputLengths: How many times of each example count, integers `[batch]`; all unless given.
///   - targetLengths: How many labels each example has, integers `[batch]`; all unless given.
///   - blank: The class that stands for no label.
///   - reduction: The mean is that of the losses, each divided by the number of its labels (or by 1).
///   - zeroesInfinity: Whether infinite losses count as 0.
/// - Returns: A scalar, or the losses `[batch]`.
public func ctcLoss(
  _ logProbabilities: Tensor, _ targets: Tensor, inputLengths: Tensor? = nil, targetLengths: Tensor? = nil,
  blank: Int = 0, reduction: LossReduction = .mean, zeroesInfinity: Bool = false
) -> Tensor {
  guard logProbabilities.rank == 3, targets.rank == 2, targets.dtype.isInteger,
    targets.shape[0] == logProbabilities.shape[0]
  else {
    return Mistakes.report(
      OpError(
        "ctcLoss: log-probabilities \(logProbabilities.shape) and targets \(targets.node.type), expected "
          + "[batch, time, classes] and integers [batch, labels]"))
  }
  let (batch, times, classes) = (targets.shape[0], logProbabilities.shape[1], logProbabilities.shape[2])
  guard 0..<classes ~= blank else {
    return Mistakes.report(OpError("ctcLoss: blank \(blank) of \(classes) classes, expected 0 to \(classes - 1)"))
  }
  for (name, lengths) in [("input", inputLengths), ("target", targetLengths)] {
    guard let lengths, lengths.shape != [batch] || !lengths.dtype.isInteger else { continue }
    return Mistakes.report(
      OpError("ctcLoss: \(name) lengths \(lengths.node.type), expected integers of shape [\(batch)]"))
  }
  let inputCounts = inputLengths?.cast(to: .int32) ?? .full(times, [batch], dtype: .int32)
  let labelCounts = targetLengths?.cast(to: .int32) ?? .full(targets.shape[1], [batch], dtype: .int32)
  let alignment = CTCAlignment(targets.cast(to: .int32), labelCounts, classes: classes, blank: blank)
  let raw = alignment.losses(logProbabilities, inputCounts)
  let finite = zeroesInfinity ? select(raw .== Double.infinity, 0, raw) : raw
  let losses = select(alignment.isWrong, Double.nan, finite)
  guard reduction == .mean else { return reduction(losses) }
  return (losses / maximum(labelCounts, 1).cast(to: losses.dtype)).mean()
}

/// The labels with blanks around and between them, through which alignments go from left to right.
private struct CTCAlignment {
  /// `int32[batch, states]`, where there are 2 · labels + 1 states.
  private let states: Tensor
  /// Where an alignment may come from two states before: over a blank between different labels. `[batch, states]`
  private let isSkippable: Tensor
  private let labelCounts: Tensor
  /// Where an example has a label that is none, `[batch]`.
  let isWrong: Tensor

  init(_ labels: Tensor, _ labelCounts: Tensor, classes: Int, blank: Int) {
    let (batch, count) = (labels.shape[0], labels.shape[1])
    self.labelCounts = labelCounts
    let blanks = Tensor.full(blank, labels.shape, dtype: .int32)
    let pairs = stack([blanks, labels], axis: 2).reshaped(to: [batch, 2 * count])
    states = concatenate([pairs, .full(blank, [batch, 1], dtype: .int32)], axis: 1)
    // Two places before the first there is nothing, which counts as a blank.
    let before = states.padded([(0, 0), (2, -2)], value: blank)
    isSkippable = (states .!= blank) & (states .!= before)
    let isRead = Tensor.range(count).expandingAxis(0) .< labelCounts.expandingAxis(1)
    isWrong = (isRead & ((labels .< 0) | (labels .>= classes) | (labels .== blank))).any(axis: 1)
  }

  /// −log of the summed probabilities of the alignments, `[batch]`.
  func losses(_ logProbabilities: Tensor, _ inputCounts: Tensor) -> Tensor {
    let (batch, width, dtype) = (states.shape[0], states.shape[1], logProbabilities.dtype)
    let emissions = logProbabilities.takeAlong(maximum(states, 0).expandingAxis(1), axis: 2).transposed([1, 0, 2])
    let nothing = Tensor.full(-Double.infinity, [batch, width], dtype: dtype)
    // Before the first time all is in the first state: from there it may stay, or go to the first label.
    let isFirst = (Tensor.range(width) .== 0).expandingAxis(0)
    let start = select(isFirst, Tensor.zeros(like: nothing), nothing)
    let times = Tensor.range(emissions.shape[0])
    let end = scan([start], over: [emissions, times]) { carries, elements in
      let alpha = carries[0]
      let previous = alpha.padded([(0, 0), (1, -1)], value: -Double.infinity)
      let beforeThat = select(isSkippable, alpha.padded([(0, 0), (2, -2)], value: -Double.infinity), nothing)
      let next = logSum([alpha, previous, beforeThat]) + elements[0]
      let isRunning = (elements[1] .< inputCounts).expandingAxis(1)
      return ([select(isRunning, next, alpha)], [])
    }.carries[0]
    // Alignments end in the last label or in the blank after it.
    let last = labelCounts.clamped(0, (width - 1) / 2).expandingAxis(1) * 2
    let inBlank = end.takeAlong(last, axis: 1)
    let inLabel = select(last .> 0, end.takeAlong(maximum(last - 1, 0), axis: 1), -Double.infinity)
    return -logSum([inBlank, inLabel]).squeezed([1])
  }

  /// log Σ eˣ over tensors that may be −∞, all at once too: the gradient of that is 0.
  private func logSum(_ terms: [Tensor]) -> Tensor {
    let largest = terms.dropFirst().reduce(terms[0], maximum).stoppingGradient()
    let isNothing = largest .== -Double.infinity
    let shift = select(isNothing, 0, largest)
    let shares = terms.map { ($0 - shift).exp() }
    let sum = shares.dropFirst().reduce(shares[0], +)
    return select(isNothing, -Double.infinity, select(isNothing, 1, sum).log() + shift)
  }
}
