import ApusFiles
import ApusFormats
import ApusNN
import ApusOptim
import ApusTensor

extension Trainer {
  /// Everything that a checkpoint holds.
  private var checkpointEntries: [(path: String, slot: Slot)] {
    var entries = stepper.entries
    for callback in callbacks {
      for entry in callback.stateEntries { entries.append(("callback.\(callback.name).\(entry.path)", entry.slot)) }
    }
    return entries
  }

  /// Writes everything that is needed to go on from here to a file, whole or not at all.
  public func writeCheckpoint(to path: String) throws {
    let tensors = checkpointEntries.map { (name: $0.path, tensor: $0.slot.tensor!) }
    try TensorFile(tensors, metadata: progress.metadata).write(to: path)
  }

  /// Writes the run's last checkpoint, and the model for those who want nothing else.
  func writeCheckpoint(endsEpoch: Bool = false) throws {
    guard let directory else { return }
    try writeCheckpoint(to: directory.checkpointPath)
    try directory.writeModel(task)
    for callback in callbacks { try callback.checkpointWritten(self, endsEpoch: endsEpoch) }
  }

  /// Goes on from the last checkpoint of the run directory.
  ///
  /// Throws, and changes nothing in the directory, when the checkpoint is not one of this task on these data.
  public func resume() throws {
    guard let directory else { fatalError("Trainer: resume() without a run directory") }
    try restore(from: directory.checkpointPath)
    try directory.removeLeftovers()
    try directory.dropMetrics(after: progress.step)
    // A run that was killed between the two has a model older than its checkpoint.
    try directory.writeModel(task)
  }

  /// Goes on from a checkpoint.
  public func restore(from path: String) throws {
    let file = try TensorFile(contentsOf: path)
    let saved = try TrainingProgress(file.metadata, path: path)
    try saved.check(examples: data.exampleCount, batches: data.batchCount, path: path)
    if let epochs = options.epochs, saved.epoch > epochs || (saved.epoch == epochs && saved.batch > 0) {
      let done = saved.epoch + (saved.batch > 0 ? 1 : 0)
      throw FileError.malformed(path, "training is in epoch \(done) already, past the last, \(epochs)")
    }
    if let steps = options.steps, saved.step > steps {
      throw FileError.malformed(path, "training has done \(saved.step) steps already, more than \(steps)")
    }
    try assign(checkpointEntries, from: file, prefix: "", path: path, what: "this run's model and optimizer")
    progress = saved
  }
}
