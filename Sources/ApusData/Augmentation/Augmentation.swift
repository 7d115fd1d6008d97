#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Random changes to pictures, one after the other, so that a model sees each picture a little different every time
/// (Simard et al. 2003, Krizhevsky et al. 2012).
///
/// What is drawn for a picture depends on its ``ExampleDraw/key`` alone. Recipes and the command name augmentations by
/// their text form, such as `crop:4,flip,cutout:8`. ``mixup(_:_:alpha:key:)`` and ``cutmix(_:_:alpha:key:)`` work on batches.
public struct Augmentation: Hashable, Sendable {
  /// One change.
  public enum Step: Hashable, Sendable {
    /// Moves the picture by whole pixels up to `padding`, black coming in: the crop of a padded picture.
    case crop(padding: Int)
    /// Cuts out a part of at least `area` of the picture, in proportion 3:4 to 4:3, and enlarges it (Szegedy et al. 2015).
    case resizedCrop(area: Double)
    /// Swaps left and right with a probability.
    case flip(probability: Double)
    /// Swaps top and bottom with a probability.
    case verticalFlip(probability: Double)
    /// Moves the picture by up to this share of its width and height.
    case shift(share: Double)
    /// Turns the picture by up to so many degrees.
    case rotate(degrees: Double)
    /// Enlarges or shrinks the picture by up to this share.
    case zoom(share: Double)
    /// Multiplies the light by 1 − amount to 1 + amount.
    case brightness(amount: Double)
    /// Multiplies the distance from the mean brightness by 1 − amount to 1 + amount.
    case contrast(amount: Double)
    /// Multiplies the distance from gray by 1 − amount to 1 + amount.
    case saturation(amount: Double)
    /// Moves the hue by up to this part of the circle of colors.
    case hue(amount: Double)
    /// Adds normal noise.
    case noise(deviation: Double)
    /// Blackens a square that lies anywhere, a part of it perhaps outside (DeVries & Taylor 2017).
    case cutout(size: Int)
    /// Blackens, with a probability, a rectangle of 2 to 33 % of the picture (Zhong et al. 2017).
    case erase(probability: Double)
    /// Subtracts the mean and divides by the deviation of each channel; one number serves all channels. It is done to
    /// pictures that are judged as well.
    case normalize(mean: [Float], deviation: [Float])
  }

  public let steps: [Step]

  /// The given changes in their order. Throws a ``DataError`` when a number is out of its range, or when light and color
  /// are to be changed after ``Step/normalize(mean:deviation:)``, which leaves neither.
  public init(_ steps: [Step]) throws(DataError) {
    var isNormalized = false
    for step in steps {
      if let problem = step.problem { throw DataError("augmentation '\(step)': \(problem)") }
      if isNormalized, step.needsLight { throw DataError("augmentation '\(step)' must come before 'normalize'") }
      if case .normalize = step { isNormalized = true }
    }
    self.steps = steps
  }

  private init(unchecked steps: [Step]) { self.steps = steps }

  /// No change.
  public static let none = Augmentation(unchecked: [])

  /// What is done to pictures that are judged, not learned from: nothing random.
  public var evaluation: Augmentation {
    Augmentation(
      unchecked: steps.filter {
        if case .normalize = $0 { true } else { false }
      })
  }

  /// Throws a ``DataError`` when the augmentation is not for pictures of so many channels.
  public func check(channels: Int) throws(DataError) {
    for case .normalize(let mean, let deviation) in steps {
      for values in [mean, deviation] where values.count != 1 && values.count != channels {
        throw DataError(
          "augmentation 'normalize': \(values.count) values for \(channels) channels, expected one or \(channels)")
      }
    }
  }

  /// Changes a picture as the key decides.
  public func apply(to image: inout FloatImage, key: UInt64) {
    // Moves, turns and zooms in a row are one map, so that the picture is blurred by interpolation once.
    var map: AffineMap?
    for (index, step) in steps.enumerated() {
      // A generator for each step: what one draws does not shift what the next one gets.
      var generator = SplitMix64(seed: key &+ UInt64(index) &* 0xD6E8_FEB8_6659_FD93)
      if let part = step.map(image, &generator) {
        map = (map ?? .identity).followed(by: part)
        continue
      }
      if let whole = map.take() { image = image.mapped(by: whole) }
      step.apply(to: &image, &generator)
    }
    if let map { image = image.mapped(by: map) }
  }
}

