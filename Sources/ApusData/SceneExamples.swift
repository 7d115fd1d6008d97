import ApusTensor

/// Scenes in which each pixel has a class, as examples: four pictures of things side by side and one above the other, with
/// noise.
///
/// Inputs are `[batch, 2 · height, 2 · width, channels]` in 0…1, labels `int32[batch, 2 · height, 2 · width]`: 0 where the
/// ground is, and of each thing one more than its class.
public struct SceneExamples<Source: ImageSource>: ExampleSet {
  public let source: Source
  /// Whether the things of a scene are drawn anew each time, instead of being four in a row.
  public let isMixed: Bool
  /// The deviation of the noise.
  public let noise: Double
  /// How bright a pixel of a thing is at least.
  public let threshold: Float

  /// Traps when the noise is negative or not finite.
  public init(_ source: Source, isMixed: Bool = false, noise: Double = 0.1, threshold: Float = 0.1) {
    guard noise >= 0, noise.isFinite else { fatalError("SceneExamples: noise of \(noise), expected 0 or more") }
    (self.source, self.isMixed, self.noise, self.threshold) = (source, isMixed, noise, threshold)
  }

  /// A scene to every four things.
  public var count: Int { source.count / 4 }

  public func batch(_ draws: [ExampleDraw]) -> Batch {
    let (height, width) = (2 * source.height, 2 * source.width)
    var values: [Float] = []
    var labels: [Int32] = []
    values.reserveCapacity(draws.count * height * width * source.channels)
    labels.reserveCapacity(draws.count * height * width)
    for draw in draws {
      let scene = scene(draw)
      values += scene.image.values
      labels += scene.labels
    }
    return Batch(
      [
        Tensor(values, shape: [draws.count, height, width, source.channels]),
        Tensor(labels, shape: [draws.count, height, width]),
      ], count: draws.count)
  }

  /// One scene, and the class of each of its pixels, row after row.
  public func scene(_ draw: ExampleDraw) -> (image: FloatImage, labels: [Int32]) {
    let (height, width, channels) = (source.height, source.width, source.channels)
    var generator = SplitMix64(seed: draw.key)
    var samples = [UInt8](repeating: 0, count: 4 * height * width * channels)
    var labels = [Int32](repeating: 0, count: 4 * height * width)
    let darkest = threshold * 255
    for place in 0..<4 {
      let index = isMixed ? generator.next(below: source.count) : 4 * draw.index + place
      let label = Int32(source.label(index)) + 1
      let pixels = source.pixels(index)
      let (top, left) = (place / 2 * height, place % 2 * width)
      for row in 0..<height {
        for column in 0..<width {
          let from = pixels.startIndex + (row * width + column) * channels
          let to = (top + row) * 2 * width + left + column
          for channel in 0..<channels {
            samples[to * channels + channel] = pixels[from + channel]
            if Float(pixels[from + channel]) > darkest { labels[to] = label }
          }
        }
      }
    }
    var image = FloatImage(height: 2 * height, width: 2 * width, channels: channels, samples: samples[...])
    if noise > 0 { image.addNoise(deviation: Float(noise), using: &generator) }
    return (image, labels)
  }
}
