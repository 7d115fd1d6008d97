#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Schedule {
  /// How the peaks of a cyclic schedule go with the cycles.
  public enum Cycles: Hashable, Sendable {
    /// All of one height.
    case triangular
    /// Each half as high as the one before.
    case triangular2
    /// Times gamma^t.
    case exponentialRange(gamma: Double)

    fileprivate func height(cycle: Double, step: Int) -> Double {
      switch self {
      case .triangular: 1
      case .triangular2: 1 / pow(2, cycle - 1)
      case .exponentialRange(let gamma): pow(gamma, Double(step))
      }
    }
  }

  /// Up in a line from the base rate to `maxRate` and down again, over and over (Smith 2017; PyTorch's `CyclicLR`).
  ///
  /// - Parameters:
  ///   - stepsUp: How many steps it goes up.
  ///   - stepsDown: How many it goes down; as many unless given.
  ///   - momentum: What the momentum goes down to where the rate is highest, and up to; nil leaves it alone.
  public static func cyclic(
    maxRate: Double, stepsUp: Int = 2000, stepsDown: Int? = nil, _ cycles: Cycles = .triangular,
    momentum: ClosedRange<Double>? = nil
  ) -> Schedule {
    let down = stepsDown ?? stepsUp
    require(stepsUp > 0 && down > 0, "cyclic: \(stepsUp) steps up, \(down) down, expected at least 1")
    let total = Double(stepsUp + down)
    let ratio = Double(stepsUp) / total
    @Sendable func share(_ step: Int) -> Double {
      let cycle = floor(1 + Double(step) / total)
      let place = 1 + Double(step) / total - cycle
      return (place <= ratio ? place / ratio : (place - 1) / (ratio - 1)) * cycles.height(cycle: cycle, step: step)
    }
    let result = Schedule(rate: { base, step in base + (maxRate - base) * share(step) })
    guard let momentum else { return result }
    let width = momentum.upperBound - momentum.lowerBound
    return result.with(momentum: { momentum.upperBound - width * share($0) })
  }

  /// Between two values along half a cosine, or in a line.
  public enum Annealing: Hashable, Sendable {
    case cosine, linear

    fileprivate func value(_ start: Double, _ end: Double, _ place: Double) -> Double {
      self == .cosine ? cosineBetween(start, end, place) : start + (end - start) * place
    }
  }

  /// Up from maxRate / `divisor` to `maxRate`, and down to the first rate / `finalDivisor`, over the whole of training
  /// (Smith & Topin 2018; PyTorch's `OneCycleLR`). The rate that the optimizer was made with does not count.
  ///
  /// - Parameters:
  ///   - risingShare: The share of the steps in which the rate rises.
  ///   - momentum: What the momentum goes down to where the rate is highest, and up to; nil leaves it alone.
  ///   - threePhases: Whether the rate goes down to where it began as it went up, and only then further.
  public static func oneCycle(
    maxRate: Double, totalSteps: Int, risingShare: Double = 0.3, annealing: Annealing = .cosine,
    momentum: ClosedRange<Double>? = 0.85...0.95, divisor: Double = 25, finalDivisor: Double = 1e4,
    threePhases: Bool = false
  ) -> Schedule {
    require(totalSteps > 0, "oneCycle: \(totalSteps) steps, expected at least 1")
    require(0...1 ~= risingShare, "oneCycle: a rising share of \(risingShare), expected 0 to 1")
    let first = maxRate / divisor
    let (rising, last) = (risingShare * Double(totalSteps), Double(totalSteps - 1))
    let (low, high) = (momentum?.lowerBound ?? 0, momentum?.upperBound ?? 0)
    typealias Phase = (end: Double, rate: (Double, Double), momentum: (Double, Double))
    var phases: [Phase] = [(rising - 1, (first, maxRate), (high, low))]
    if threePhases {
      phases.append((2 * rising - 2, (maxRate, first), (low, high)))
      phases.append((last, (first, first / finalDivisor), (high, high)))
    } else {
      phases.append((last, (maxRate, first / finalDivisor), (low, high)))
    }
    let all = phases
    @Sendable func value(_ step: Int, _ range: (Phase) -> (Double, Double)) -> Double {
      let step = min(Double(step), last)
      let number = all.firstIndex { step <= $0.end } ?? all.count - 1
      let start = number == 0 ? 0 : all[number - 1].end
      let (from, to) = range(all[number])
      return annealing.value(from, to, (step - start) / (all[number].end - start))
    }
    let result = Schedule(rate: { _, step in value(step) { $0.rate } })
    return momentum == nil ? result : result.with(momentum: { step in value(step) { $0.momentum } })
  }

  /// The base rate, with a momentum that rises in steps of 250: μ = min(1 − 2^(−1 − log₂(⌊t / 250⌋ + 1)), most) (Sutskever
  /// et al. 2013, section 3).
  ///
  /// - Parameter most: The cap: 0.9 to 0.999 in the paper.
  public static func risingMomentum(upTo most: Double = 0.99) -> Schedule {
    Schedule.constant.with(momentum: { step in min(1 - 0.5 / Double(step / 250 + 1), most) })
  }
}
