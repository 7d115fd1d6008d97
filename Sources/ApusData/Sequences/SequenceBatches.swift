import ApusTensor

/// One example of some sequences of tokens, each as long as it is: a sentence and its translation, or words and their
/// tags.
public struct SequenceExample: Hashable, Sendable {
  public var sequences: [[Int32]]

  public init(_ sequences: [Int32]...) { self.sequences = sequences }
  public init(_ sequences: [[Int32]]) { self.sequences = sequences }
}

/// Sequences of different lengths in batches, those of about the same length together, so that little is padded.
///
/// A batch has one tensor `[batch, time]`, `int32`, for each sequence of an example, filled up at the end with the
/// padding's number; times are those of the batch's longest. An epoch's batches depend on the seed and the epoch alone.
public struct SequenceBatches: BatchLoader {
  public let examples: [SequenceExample]
  public let batchSize: Int
  /// What each sequence of an example is filled up with.
  public let padding: [Int32]
  /// Nil keeps the order of the examples.
  public let seed: UInt64?
  /// Times are made up to a multiple of this, so that fewer different shapes are planned.
  public let multiple: Int
  /// Whether all of an example's sequences are brought to the same length.
  public let isAligned: Bool

  /// How many batches' worth of examples are sorted by length at a time.
  private static let pool = 50

  /// Traps when `batchSize` is not positive, or an example has another number of sequences than there are paddings.
  public init(
    _ examples: [SequenceExample], batchSize: Int, padding: [Int32], seed: UInt64? = nil, multiple: Int = 4,
    isAligned: Bool = false
  ) {
    guard batchSize > 0, multiple > 0 else {
      fatalError("SequenceBatches: a batch of \(batchSize), times in multiples of \(multiple), expected 1 or more")
    }
    if let wrong = examples.first(where: { $0.sequences.count != padding.count }) {
      fatalError("SequenceBatches: an example of \(wrong.sequences.count) sequences, expected \(padding.count)")
    }
    (self.examples, self.batchSize, self.padding, self.seed) = (examples, batchSize, padding, seed)
    (self.multiple, self.isAligned) = (multiple, isAligned)
  }

  public var exampleCount: Int { examples.count }
  public var batchCount: Int { (examples.count + batchSize - 1) / batchSize }

  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<Batch> {
    self.epoch(epoch, startingAt: first) { $0 }
  }

  /// The batches of an epoch in another form.
  public func epoch(
    _ epoch: Int, startingAt first: Int, _ transform: @escaping @Sendable (Batch) -> Batch
  ) -> Prefetched<Batch> {
    let groups = groups(epoch)
    return Prefetched(min(first, groups.count)..<groups.count) { [self] number in transform(batch(groups[number])) }
  }

  /// The numbers of the examples of each batch.
  public func groups(_ epoch: Int) -> [[Int]] {
    func cut(_ order: [Int]) -> [[Int]] {
      stride(from: 0, to: order.count, by: batchSize).map { Array(order[$0..<min($0 + batchSize, order.count)]) }
    }
    guard let seed else { return cut(Array(examples.indices)) }
    let order = shuffledOrder(examples.count, seed: seed, epoch: epoch)
    let size = Self.pool * batchSize
    let sorted = stride(from: 0, to: order.count, by: size).flatMap { start in
      order[start..<min(start + size, order.count)].sorted { (lengths($0), $0) < (lengths($1), $1) }
    }
    let groups = cut(sorted)
    return shuffledOrder(groups.count, seed: ~seed, epoch: epoch).map { groups[$0] }
  }

  /// What is alike in a batch: the lengths, that of the longest sequence first.
  private func lengths(_ index: Int) -> Int {
    examples[index].sequences.reduce(0) { max($0, $1.count) }
  }

  private func batch(_ indices: [Int]) -> Batch {
    var times = padding.indices.map { place in
      let longest = indices.map { examples[$0].sequences[place].count }.max() ?? 0
      return max(1, (longest + multiple - 1) / multiple) * multiple
    }
    if isAligned { times = times.map { _ in times.max() ?? multiple } }
    let tensors = padding.indices.map { place in
      var values = [Int32](repeating: padding[place], count: indices.count * times[place])
      for (row, index) in indices.enumerated() {
        for (time, token) in examples[index].sequences[place].enumerated() { values[row * times[place] + time] = token }
      }
      return Tensor(values, shape: [indices.count, times[place]])
    }
    return Batch(tensors, count: indices.count)
  }
}
