import ApusTensor

/// What one training step is given.
public struct Batch: Sendable {
  /// The tensors by their role: for a classifier the inputs and the labels.
  public let tensors: [Tensor]
  /// How many examples they hold.
  public let count: Int

  public init(_ tensors: [Tensor], count: Int) {
    self.tensors = tensors
    self.count = count
  }
}

/// Gives an epoch's mini-batches: the same ones for the same epoch, whenever it is asked and from whichever batch on, so
/// that an interrupted run goes on to the same bits.
public protocol BatchLoader: Sendable {
  /// How many examples an epoch has.
  var exampleCount: Int { get }
  /// How many batches an epoch has.
  var batchCount: Int { get }
  /// The batches of an epoch (from 0), from one of them on.
  func epoch(_ epoch: Int, startingAt first: Int) -> Prefetched<Batch>
}
