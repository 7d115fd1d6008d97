import ApusTensor

/// The loss and its gradient somewhere along a line.
struct LinePoint {
  let loss: Double
  let gradient: Tensor
}

/// A search along a line for a place where the strong Wolfe conditions hold: the loss has fallen by a share of what its
/// slope promised, and the slope is a fraction of what it was (Nocedal & Wright 2006, algorithms 3.5 and 3.6; the
/// interpolation and its safeguards are those of minFunc, which PyTorch follows too).
struct WolfeSearch {
  private struct Trial {
    var distance: Double
    var point: LinePoint
    var slope: Double
    var loss: Double { point.loss }
  }

  private let start: LinePoint
  private let slope: Double
  private let direction: Tensor
  private let tolerance: Double
  private let maxEvaluations: Int
  private let evaluate: (Double) -> LinePoint
  private(set) var evaluationCount = 0
  private static let decrease = 1e-4
  private static let curvature = 0.9

  init(
    start: LinePoint, slope: Double, direction: Tensor, tolerance: Double, maxEvaluations: Int,
    evaluate: @escaping (Double) -> LinePoint
  ) {
    (self.start, self.slope, self.direction) = (start, slope, direction)
    (self.tolerance, self.maxEvaluations, self.evaluate) = (tolerance, maxEvaluations, evaluate)
  }

  /// The place that was found and how far it is.
  mutating func run(from distance: Double) -> (LinePoint, Double) {
    let (trials, isDone, iterations) = bracket(from: distance)
    guard !isDone, trials.count == 2 else { return (trials[0].point, trials[0].distance) }
    let best = zoomed(trials, iterations)
    return (best.point, best.distance)
  }

  private mutating func trial(_ distance: Double) -> Trial {
    evaluationCount += 1
    let point = evaluate(distance)
    return Trial(distance: distance, point: point, slope: point.gradient.dot(direction).item())
  }

  private func isTooHigh(_ trial: Trial) -> Bool {
    trial.loss > start.loss + Self.decrease * trial.distance * slope
  }

  private func isFlat(_ trial: Trial) -> Bool { abs(trial.slope) <= -Self.curvature * slope }

  /// Goes on until a place does, or two places have one between them.
  private mutating func bracket(from distance: Double) -> (trials: [Trial], isDone: Bool, iterations: Int) {
    let origin = Trial(distance: 0, point: start, slope: slope)
    var (last, now) = (origin, trial(distance))
    var iterations = 0
    while iterations < maxEvaluations {
      if isTooHigh(now) || (iterations > 1 && now.loss >= last.loss) { return ([last, now], false, iterations) }
      if isFlat(now) { return ([now], true, iterations) }
      if now.slope >= 0 { return ([last, now], false, iterations) }
      let least = now.distance + 0.01 * (now.distance - last.distance)
      let next = Self.minimum(last, now, in: least...max(least, now.distance * 10))
      (last, now) = (now, trial(next))
      iterations += 1
    }
    return ([origin, now], false, iterations)
  }

  /// Narrows two places down; returns the lower one.
  private mutating func zoomed(_ bracket: [Trial], _ before: Int) -> Trial {
    var (trials, iterations, isSlow) = (bracket, before, false)
    var low = trials[0].loss <= trials[1].loss ? 0 : 1
    let width = direction.abs().max().item()
    while iterations < maxEvaluations {
      let ends = trials.map(\.distance)
      let (left, right) = (ends.min()!, ends.max()!)
      if (right - left) * width < tolerance { break }
      var distance = Self.minimum(trials[0], trials[1], in: left...right)
      // A place near an end twice in a row, or at it, makes no progress.
      let margin = 0.1 * (right - left)
      let isNearEnd = min(right - distance, distance - left) < margin
      if isNearEnd, isSlow || distance >= right || distance <= left {
        distance = abs(distance - right) < abs(distance - left) ? right - margin : left + margin
        isSlow = false
      } else {
        isSlow = isNearEnd
      }
      let now = trial(distance)
      iterations += 1
      let high = 1 - low
      if isTooHigh(now) || now.loss >= trials[low].loss {
        trials[high] = now
        low = trials[0].loss <= trials[1].loss ? 0 : 1
        continue
      }
      let isDone = isFlat(now)
      if !isDone, now.slope * (trials[high].distance - trials[low].distance) >= 0 { trials[high] = trials[low] }
      trials[low] = now
      if isDone { break }
    }
    return trials[low]
  }

  /// Where the cubic through two places with their slopes is least, kept within bounds.
  private static func minimum(_ a: Trial, _ b: Trial, in bounds: ClosedRange<Double>) -> Double {
    let chord = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.distance - b.distance)
    let square = chord * chord - a.slope * b.slope
    guard square >= 0 else { return (bounds.lowerBound + bounds.upperBound) / 2 }
    let root = square.squareRoot()
    let (left, right) = a.distance <= b.distance ? (a, b) : (b, a)
    let share = (right.slope + root - chord) / (right.slope - left.slope + 2 * root)
    let place = right.distance - (right.distance - left.distance) * share
    return min(max(place, bounds.lowerBound), bounds.upperBound)
  }
}
