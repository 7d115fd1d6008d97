import ApusTensor

/// Images and their labels, ready for a model.
public struct ImageBatch: Sendable {
  /// `[batch, height, width, channels]`, scaled to 0…1.
  public let images: Tensor
  /// `int32[batch]`
  public let labels: Tensor

  public var count: Int { labels.count }
}

/// Mini-batches of labeled images as they are, prepared in the background while the last one is used: a ``DataLoader`` of
/// ``ImageExamples`` with names for the tensors.
public struct ImageLoader: Sendable {
  public let images: LabeledImages
  public let batchSize: Int
  /// Nil keeps the order of the data set.
  public let shuffleSeed: UInt64?
  private let loader: DataLoader<ImageExamples<LabeledImages>>

  public init(_ images: LabeledImages, batchSize: Int, shuffleSeed: UInt64? = nil) {
    self.images = images
    self.batchSize = batchSize
    self.shuffleSeed = shuffleSeed
    loader = DataLoader(
      ImageExamples(images), batchSize: batchSize, sampling: shuffleSeed == nil ? .sequential : .shuffled,
      seed: shuffleSeed ?? 0)
  }

  /// How many batches an epoch has; the last may be smaller.
  public var batchCount: Int { loader.batchCount }

  /// The batches of an epoch, from one of them on: the same ones whenever it is asked.
  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<ImageBatch> {
    loader.batches(epoch, startingAt: first) { ImageBatch(images: $0.tensors[0], labels: $0.tensors[1]) }
  }
}
