import Apus
import Foundation
import Testing

@Suite struct ScheduleTests {
  static func cases() throws -> [JSONValue] { try fixture("schedules", "schedules") }

  /// Rates of two groups and momenta at fifty steps, as PyTorch's schedulers set them.
  @Test(arguments: try! cases())
  func setsPyTorchsRates(_ expected: JSONValue) throws {
    let schedule = try Self.makeSchedule(expected)
    let steps = expected["steps"]?.array?.compactMap(\.int)
    if let rates = expected["rates"]?.array {
      let optimizer = SGD(
        Vectors(Tensor(1), Tensor(2)), learningRate: 0.1, momentum: 0.9,
        groups: [ParameterGroup(["second"], learningRate: 0.4)])
      let scheduler = Scheduler(optimizer, schedule)
      for (step, theirs) in rates.enumerated() {
        for (ours, theirs) in zip(optimizer.learningRates, theirs.doubles) {
          #expect(abs(ours - theirs) < 1e-12, "step \(step): \(ours), PyTorch \(theirs)")
        }
        if let momentum = expected["momenta"]?.doubles[step] {
          #expect(abs(optimizer.momentum! - momentum) < 1e-12, "step \(step)")
        }
        scheduler.step()
      }
      #expect(scheduler.stepCount == rates.count)
    } else {
      for (step, theirs) in zip(try #require(steps), expected["momenta"]!.doubles) {
        #expect(abs(schedule.momentum(step: step)! - theirs) < 1e-12, "step \(step)")
        #expect(schedule.rate(0.3, step: step) == 0.3)
      }
    }
  }

  private static func makeSchedule(_ json: JSONValue) throws -> Schedule {
    let options = try #require(json["options"])
    func number(_ key: String) -> Double { options.number(key)! }
    func integer(_ key: String) -> Int { options[key]!.int! }
    let momentum = options["momentum"].map { $0.doubles[0]...$0.doubles[1] }
    switch json["schedule"]?.string {
    case "base": return .constant
    case "factor": return .factor { pow(0.97, Double($0)) * Double(1 + $0 % 3) }
    case "constant": return .constant(factor: number("factor"), totalSteps: integer("totalSteps"))
    case "linear":
      return .linear(
        startFactor: number("startFactor"), endFactor: number("endFactor"), totalSteps: integer("totalSteps"))
    case "step": return .step(size: integer("size"), gamma: number("gamma"))
    case "multiStep":
      return .multiStep(options["milestones"]!.array!.compactMap(\.int), gamma: number("gamma"))
    case "exponential": return .exponential(gamma: number("gamma"))
    case "polynomial": return .polynomial(totalSteps: integer("totalSteps"), power: number("power"))
    case "cosine": return .cosine(steps: integer("steps"), minimumRate: number("minimumRate"))
    case "cosineWithRestarts":
      return .cosineWithRestarts(
        firstSteps: integer("firstSteps"), multiplier: integer("multiplier"), minimumRate: number("minimumRate"))
    case "cyclic": return try cyclic(options, momentum)
    case "oneCycle":
      return .oneCycle(
        maxRate: number("maxRate"), totalSteps: integer("totalSteps"),
        risingShare: options.number("risingShare") ?? 0.3,
        annealing: options["annealing"]?.string == "linear" ? .linear : .cosine, momentum: momentum,
        divisor: options.number("divisor") ?? 25, finalDivisor: options.number("finalDivisor") ?? 1e4,
        threePhases: options.isTrue("threePhases"))
    case "inverseTime": return .inverseTime(decay: number("decay"))
    case "inverseSquareRoot":
      return .inverseSquareRoot(warmupSteps: integer("warmupSteps"), features: integer("features"))
    case "sequence":
      return .sequence(
        [.linear(startFactor: 0.1, totalSteps: 5), .exponential(gamma: 0.9), .step(size: 4, gamma: 0.5)], at: [5, 20])
    case "chain": return .chain([.constant(factor: 0.1, totalSteps: 4), .exponential(gamma: 0.9)])
    case "risingMomentum": return .risingMomentum(upTo: number("most"))
    default: throw CancellationError()
    }
  }

