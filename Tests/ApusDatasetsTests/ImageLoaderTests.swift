import Apus
import Testing

@Suite struct ImageLoaderTests {
  /// Ten images of one pixel whose value and label are their number.
  private static func images() throws -> LabeledImages {
    try LabeledImages(
      count: 10, height: 1, width: 1, channels: 1, pixels: (0..<10).map { UInt8($0 * 25) }, labels: Array(0..<10))
  }

  private static func labels(_ batches: Prefetched<ImageBatch>) -> [[Int32]] {
    batches.map { $0.labels.scalars(Int32.self) }
  }

  @Test func batchesAreDeterministic() throws {
    let loader = ImageLoader(try Self.images(), batchSize: 4, shuffleSeed: 3)
    let first = Self.labels(loader.epoch(0))
    #expect(first.map(\.count) == [4, 4, 2])
    #expect(first.flatMap { $0 }.sorted() == Array(0..<10))
    #expect(Self.labels(loader.epoch(0)) == first)
    #expect(Self.labels(loader.epoch(1)) != first)
    #expect(Self.labels(ImageLoader(try Self.images(), batchSize: 4, shuffleSeed: 4).epoch(0)) != first)
    // Going on in the middle gives what was left.
    #expect(Self.labels(loader.epoch(0, startingAt: 1)) == Array(first.dropFirst()))
    #expect(Self.labels(loader.epoch(0, startingAt: 3)).isEmpty)
  }

  @Test func imagesAreScaledAndMatchTheirLabels() throws {
    for batch in ImageLoader(try Self.images(), batchSize: 3, shuffleSeed: 1).epoch(0) {
      #expect(batch.images.shape == [batch.count, 1, 1, 1])
      let labels = batch.labels.scalars(Int32.self)
      for (value, label) in zip(batch.images.scalars(), labels) { #expect(value == Float(label * 25) / 255) }
    }
  }

  @Test func theOrderIsKeptWithoutASeed() throws {
    #expect(Self.labels(ImageLoader(try Self.images(), batchSize: 100).epoch(5)) == [Array(0..<10)])
  }

  /// A loop that is left early leaves nothing behind that waits.
  @Test func leavingEarlyIsHarmless() throws {
    let loader = ImageLoader(try Self.images(), batchSize: 1, shuffleSeed: 0)
    for _ in 0..<200 {
      for batch in loader.epoch(0) {
        #expect(batch.count == 1)
        break
      }
    }
  }

  /// Every order of three is drawn about equally often.
  @Test func shufflingIsFair() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 { counts[shuffledOrder(3, seed: UInt64(seed), epoch: 0), default: 0] += 1 }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })
  }
}
