import ApusNN
import ApusOptim
import ApusTensor

/// One number that a step gives.
struct StepValue: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// The mean over the examples of the batch.
    case mean
    /// The sum over them.
    case sum
    /// Of the step itself.
    case plain
  }

  let name: String
  let kind: Kind
  var value = 0.0
}

/// Takes a task's steps on batches, each kind of step planned once.
final class Stepper {
  /// What is done on a batch: another combination is another program.
  private struct Kind: Hashable {
    let objectives: [Int]
    let updates: Bool
  }

  private let task: TrainingTask
  /// Empty without accumulation.
  private let accumulators: [GradientAccumulator]
  private var functions: [Kind: ([Tensor]) -> [Tensor]] = [:]
  private var values: [Kind: [StepValue]] = [:]

  init(_ task: TrainingTask, accumulates: Bool) {
    self.task = task
    accumulators = accumulates ? task.objectives.map { GradientAccumulator($0.model) } : []
  }

  /// Trains on one batch; gives what was measured on it.
  ///
  /// - Parameters:
  ///   - step: How many steps were taken before.
  ///   - epoch: From 0.
  ///   - updates: Whether the parameters are changed, not only gradients gathered.
  func callAsFunction(_ batch: [Tensor], step: Int, epoch: Int, updates: Bool) -> [StepValue] {
    let active = task.objectives.indices.filter { task.objectives[$0].isActive(step: step, epoch: epoch) }
    let kind = Kind(objectives: active, updates: updates)
    if functions[kind] == nil {
      functions[kind] = compile(updating: [SlotList(state(kind))]) { [unowned self] batch in body(kind, batch) }
    }
    let results = Phase.with(.training) { functions[kind]!(batch) }
    if updates { for number in active { task.objectives[number].scheduler?.step() } }
    return zip(values[kind]!, results).map { known, result in
      var value = known
      value.value = result.item()
      return value
    }
  }

  private func state(_ kind: Kind) -> [any Stateful] {
    var state: [any Stateful] = task.models
    for number in kind.objectives {
      let objective = task.objectives[number]
      if !accumulators.isEmpty { state.append(accumulators[number]) }
      if let scaler = objective.precision.scaler { state.append(scaler) }
      guard kind.updates else { continue }
      state.append(objective.optimizer)
      if let average = objective.average { state.append(average) }
    }
    return state + task.state.map(\.state)
  }

  private func body(_ kind: Kind, _ batch: [Tensor]) -> [Tensor] {
    var described: [StepValue] = []
    var results: [Tensor] = []
    for number in kind.objectives {
      let objective = task.objectives[number]
      var (result, gradients) = objective.lossAndGradients(batch)
      described.append(StepValue(name: objective.lossName, kind: .mean))
      results.append(result.loss)
      for (name, value) in result.sums {
        described.append(StepValue(name: name, kind: .sum))
        results.append(value)
      }
      if !accumulators.isEmpty {
        accumulators[number].add(gradients)
        guard kind.updates else { continue }
        gradients = accumulators[number].takeMean()
      }
      if let norm = update(objective, gradients) {
        described.append(StepValue(name: objective.prefix + "gradient_norm", kind: .plain))
        results.append(norm)
      }
    }
    values[kind] = described
    return results
  }

  /// One step of the optimizer; the norm that the gradients had, where it is known.
  private func update(_ objective: Objective, _ given: [Tensor]) -> Tensor? {
    var (gradients, norm) = (given, Tensor?.none)
    let scaler = objective.precision.scaler
    let isUnscaled = scaler != nil && objective.clipping != nil
    if let scaler, isUnscaled { gradients = scaler.unscaled(gradients) }
    switch objective.clipping {
    case .norm(let limit):
      let clip = clipped(gradients, norm: limit)
      (gradients, norm) = (clip.gradients, clip.norm)
    case .value(let limit): gradients = clipped(gradients, value: limit)
    case nil: break
    }
    if let scaler {
      scaler.update(objective.optimizer, gradients, isUnscaled: isUnscaled)
    } else {
      objective.optimizer.update(gradients)
    }
    objective.average?.update()
    return norm
  }

  /// Everything that changes from step to step, by the names that checkpoints know it by.
  var entries: [(path: String, slot: Slot)] {
    var entries: [(path: String, slot: Slot)] = []
    for entry in task.model?.entries ?? [] { entries.append(("model.\(entry.path)", entry.slot)) }
    var known = Set(entries.map { ObjectIdentifier($0.slot) })
    for (number, objective) in task.objectives.enumerated() {
      let prefix = objective.prefix
      // Models of several objectives may have parts in common.
      for entry in objective.model.entries where known.insert(ObjectIdentifier(entry.slot)).inserted {
        entries.append(("\(prefix)model.\(entry.path)", entry.slot))
      }
      func add(_ name: String, _ state: (any SavedState)?) {
        for entry in state?.stateEntries ?? [] { entries.append(("\(prefix)\(name).\(entry.path)", entry.slot)) }
      }
      for entry in objective.optimizer.stateEntries {
        entries.append(("\(prefix)optimizer.\(entry.path)", entry.slot))
      }
      add("schedule", objective.scheduler)
      add("average", objective.average)
      add("scaler", objective.precision.scaler)
      if !accumulators.isEmpty { add("accumulator", accumulators[number]) }
    }
    for (name, state) in task.state {
      for (number, slot) in state.stateSlots.enumerated() where slot.tensor != nil {
        entries.append(("state.\(name).\(number)", slot))
      }
    }
    return entries
  }
}

extension TrainingTask {
  /// Everything that is learned; parts may come twice.
  var models: [Module] { (model.map { [$0] } ?? []) + objectives.map(\.model) }
}

/// The slots of several objects, each once: a model and its parts have slots in common.
final class SlotList: Stateful {
  private let objects: [any Stateful]

  init(_ objects: [any Stateful]) { self.objects = objects }

  var stateSlots: [Slot] {
    var known: Set<ObjectIdentifier> = []
    return objects.flatMap(\.stateSlots).filter { known.insert(ObjectIdentifier($0)).inserted }
  }
}
