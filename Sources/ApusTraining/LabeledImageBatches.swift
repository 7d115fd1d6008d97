import ApusData
import ApusTensor

/// Pictures and their labels as batches for a trainer: images `[batch, height, width, channels]` scaled to 0…1, and
/// labels `int32[batch]`.
public struct LabeledImageBatches: BatchLoader {
  public let loader: ImageLoader

  /// - Parameter shuffleSeed: Nil keeps the order of the data set.
  public init(_ images: LabeledImages, batchSize: Int, shuffleSeed: UInt64? = nil) {
    loader = ImageLoader(images, batchSize: batchSize, shuffleSeed: shuffleSeed)
  }

  public var exampleCount: Int { loader.images.count }
  public var batchCount: Int { loader.batchCount }

  public func epoch(_ epoch: Int, startingAt first: Int) -> Prefetched<Batch> {
    let (images, batchSize) = (loader.images, loader.batchSize)
    let order =
      loader.shuffleSeed.map { shuffledOrder(images.count, seed: $0, epoch: epoch) } ?? Array(0..<images.count)
    return Prefetched(first..<max(first, batchCount)) { number in
      let batch = images.batch(order.dropFirst(number * batchSize).prefix(batchSize))
      return Batch([batch.images, batch.labels], count: batch.count)
    }
  }
}
