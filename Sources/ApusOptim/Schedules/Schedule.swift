#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a learning rate, and possibly the momentum, goes with the steps: a function of the step's number, from 0, and of
/// the rate that the optimizer was made with. What a step is (a batch, an epoch) is up to who calls `Scheduler.step()`.
///
/// ```swift
/// let schedule = Schedule.sequence([.linear(startFactor: 0.01, totalSteps: 100), .cosine(steps: 900)], at: [100])
/// let scheduler = Scheduler(optimizer, schedule)
/// ```
public struct Schedule: Sendable {
  private let rateAt: @Sendable (_ base: Double, _ step: Int) -> Double
  private let momentumAt: (@Sendable (_ step: Int) -> Double)?

  /// A schedule of your own.
  public init(
    rate: @escaping @Sendable (_ base: Double, _ step: Int) -> Double,
    momentum: (@Sendable (_ step: Int) -> Double)? = nil
  ) {
    rateAt = rate
    momentumAt = momentum
  }

  /// The rate of a step.
  ///
  /// - Parameter base: The rate that the optimizer was made with.
  public func rate(_ base: Double, step: Int) -> Double { rateAt(base, step) }

  /// The momentum of a step, nil where it is left as it is.
  public func momentum(step: Int) -> Double? { momentumAt?(step) }

  /// Whether the schedule sets the momentum too.
  public var hasMomentum: Bool { momentumAt != nil }
}

// MARK: Composition

extension Schedule {
  /// One schedule after the other, each from its own step 0 (PyTorch's `SequentialLR`).
  ///
  /// - Parameter milestones: The steps at which the second, third, … schedule begins, rising.
  public static func sequence(_ schedules: [Schedule], at milestones: [Int]) -> Schedule {
    guard schedules.count == milestones.count + 1, zip(milestones, milestones.dropFirst()).allSatisfy(<) else {
      fatalError("Schedule.sequence: \(schedules.count) schedules at \(milestones), expected a rising milestone less")
    }
    @Sendable func place(_ step: Int) -> (Schedule, Int) {
      let number = milestones.prefix { $0 <= step }.count
      return (schedules[number], number == 0 ? step : step - milestones[number - 1])
    }
    let rate: @Sendable (Double, Int) -> Double = { base, step in
      let (schedule, own) = place(step)
      return schedule.rate(base, step: own)
    }
    guard schedules.allSatisfy(\.hasMomentum) else { return Schedule(rate: rate) }
    return Schedule(rate: rate) { step in
      let (schedule, own) = place(step)
      return schedule.momentum(step: own)!
    }
  }

  /// Schedules at the same time, each from the rate that the one before gives (PyTorch's `ChainedScheduler`).
  public static func chain(_ schedules: [Schedule]) -> Schedule {
    let momentum = schedules.last(where: \.hasMomentum)?.momentumAt
    return Schedule(
      rate: { base, step in schedules.reduce(base) { $1.rate($0, step: step) } }, momentum: momentum)
  }

  /// The same rates, with a momentum of their own.
  public func with(momentum: @escaping @Sendable (_ step: Int) -> Double) -> Schedule {
    Schedule(rate: rateAt, momentum: momentum)
  }
}

// MARK: Falling rates

extension Schedule {
  /// The base rate throughout.
  public static let constant = Schedule(rate: { base, _ in base })

  /// The base rate times a function of the step (PyTorch's `LambdaLR`).
  public static func factor(_ factor: @escaping @Sendable (_ step: Int) -> Double) -> Schedule {
    Schedule(rate: { base, step in base * factor(step) })
  }

  /// The base rate times `factor` for so many steps, then the base rate (PyTorch's `ConstantLR`).
  public static func constant(factor: Double = 1.0 / 3, totalSteps: Int = 5) -> Schedule {
    .factor { $0 < totalSteps ? factor : 1 }
  }

