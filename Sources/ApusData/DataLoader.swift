/// Mini-batches of any examples, put together by threads in the background while the last ones are used.
///
/// An epoch's batches depend on the set, the seed, the sampling and the epoch alone: not on the number of threads, nor on
/// whether the epoch is begun at its start. The random changes to an example (its ``ExampleDraw/key``) do not depend on
/// the size of the batches either.
public struct DataLoader<Examples: ExampleSet>: BatchLoader {
  public let examples: Examples
  public let batchSize: Int
  public let sampling: Sampling
  public let seed: UInt64
  /// Whether a last batch that is smaller than the others is left out.
  public let dropsLast: Bool
  /// How many batches are put together at the same time.
  public let threads: Int

  /// Traps when `batchSize` is not positive.
  public init(
    _ examples: Examples, batchSize: Int, sampling: Sampling = .shuffled, seed: UInt64 = 0, dropsLast: Bool = false,
    threads: Int = 2
  ) {
    guard batchSize > 0 else { fatalError("DataLoader: a batch size of \(batchSize), expected 1 or more") }
    self.examples = examples
    self.batchSize = batchSize
    self.sampling = sampling
    self.seed = seed
    self.dropsLast = dropsLast
    self.threads = threads
  }

  /// How many examples an epoch has.
  public var exampleCount: Int { dropsLast ? drawnCount / batchSize * batchSize : drawnCount }

  /// How many batches an epoch has; the last may be smaller unless ``dropsLast``.
  public var batchCount: Int { exampleCount / batchSize + (exampleCount % batchSize > 0 ? 1 : 0) }

  private var drawnCount: Int { sampling.exampleCount(of: examples.count) }

  /// The batches of an epoch (from 0), from one of them on.
  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<Batch> {
    batches(epoch, startingAt: first) { $0 }
  }

  /// The batches of an epoch in another form.
  func batches<Element: Sendable>(
    _ epoch: Int, startingAt first: Int, _ transform: @escaping @Sendable (Batch) -> Element
  ) -> Prefetched<Element> {
    let draws = draws(epoch)
    let (count, batchSize) = (batchCount, batchSize)
    return Prefetched(min(first, count)..<count, ahead: threads + 2, threads: threads) { [examples] number in
      let start = number * batchSize
      return transform(examples.batch(Array(draws[start..<min(start + batchSize, draws.count)])))
    }
  }

  /// The examples that an epoch visits, each with its key.
  func draws(_ epoch: Int) -> [ExampleDraw] {
    let order = sampling.order(of: examples.count, seed: seed, epoch: epoch)
    var keys = SplitMix64(seed: seed ^ 0x6A09_E667_F3BC_C909, epoch: epoch)
    let base = keys.next()
    var repetitions: [Int: UInt64] = [:]
    guard case .weighted = sampling else { return order.map { ExampleDraw(index: $0, key: base &+ UInt64($0)) } }
    return order.map { index in
      let before = repetitions[index, default: 0]
      repetitions[index] = before + 1
      return ExampleDraw(index: index, key: base &+ UInt64(index) &+ before &* 0xA24B_AED4_963E_E407)
    }
  }
}
