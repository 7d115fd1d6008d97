#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The schedules that can be chosen by name, each laid out over the whole of a training run.
public enum ScheduleKind: String, CaseIterable, Sendable {
  case constant, linear, cosine, exponential, step, polynomial, cyclic
  case warmupCosine = "warmup-cosine"
  case cosineRestarts = "cosine-restarts"
  case oneCycle = "one-cycle"
  case inverseTime = "inverse-time"
  case inverseSquareRoot = "inverse-sqrt"

  /// The schedule of a run.
  ///
  /// - Parameters:
  ///   - learningRate: The run's, which is the highest.
  ///   - steps: Of the whole run.
  ///   - withMomentum: Whether the optimizer has a momentum, which `one-cycle` sets too.
  public func make(learningRate: Double, steps: Int, withMomentum: Bool) -> Schedule {
    let steps = max(1, steps)
    let warmup = max(1, steps / 20)
    switch self {
    case .constant: return .constant
    // Down to 0 in a line.
    case .linear: return .linear(startFactor: 1, endFactor: 0, totalSteps: steps)
    case .cosine: return .cosine(steps: steps)
    // To a hundredth.
    case .exponential: return .exponential(gamma: pow(0.01, 1 / Double(steps)))
    // A tenth of the rate in the second third, a hundredth in the last.
    case .step: return .step(size: max(1, (steps + 2) / 3))
    case .polynomial: return .polynomial(totalSteps: steps, power: 2)
    // Four times from a tenth of the rate up and back.
    case .cyclic:
      let cycle = Schedule.cyclic(maxRate: learningRate, stepsUp: max(1, steps / 8))
      return Schedule(rate: { base, step in cycle.rate(base / 10, step: step) })
    case .warmupCosine:
      let rest = Schedule.cosine(steps: max(1, steps - warmup))
      return .sequence([.linear(startFactor: 0.01, totalSteps: warmup), rest], at: [warmup])
    // Three times, each twice as long as the one before.
    case .cosineRestarts: return .cosineWithRestarts(firstSteps: max(1, (steps + 6) / 7), multiplier: 2)
    case .oneCycle:
      return .oneCycle(maxRate: learningRate, totalSteps: steps, momentum: withMomentum ? 0.85...0.95 : nil)
    // To a tenth.
    case .inverseTime: return .inverseTime(decay: 9 / Double(steps))
    // The highest rate at the end of the warm-up.
    case .inverseSquareRoot:
      let root = Schedule.inverseSquareRoot(warmupSteps: warmup)
      return Schedule(rate: { base, step in root.rate(base * Double(warmup).squareRoot(), step: step) })
    }
  }
}
