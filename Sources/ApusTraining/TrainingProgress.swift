import ApusFiles

/// How far a run is, and the sums of the epoch it is in: with the tensors, all that resuming needs.
public struct TrainingProgress: Hashable, Sendable {
  /// The epoch that comes next or is under way, from 0.
  public internal(set) var epoch = 0
  /// Batches of it that are done.
  public internal(set) var batch = 0
  /// Steps taken in all: batches, unless gradients of several are gathered for one.
  public internal(set) var step = 0
  /// Examples of the epoch that were trained on.
  public internal(set) var seen = 0
  /// What is added up over the epoch, and over how many examples.
  private var sums: [Sum] = []
  /// Of the data: a run on others cannot be gone on with.
  let examples: Int
  let batches: Int

  struct Sum: Hashable, Sendable {
    let name: String
    var value: Double
    var count: Int
  }

  init(examples: Int, batches: Int) { (self.examples, self.batches) = (examples, batches) }

  /// The means over the examples of the epoch so far.
  public var means: Measures {
    var means = Measures()
    for sum in sums { means[sum.name] = sum.value / Double(max(1, sum.count)) }
    return means
  }

  mutating func add(_ name: String, _ value: Double, count: Int) {
    if let place = sums.firstIndex(where: { $0.name == name }) {
      sums[place].value += value
      sums[place].count += count
    } else {
      sums.append(Sum(name: name, value: value, count: count))
    }
  }

  mutating func beginEpoch(_ number: Int) {
    epoch = number
    (batch, seen, sums) = (0, 0, [])
  }

  // MARK: In checkpoints

  var metadata: [String: String] {
    var metadata = [
      "format": "apus-checkpoint", "epoch": "\(epoch)", "batch": "\(batch)", "step": "\(step)", "seen": "\(seen)",
      "examples": "\(examples)", "batches": "\(batches)", "sums": sums.map(\.name).joined(separator: " "),
    ]
    // Bits, so that the means of a resumed epoch are those of an uninterrupted one.
    for sum in sums { metadata["sum.\(sum.name)"] = "\(sum.value.bitPattern) \(sum.count)" }
    return metadata
  }

  init(_ metadata: [String: String], path: String) throws(FileError) {
    func malformed(_ key: String) -> FileError {
      .malformed(path, "not a checkpoint: its metadata lack the number \"\(key)\"")
    }
    func number(_ key: String) throws(FileError) -> Int {
      guard let value = metadata[key].flatMap({ Int($0) }), 0...Self.limit ~= value else { throw malformed(key) }
      return value
    }
    epoch = try number("epoch")
    batch = try number("batch")
    step = try number("step")
    seen = try number("seen")
    examples = try number("examples")
    batches = try number("batches")
    for name in (metadata["sums"] ?? "").split(separator: " ") {
      let numbers = (metadata["sum.\(name)"] ?? "").split(separator: " ")
      guard numbers.count == 2, let bits = UInt64(numbers[0]), let count = Int(numbers[1]), 0...seen ~= count else {
        throw malformed("sum.\(name)")
      }
      sums.append(Sum(name: String(name), value: Double(bitPattern: bits), count: count))
    }
  }

  /// Throws unless a run on so many examples can have been here.
  func check(examples count: Int, batches batchCount: Int, path: String) throws(FileError) {
    guard examples == count else {
      throw .malformed(path, "a checkpoint of training on \(examples) examples; the data set has \(count)")
    }
    guard batches == batchCount, batch <= batchCount, seen <= count, seen >= batch else {
      throw .malformed(
        path, "not a checkpoint of this run: \(seen) examples in \(batch) of \(batches) batches, now \(batchCount)")
    }
  }

  /// More of anything than a run can have; sums of such numbers do not overflow.
  private static let limit = 1 << 53
}