  private static func cyclic(_ options: JSONValue, _ momentum: ClosedRange<Double>?) throws -> Schedule {
    // PyTorch sets its own base rate; both groups have it.
    let cycles: Schedule.Cycles =
      switch options["cycles"]?.string {
      case "triangular2": .triangular2
      case "exponentialRange": .exponentialRange(gamma: options.number("gamma")!)
      default: .triangular
      }
    let schedule = Schedule.cyclic(
      maxRate: options.number("maxRate")!, stepsUp: options["stepsUp"]!.int!, stepsDown: options["stepsDown"]?.int,
      cycles, momentum: momentum)
    guard schedule.hasMomentum else { return Schedule(rate: { _, step in schedule.rate(0.1, step: step) }) }
    return Schedule(
      rate: { _, step in schedule.rate(0.1, step: step) }, momentum: { schedule.momentum(step: $0)! })
  }

  @Test(arguments: try! fixture("schedules", "plateaus"))
  func lowersTheRateOnPyTorchsPlateaus(_ expected: JSONValue) throws {
    let options = try #require(expected["options"])
    let optimizer = SGD(Vectors([0]), learningRate: 0.1)
    let threshold: PlateauScheduler.Threshold =
      options.number("absolute").map { .absolute($0) } ?? .relative(options.number("relative") ?? 1e-4)
    let scheduler = PlateauScheduler(
      optimizer, mode: options["mode"]?.string == "max" ? .max : .min, factor: options.number("factor")!,
      patience: options["patience"]!.int!, threshold: threshold, cooldown: options["cooldown"]?.int ?? 0,
      minimumRate: options.number("minimumRate") ?? 0)
    for (measured, rate) in zip(expected["measured"]!.doubles, expected["rates"]!.doubles) {
      scheduler.step(measured)
      #expect(abs(optimizer.learningRate - rate) < 1e-15)
    }
  }

  /// What is declared as a schedule is among the cases, for fifty steps at least.
  @Test func everyScheduleHasATrajectory() throws {
    let cases = try Self.cases()
    let names = Set(cases.compactMap { $0["schedule"]?.string })
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/ApusOptim/Schedules")
    for file in ["Schedule.swift", "Schedule+Cycles.swift"] {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      let declared = text.matches(of: /public static func (\w+)\(/).map { String($0.1) }
      #expect(!declared.isEmpty)
      for name in declared { #expect(names.contains(name), "\(name)") }
    }
    for json in cases {
      #expect((json["rates"]?.array?.count ?? 0) >= 50 || json["schedule"]?.string == "risingMomentum", "\(json)")
    }
    for json in try fixture("schedules", "plateaus") { #expect((json["rates"]?.array?.count ?? 0) >= 50) }
  }

  /// Values of the formulas: e^(−k·t), 1 / (1 + k·t), half every five epochs.
  @Test func decaysAreTheirFormulas() {
    let exponential = Schedule.exponential(gamma: exp(-0.1))
    let inverse = Schedule.inverseTime(decay: 0.5)
    let halving = Schedule.step(size: 5, gamma: 0.5)
    for t in 0..<30 {
      #expect(abs(exponential.rate(0.2, step: t) - 0.2 * exp(-0.1 * Double(t))) < 1e-15)
      #expect(abs(inverse.rate(0.2, step: t) - 0.2 / (1 + 0.5 * Double(t))) < 1e-15)
      #expect(halving.rate(0.2, step: t) == 0.2 * [1, 0.5, 0.25, 0.125, 0.0625, 0.03125][t / 5])
    }
  }

  /// The compiled step is traced once and takes the rate and the momentum of each step.
  @Test func aCompiledStepFollowsTheScheduleWithoutBeingPlannedAgain() {
    let model = Vectors([1, 2, 3])
    let optimizer = SGD(model, learningRate: 0.1, momentum: 0.5)
    let schedule = Schedule.exponential(gamma: 0.5).with(momentum: { 0.5 + Double($0) / 10 })
    let scheduler = Scheduler(optimizer, schedule)
    var traces = 0
    let step = compile(updating: [model, optimizer]) { gradients in
      traces += 1
      optimizer.update(gradients)
      return []
    }
    var (w, u) = (1.0, 0.0)
    for t in 0..<4 {
      _ = step([Tensor([1, 1, 1], dtype: .float64)])
      scheduler.step()
      u = u * (0.5 + Double(t) / 10) + 1
      w -= 0.1 * pow(0.5, Double(t)) * u
      #expect(abs(model.first[0].item() - w) < 1e-14)
    }
    #expect(traces == 1)
  }
}
