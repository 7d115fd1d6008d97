import ApusNN
import ApusOptim
import ApusTensor

/// A loss that is not a number: training cannot go on. Where the trainer traces it, the models are left as they were
/// before the step that went wrong.
public struct Divergence: Error, CustomStringConvertible {
  /// What went bad first: `the gradient of conv1.weight (3 of 150 elements)`; nil where it was not traced.
  public let origin: String?
  public let description: String

  init(name: String, isNaN: Bool, progress: TrainingProgress, origin: String?, trainer: Trainer) {
    self.origin = origin
    let rate = trainer.task.objectives[0].optimizer.learningRate
    let place = "step \(progress.step) (epoch \(progress.epoch + 1))"
    var text = "the \(name) became \(isNaN ? "NaN" : "infinite") at \(place): lower the learning rate, now \(rate)"
    if let origin { text += "; what went bad first is \(origin)" }
    if let directory = trainer.directory {
      text += directory.hasCheckpoint ? "; the last checkpoint is as it was" : "; there is no checkpoint yet"
    }
    description = text
  }
}

/// Finds out what went bad first: keeps a copy of everything from a hundred batches ago at most, takes the steps since
/// then once more, and looks at every tensor of the first bad one.
final class DivergenceTracer {
  private struct Copy {
    let progress: TrainingProgress
    let tensors: [Tensor]
  }

  private static let interval = 100
  private let task: TrainingTask
  private let stepper: Stepper
  private var copy: Copy?
  private var batchesSinceCopy = 0

  init(_ task: TrainingTask, _ stepper: Stepper) { (self.task, self.stepper) = (task, stepper) }

  /// Called before each batch.
  func note(_ progress: TrainingProgress) {
    batchesSinceCopy += 1
    guard copy == nil || progress.batch == 0 || batchesSinceCopy >= Self.interval else { return }
    copy = Copy(progress: progress, tensors: tensors)
    batchesSinceCopy = 0
  }

  private var tensors: [Tensor] { stepper.entries.map { $0.slot.tensor! } }

  private func restore(_ tensors: [Tensor]) {
    for (entry, tensor) in zip(stepper.entries, tensors) { entry.slot.tensor = tensor }
  }

  /// What went bad first up to here, in words; nil where the steps go well when they are taken again.
  func origin(before failed: TrainingProgress, batchesPerStep: Int, _ trainer: Trainer) throws -> String? {
    guard let copy else { return nil }
    restore(copy.tensors)
    var (step, number) = (copy.progress.step, copy.progress.batch)
    for batch in trainer.data.epoch(copy.progress.epoch, startingAt: copy.progress.batch) {
      let before = tensors
      if let bad = badEntry { return "\(bad), before the step" }
      let updates = trainer.isStepEnd(number + 1)
      let values = stepper(batch.tensors, step: step, epoch: copy.progress.epoch, updates: updates)
      let bad = badEntry
      if bad != nil || values.contains(where: { $0.kind == .mean && !$0.value.isFinite }) {
        restore(before)
        let origin =
          inspect(batch.tensors, step: step, epoch: copy.progress.epoch) ?? bad.map { "\($0), after the step" }
        restore(before)
        return origin
      }
      number += 1
      step += updates ? 1 : 0
      if number >= failed.batch { return nil }
    }
    return nil
  }

  /// The first parameter, moment or other state that is not finite.
  private var badEntry: String? {
    let entries = stepper.entries.filter { $0.slot.tensor!.dtype.isFloat }
    let bad = firstBad(entries.map { $0.slot.tensor! })
    return bad.map { "\(entries[$0.place].path)\($0.count)" }
  }

  /// Looks at the tensors of one step in the order in which they are made.
  private func inspect(_ batch: [Tensor], step: Int, epoch: Int) -> String? {
    let inputs = batch.enumerated().filter { $1.dtype.isFloat }
    if let bad = firstBad(inputs.map(\.element)) {
      return "tensor \(inputs[bad.place].offset) of the batch\(bad.count)"
    }
    for objective in task.objectives where objective.isActive(step: step, epoch: epoch) {
      if let bad = Phase.with(.training, { inspect(objective, batch) }) { return bad }
    }
    return nil
  }

  private func inspect(_ objective: Objective, _ batch: [Tensor]) -> String? {
    var result: BatchLoss?
    let calls = LayerTrace.record {
      let inputs = batch.map(objective.precision.narrowed)
      if let dtype = objective.precision.dtype {
        objective.model.computing(in: dtype) { result = objective.loss(inputs) }
      } else {
        result = objective.loss(inputs)
      }
    }
    let outputs = calls.filter { $0.value.dtype.isFloat }
    if let bad = firstBad(outputs.map(\.value)) {
      let call = outputs[bad.place]
      return "the activation of \(path(of: call.layer).map { "\($0) (\(call.kind))" } ?? call.kind)\(bad.count)"
    }
    if let loss = result?.loss, let bad = firstBad([loss]) { return "the \(objective.lossName) itself\(bad.count)" }
    // Gradients come from the loss backwards: the one nearest to it is the first.
    let gradients = Array(objective.lossAndGradients(batch).gradients.reversed())
    let paths = objective.model.parameters.map(\.path).reversed().map { $0 }
    return firstBad(gradients).map { "the gradient of \(objective.prefix)\(paths[$0.place])\($0.count)" }
  }

  private func path(of layer: ObjectIdentifier) -> String? {
    for objective in task.objectives {
      for (path, module) in objective.model.namedChildren where ObjectIdentifier(module) == layer {
        return objective.prefix + path
      }
    }
    return nil
  }

  /// The first tensor with elements that are not finite, and how many of them.
  private func firstBad(_ tensors: [Tensor]) -> (place: Int, count: String)? {
    let counts = tensors.map { (!$0.isFinite()).cast(to: .int64).sum() }
    Tensor.evaluate(counts)
    guard let place = counts.firstIndex(where: { $0.item() > 0 }) else { return nil }
    return (place, " (\(Int(counts[place].item())) of \(tensors[place].count) elements)")
  }
}