  /// Times `gamma` every `size` steps: step decay (PyTorch's `StepLR`).
  public static func step(size: Int, gamma: Double = 0.1) -> Schedule {
    require(size > 0, "step: size \(size), expected at least 1")
    return .factor { pow(gamma, Double($0 / size)) }
  }

  /// Times `gamma` at each of the milestones (PyTorch's `MultiStepLR`).
  public static func multiStep(_ milestones: [Int], gamma: Double = 0.1) -> Schedule {
    .factor { step in pow(gamma, Double(milestones.filter { $0 <= step }.count)) }
  }

  /// Times `gamma` at every step: e^(−k·t) with gamma e^(−k) (PyTorch's `ExponentialLR`).
  public static func exponential(gamma: Double) -> Schedule { .factor { pow(gamma, Double($0)) } }

  /// base / (1 + decay · t).
  public static func inverseTime(decay: Double) -> Schedule { .factor { 1 / (1 + decay * Double($0)) } }

  /// base · (1 − t / totalSteps)^power, then 0 (PyTorch's `PolynomialLR`).
  public static func polynomial(totalSteps: Int = 5, power: Double = 1) -> Schedule {
    require(totalSteps > 0, "polynomial: \(totalSteps) steps, expected at least 1")
    return .factor { pow(1 - Double(min($0, totalSteps)) / Double(totalSteps), power) }
  }

  /// In a line from `startFactor` to `endFactor` times the base rate, then the latter: a warm-up (PyTorch's `LinearLR`).
  public static func linear(
    startFactor: Double = 1.0 / 3, endFactor: Double = 1, totalSteps: Int = 5
  ) -> Schedule {
    require(totalSteps > 0, "linear: \(totalSteps) steps, expected at least 1")
    return .factor { startFactor + (endFactor - startFactor) * Double(min($0, totalSteps)) / Double(totalSteps) }
  }

  /// base · features^(−½) · min(s^(−½), s · warmupSteps^(−1.5)) at s = t + 1 (Vaswani et al. 2017, equation 3, where the
  /// base rate is 1).
  public static func inverseSquareRoot(warmupSteps: Int, features: Int = 1) -> Schedule {
    require(warmupSteps > 0 && features > 0, "inverseSquareRoot: \(warmupSteps) steps, \(features) features")
    return .factor { step in
      let number = Double(step + 1)
      return min(pow(number, -0.5), number * pow(Double(warmupSteps), -1.5)) / Double(features).squareRoot()
    }
  }

  /// Half a cosine from the base rate to `minimumRate` over so many steps (Loshchilov & Hutter 2017; PyTorch's
  /// `CosineAnnealingLR`). Beyond them it rises again.
  public static func cosine(steps: Int, minimumRate: Double = 0) -> Schedule {
    require(steps > 0, "cosine: \(steps) steps, expected at least 1")
    return Schedule(rate: { base, step in
      cosineBetween(base, minimumRate, Double(step) / Double(steps))
    })
  }

  /// `cosine` that starts again from the base rate, each time after `multiplier` times as many steps (Loshchilov & Hutter
  /// 2017, SGDR; PyTorch's `CosineAnnealingWarmRestarts`).
  public static func cosineWithRestarts(
    firstSteps: Int, multiplier: Int = 1, minimumRate: Double = 0
  ) -> Schedule {
    require(firstSteps > 0 && multiplier > 0, "cosineWithRestarts: \(firstSteps) steps, times \(multiplier)")
    return Schedule(rate: { base, step in
      var (start, length) = (0, firstSteps)
      if multiplier == 1 { start = step / length * length }
      while step - start >= length {
        start += length
        length *= multiplier
      }
      return cosineBetween(base, minimumRate, Double(step - start) / Double(length))
    })
  }

  static func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError("Schedule." + message()) }
  }
}

/// From `start` at 0 to `end` at 1, along half a cosine.
func cosineBetween(_ start: Double, _ end: Double, _ place: Double) -> Double {
  end + (start - end) * (1 + cos(.pi * place)) / 2
}
