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
  /// Examples in the data set: another set cannot be gone on with.
  let examples: Int

  init(examples: Int) { self.examples = examples }

  var metadata: [String: String] {
    [
      "format": "apus-checkpoint", "epoch": "\(epoch)", "batch": "\(batch)", "step": "\(step)",
      // Bits, so that the mean loss of a resumed epoch is that of an uninterrupted one.
      "loss_sum": "\(lossSum.bitPattern)", "correct": "\(correct)", "seen": "\(seen)",
      "examples": "\(examples)",
    ]
  }

  init(_ metadata: [String: String], path: String) throws(FileError) {
    func number(_ key: String) throws(FileError) -> Int {
      guard let value = metadata[key].flatMap({ Int($0) }), 0...Self.limit ~= value else {
        throw .malformed(path, "not a checkpoint: its metadata lack the number \"\(key)\"")
      }
      return value
    }
    epoch = try number("epoch")
    batch = try number("batch")
    step = try number("step")
    correct = try number("correct")
    seen = try number("seen")
    examples = try number("examples")
    guard let bits = metadata["loss_sum"].flatMap({ UInt64($0) }) else {
      throw .malformed(path, "not a checkpoint: its metadata lack the number \"loss_sum\"")
    }
    lossSum = Double(bitPattern: bits)
  }

  mutating func beginEpoch(_ number: Int) {
    let step = step
    self = TrainingProgress(examples: examples)
    self.epoch = number
    self.step = step
  }

  /// Throws unless a run with such batches on so many examples can have been here.
  func check(examples count: Int, batchSize: Int, path: String) throws(FileError) {
    guard examples == count else {
      throw .malformed(path, "a checkpoint of training on \(examples) examples; the data set has \(count)")
    }
    guard batch <= count / batchSize, seen == batch * batchSize, correct <= seen, lossSum.isFinite else {
      throw .malformed(path, "not a checkpoint of this run: \(seen) examples in \(batch) batches of \(batchSize)")
    }
  }

  /// More of anything than a run can have; sums of such numbers do not overflow.
  private static let limit = 1 << 53
}
