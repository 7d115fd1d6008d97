import ApusTensor

/// Images and their labels, ready for a model.
public struct ImageBatch: Sendable {
  /// `[batch, height, width, channels]`, scaled to 0…1.
  public let images: Tensor
  /// `int32[batch]`
  public let labels: Tensor

  public var count: Int { labels.count }
}

extension LabeledImages {
  /// The images at these places as one batch.
  public func batch(_ places: ArraySlice<Int>) -> ImageBatch {
    let size = height * width * channels
    let values = [Float](unsafeUninitializedCapacity: places.count * size) { values, initialized in
      for (row, place) in places.enumerated() {
        for offset in 0..<size { values[row * size + offset] = Float(pixels[place * size + offset]) / 255 }
      }
      initialized = places.count * size
    }
    return ImageBatch(
      images: Tensor(values, shape: [places.count, height, width, channels]),
      labels: Tensor(places.map { Int32(labels[$0]) }))
  }
}

/// Mini-batches of labeled images, prepared on another thread while the last one is used.
public struct ImageLoader: Sendable {
  public let images: LabeledImages
  public let batchSize: Int
  /// Nil keeps the order of the data set.
  public let shuffleSeed: UInt64?

  public init(_ images: LabeledImages, batchSize: Int, shuffleSeed: UInt64? = nil) {
    precondition(batchSize > 0, "a batch holds at least one example")
    self.images = images
    self.batchSize = batchSize
    self.shuffleSeed = shuffleSeed
  }

  /// How many batches an epoch has; the last may be smaller.
  public var batchCount: Int { images.count / batchSize + (images.count % batchSize > 0 ? 1 : 0) }

  /// The batches of an epoch, from one of them on: the same ones whenever it is asked.
  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<ImageBatch> {
    let order = shuffleSeed.map { shuffledOrder(images.count, seed: $0, epoch: epoch) } ?? Array(0..<images.count)
    return Prefetched<ImageBatch>(first..<max(first, batchCount)) { [images, batchSize] number in
      images.batch(order.dropFirst(number * batchSize).prefix(batchSize))
    }
  }
}
