import Apus
import Foundation
import Testing

/// What was saved after some steps and read into new objects goes on with the same bits.
@Suite struct StateTests {
  typealias Maker = (name: String, make: @Sendable (Module) -> Optimizer)

  /// Every kind of optimizer as it is chosen by name, and with all the state that it can have.
  static let makers: [Maker] = kinds + configurations

  private static let kinds: [Maker] = OptimizerKind.allCases.map { kind in
    (kind.rawValue, { kind.make($0, learningRate: 0.02) })
  }

  private static let configurations: [Maker] = [
    ("SGD", { SGD($0, learningRate: 0.05, momentum: 0.9, dampening: 0.2) }),
    ("AdamW", { AdamW($0, learningRate: 0.05, weightDecay: 0.1, amsgrad: true) }),
    ("AdaGrad", { AdaGrad($0, learningRate: 0.1, rateDecay: 0.1) }),
    ("RMSProp", { RMSProp($0, momentum: 0.9, centered: true) }),
    ("NAdam", { NAdam($0, schedule: .constant) }),
    ("Muon", { Muon($0, learningRate: 0.02, groups: [ParameterGroup(["second"], learningRate: 0.1)]) }),
    ("Rprop", { Rprop($0) }),
    ("AveragedSGD", { AveragedSGD($0, averagingStart: 2) }),
    ("SparseSGD", { SparseSGD($0, learningRate: 0.05) }),
    ("SparseAdam", { SparseAdam($0, learningRate: 0.05) }),
    ("LBFGS", { LBFGS($0, maxIterations: 2, historySize: 3, search: .strongWolfe) }),
    ("LineSearch", { LineSearch($0) }),
  ]

  /// Every kind of schedule as it is chosen by name, and those that are not.
  static let schedules: [(name: String, schedule: Schedule)] = scheduleKinds + otherSchedules

  private static let scheduleKinds = ScheduleKind.allCases.map { kind in
    (name: kind.rawValue, schedule: kind.make(learningRate: 0.3, steps: 40, withMomentum: true))
  }

  private static let otherSchedules: [(name: String, schedule: Schedule)] = [
    ("factor", .factor { 1 / (1 + Double($0 % 7)) }), ("constant", .constant(factor: 0.3, totalSteps: 25)),
    ("multiStep", .multiStep([3, 22, 30], gamma: 0.7)),
    ("triangular2", .cyclic(maxRate: 0.9, stepsUp: 7, stepsDown: 4, .triangular2, momentum: 0.8...0.9)),
    ("risingMomentum", .risingMomentum()),
    ("chain", .chain([.constant(factor: 0.1, totalSteps: 24), .exponential(gamma: 0.9)])),
  ]

  private static func copy(_ from: any SavedState, to: any SavedState) throws {
    let (theirs, ours) = (from.stateEntries, to.stateEntries)
    #expect(theirs.map(\.path) == ours.map(\.path))
    #expect(Set(ours.map(\.path)).count == ours.count)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try TensorFile(theirs.map { (name: $0.path, tensor: $0.slot.value) }).write(to: path)
    let file = try TensorFile(contentsOf: path)
    for entry in ours {
      entry.slot.value = try #require(file.tensors.first { $0.name == entry.path }).tensor
    }
  }

  /// Twenty steps, a file, and twenty steps more.
  @Test(arguments: makers.indices)
  func optimizersGoOnWithTheSameBits(_ index: Int) throws {
    let start = Tensor([Float](repeating: 0.5, count: 6), shape: [2, 3])
    func make() -> (Vectors, Optimizer) {
      let model = Vectors(start, Tensor([Float(1), -2, 3]))
      return (model, Self.makers[index].make(model))
    }
    func step(_ model: Vectors, _ optimizer: Optimizer) {
      func evaluated() -> LossAndGradients {
        valueAndGrad(model) {
          (model.first - Tensor([Float(1), 2, -1])).squared().sum() + (model.first * 2).cos().sum()
            + (model.second! - 0.5).squared().sum()
        }
      }
      switch optimizer {
      case let optimizer as LBFGS: optimizer.step(evaluated)
      case let optimizer as LineSearch: optimizer.step(evaluated)
      default: optimizer.take(evaluated().gradients)
      }
    }
    let (model, optimizer) = make()
    for _ in 0..<20 { step(model, optimizer) }
    let (other, resumed) = make()
    (other.first, other.second) = (model.first, model.second)
    try Self.copy(optimizer, to: resumed)
    for _ in 0..<20 {
      step(model, optimizer)
      step(other, resumed)
    }
    for (ours, theirs) in zip(resumed.stateEntries, optimizer.stateEntries) {
      #expect(ours.slot.value.bytes == theirs.slot.value.bytes, "\(Self.makers[index].name): \(ours.path)")
    }
    #expect(model.first.doubles() == other.first.doubles() && model.second!.doubles() == other.second!.doubles())
    #expect(model.first.doubles() != start.doubles())
  }

