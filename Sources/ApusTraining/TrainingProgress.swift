import ApusFiles

/// How far a run is, and the sums of the epoch it is in: with the tensors, all that resuming needs.
struct TrainingProgress: Hashable, Sendable {
  /// The epoch that comes next or is under way, from 0.
  var epoch = 0
  /// Batches of it that are done.
  var batch = 0
  /// Training steps done in all.
  var step = 0
  var lossSum = 0.0
  var correct = 0
  var seen = 0

  init() {}

  var metadata: [String: String] {
    [
      "format": "apus-checkpoint", "epoch": "\(epoch)", "batch": "\(batch)", "step": "\(step)",
      // Bits, so that the mean loss of a resumed epoch is that of an uninterrupted one.
      "loss_sum": "\(lossSum.bitPattern)", "correct": "\(correct)", "seen": "\(seen)",
    ]
  }

  init(_ metadata: [String: String], path: String) throws(FileError) {
    func number(_ key: String) throws(FileError) -> Int {
      guard let value = metadata[key].flatMap({ Int($0) }), value >= 0 else {
        throw .malformed(path, "not a checkpoint: its metadata lack the number \"\(key)\"")
      }
      return value
    }
    epoch = try number("epoch")
    batch = try number("batch")
    step = try number("step")
    correct = try number("correct")
    seen = try number("seen")
    guard let bits = metadata["loss_sum"].flatMap({ UInt64($0) }) else {
      throw .malformed(path, "not a checkpoint: its metadata lack the number \"loss_sum\"")
    }
    lossSum = Double(bitPattern: bits)
  }

  mutating func beginEpoch(_ number: Int) {
    self = TrainingProgress(epoch: number, step: step)
  }

  private init(epoch: Int, step: Int) {
    self.epoch = epoch
    self.step = step
  }
}
