/// The batches of one loader for some epochs, then those of another: unlabelled examples first, then few with labels.
public struct PhasedBatches: BatchLoader {
  public let first: any BatchLoader
  public let second: any BatchLoader
  /// The epoch, from 0, from which on batches are the second's.
  public let change: Int

  /// Traps when epochs of the two differ in size: draw as many with `Sampling.weighted`.
  public init(_ first: any BatchLoader, until change: Int, then second: any BatchLoader) {
    guard first.exampleCount == second.exampleCount, first.batchCount == second.batchCount else {
      fatalError(
        "PhasedBatches: epochs of \(first.exampleCount) and \(second.exampleCount) examples, expected as many in both")
    }
    (self.first, self.second, self.change) = (first, second, change)
  }

  public var exampleCount: Int { first.exampleCount }
  public var batchCount: Int { first.batchCount }

  public func epoch(_ epoch: Int, startingAt first: Int) -> Prefetched<Batch> {
    (epoch < change ? self.first : second).epoch(epoch, startingAt: first)
  }
}