  @Test func schedulesGoOnWithTheSameRates() throws {
    func make() -> (SGD, Scheduler, PlateauScheduler) {
      let optimizer = SGD(Vectors([0]), learningRate: 0.3, momentum: 0.9)
      let schedule = Schedule.oneCycle(maxRate: 0.7, totalSteps: 20)
      return (optimizer, Scheduler(optimizer, schedule), PlateauScheduler(optimizer, patience: 1, cooldown: 1))
    }
    let (optimizer, scheduler, plateau) = make()
    for _ in 0..<7 { scheduler.step() }
    for measured in [1, 0.9, 0.95] { plateau.step(measured) }
    let (other, resumed, resumedPlateau) = make()
    try Self.copy(optimizer, to: other)
    try Self.copy(scheduler, to: resumed)
    try Self.copy(plateau, to: resumedPlateau)
    for step in 0..<8 {
      plateau.step(1)
      resumedPlateau.step(1)
      #expect(optimizer.learningRates == other.learningRates && optimizer.momentum == other.momentum, "step \(step)")
      scheduler.step()
      resumed.step()
      #expect(optimizer.learningRates == other.learningRates && optimizer.momentum == other.momentum, "step \(step)")
    }
    #expect(resumed.stepCount == 15)
  }

  @Test(arguments: schedules.indices)
  func everyScheduleGoesOnWithTheSameRates(_ index: Int) throws {
    func make() -> (SGD, Scheduler) {
      let groups = [ParameterGroup(["second"], learningRate: 0.07)]
      let optimizer = SGD(Vectors(Tensor(0), Tensor(1)), learningRate: 0.3, momentum: 0.9, groups: groups)
      return (optimizer, Scheduler(optimizer, Self.schedules[index].schedule))
    }
    let (optimizer, scheduler) = make()
    for _ in 0..<20 { scheduler.step() }
    let (other, resumed) = make()
    try Self.copy(optimizer, to: other)
    try Self.copy(scheduler, to: resumed)
    for step in 20..<40 {
      let name = "\(Self.schedules[index].name), step \(step)"
      #expect(optimizer.learningRates == other.learningRates && optimizer.momentum == other.momentum, "\(name)")
      scheduler.step()
      resumed.step()
    }
    #expect(resumed.stepCount == 40)
  }

  @Test func averagesSumsAndScalesAreState() throws {
    let (model, other) = (Vectors([1, 2]), Vectors([1, 2]))
    let (average, resumedAverage) = (WeightAverage(model, .equal), WeightAverage(other, .equal))
    let (sums, resumedSums) = (GradientAccumulator(model), GradientAccumulator(other))
    let (scaler, resumedScaler) = (LossScaler(interval: 3), LossScaler(interval: 3))
    for value in [3.0, 7.0] {
      model.first = Tensor([value, 1], dtype: .float64)
      average.update()
      sums.add([model.first])
      scaler.update(SGD(model, learningRate: 0), [model.first])
    }
    try Self.copy(average, to: resumedAverage)
    try Self.copy(sums, to: resumedSums)
    try Self.copy(scaler, to: resumedScaler)
    #expect(resumedAverage.values[0].doubles() == [5, 1] && resumedAverage.updateCount == 2)
    #expect(resumedSums.batchCount == 2 && resumedSums.takeSum()[0].doubles() == [10, 2])
    resumedScaler.update(SGD(model, learningRate: 0), [model.first])
    #expect(resumedScaler.scale == 131072)
  }
}
