import ApusTensor

/// Pictures of one size with their classes, wherever they lie: in memory, or in files that are read when they are asked
/// for.
public protocol ImageSource: Sendable {
  var count: Int { get }
  var height: Int { get }
  var width: Int { get }
  var channels: Int { get }
  /// The class of a picture.
  func label(_ index: Int) -> Int
  /// The samples of a picture: `height * width * channels` of them, the last varying fastest.
  func pixels(_ index: Int) -> ArraySlice<UInt8>
}

extension ImageSource {
  /// The classes of all pictures.
  public var classLabels: [Int] { (0..<count).map(label) }
}

extension LabeledImages: ImageSource {
  public func label(_ index: Int) -> Int { Int(labels[index]) }

  public func pixels(_ index: Int) -> ArraySlice<UInt8> {
    let size = height * width * channels
    return pixels[(index * size)..<((index + 1) * size)]
  }
}

/// The pictures of a source as examples: inputs `[batch, height, width, channels]`, scaled to 0…1 and augmented, and
/// labels `int32[batch]`.
public struct ImageExamples<Source: ImageSource>: ExampleSet {
  public let source: Source
  /// What is done to a picture each time it is drawn.
  public let augmentation: Augmentation

  public init(_ source: Source, augmentation: Augmentation = .none) {
    self.source = source
    self.augmentation = augmentation
  }

  public var count: Int { source.count }

  public func batch(_ draws: [ExampleDraw]) -> Batch {
    let (height, width, channels) = (source.height, source.width, source.channels)
    let size = height * width * channels
    let values = [Float](unsafeUninitializedCapacity: draws.count * size) { values, initialized in
      for (row, draw) in draws.enumerated() {
        let start = row * size
        let pixels = source.pixels(draw.index)
        if augmentation.steps.isEmpty {
          for (offset, sample) in pixels.enumerated() { values[start + offset] = Float(sample) / 255 }
        } else {
          var image = FloatImage(height: height, width: width, channels: channels, samples: pixels)
          augmentation.apply(to: &image, key: draw.key)
          for offset in 0..<size { values[start + offset] = image.values[offset] }
        }
      }
      initialized = draws.count * size
    }
    return Batch(
      [
        Tensor(values, shape: [draws.count, height, width, channels]),
        Tensor(draws.map { Int32(source.label($0.index)) }),
      ], count: draws.count)
  }
}