extension Augmentation.Step {
  /// What the step does to places, if it is a move, turn or zoom by any part of a pixel.
  fileprivate func map(_ image: FloatImage, _ generator: inout SplitMix64) -> AffineMap? {
    switch self {
    case .shift(let share):
      let right = generator.next(in: -share...share) * Double(image.width)
      return .shift(right: right, down: generator.next(in: -share...share) * Double(image.height))
    case .rotate(let degrees): return .rotation(degrees: generator.next(in: -degrees...degrees))
    case .zoom(let share): return .zoom(generator.next(in: (1 - share)...(1 + share)))
    default: return nil
    }
  }

  fileprivate func apply(to image: inout FloatImage, _ generator: inout SplitMix64) {
    func factor(_ amount: Double) -> Float { Float(generator.next(in: max(0, 1 - amount)...(1 + amount))) }
    switch self {
    case .shift, .rotate, .zoom: break
    case .crop(let padding):
      let right = generator.next(below: 2 * padding + 1) - padding
      image.move(right: right, down: generator.next(below: 2 * padding + 1) - padding)
    case .resizedCrop(let area): image = Self.resizedCrop(of: image, area: area, &generator)
    case .flip(let probability): if generator.nextUnit() < probability { image.flipHorizontally() }
    case .verticalFlip(let probability): if generator.nextUnit() < probability { image.flipVertically() }
    case .brightness(let amount): image.adjustBrightness(by: factor(amount))
    case .contrast(let amount): image.adjustContrast(by: factor(amount))
    case .saturation(let amount): image.adjustSaturation(by: factor(amount))
    case .hue(let amount): image.adjustHue(by: Float(generator.next(in: -amount...amount)))
    case .noise(let deviation): image.addNoise(deviation: Float(deviation), using: &generator)
    case .cutout(let size):
      let (x, y) = (generator.next(below: image.width), generator.next(below: image.height))
      image.fill(left: x - size / 2, top: y - size / 2, width: size, height: size)
    case .erase(let probability):
      if generator.nextUnit() < probability { Self.erase(&image, &generator) }
    case .normalize(let mean, let deviation): image.normalize(mean: mean, deviation: deviation)
    }
  }

  /// A rectangle of a random area, a share of the picture's, and a random proportion, if one of ten fits.
  private static func rectangle(
    in image: FloatImage, area: ClosedRange<Double>, proportion: ClosedRange<Double>, _ generator: inout SplitMix64
  ) -> (width: Int, height: Int)? {
    for _ in 0..<10 {
      let target = generator.next(in: area) * Double(image.width * image.height)
      let ratio = exp(generator.next(in: log(proportion.lowerBound)...log(proportion.upperBound)))
      let (width, height) = (Int((target * ratio).squareRoot().rounded()), Int((target / ratio).squareRoot().rounded()))
      if 1...image.width ~= width, 1...image.height ~= height { return (width, height) }
    }
    return nil
  }

  private static func resizedCrop(
    of image: FloatImage, area: Double, _ generator: inout SplitMix64
  ) -> FloatImage {
    guard let size = rectangle(in: image, area: area...1, proportion: 0.75...(4 / 3), &generator) else {
      // As torchvision: the middle, as large as the proportions allow.
      let width = min(image.width, Int((Double(image.height) * 4 / 3).rounded()))
      let height = min(image.height, Int((Double(image.width) * 4 / 3).rounded()))
      return image.magnified(
        left: (image.width - width) / 2, top: (image.height - height) / 2, width: width, height: height)
    }
    let left = generator.next(below: image.width - size.width + 1)
    let top = generator.next(below: image.height - size.height + 1)
    return image.magnified(left: left, top: top, width: size.width, height: size.height)
  }

  private static func erase(_ image: inout FloatImage, _ generator: inout SplitMix64) {
    guard let size = rectangle(in: image, area: 0.02...0.33, proportion: 0.3...3.3, &generator) else { return }
    let left = generator.next(below: image.width - size.width + 1)
    let top = generator.next(below: image.height - size.height + 1)
    image.fill(left: left, top: top, width: size.width, height: size.height)
  }
}
