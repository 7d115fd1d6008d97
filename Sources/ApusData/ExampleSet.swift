/// One example as an epoch draws it.
public struct ExampleDraw: Hashable, Sendable {
  /// Which example of the set.
  public let index: Int
  /// A number that depends on the seed, the epoch, the example, and how often the epoch has drawn it before: what random
  /// changes to the example begin with.
  public let key: UInt64

  public init(index: Int, key: UInt64) {
    self.index = index
    self.key = key
  }
}

/// Examples that can be put together to batches.
public protocol ExampleSet: Sendable {
  var count: Int { get }
  /// The batch of these examples: the same for the same draws, on any thread.
  func batch(_ draws: [ExampleDraw]) -> Batch
}
