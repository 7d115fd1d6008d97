import Apus
import ApusFiles
import Foundation
import Testing

@Suite struct AugmentationTests {
  private static let fixture = Result { try JSONValue(parsing: text) }
  private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Fixtures/augmentation.json").path
  private static let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""

  private static func picture() throws -> FloatImage {
    let file = try fixture.get()
    let pixels = try #require(file["pixels"]?.array).map { UInt8($0.int ?? 0) }
    return FloatImage(height: 6, width: 5, channels: 3, samples: pixels[...])
  }

  /// Numbers of PyTorch, Pillow and colorsys for a small picture.
  @Test func changesPicturesAsOthersDo() throws {
    let cases = try #require(try Self.fixture.get()["cases"]?.array)
    #expect(cases.count == 18)
    for entry in cases {
      let kind = try #require(entry["kind"]?.string)
      let numbers: [Double] = try #require(entry["numbers"]?.array).map { $0.double ?? .nan }
      let expected = try #require(entry["values"]?.array).map { Float($0.double ?? .nan) }
      var picture = try Self.picture()
      // Pillow rounds to bytes, and its gray has other digits.
      var tolerance: Float = 1.6 / 255
      switch kind {
      case "map":
        let map = AffineMap.rotation(degrees: numbers[0]).followed(by: .zoom(numbers[1]))
          .followed(by: .shift(right: numbers[2], down: numbers[3]))
        picture = picture.mapped(by: map)
        tolerance = 2e-5
      case "magnify":
        let part = numbers.map { Int($0) }
        picture = picture.magnified(left: part[0], top: part[1], width: part[2], height: part[3])
        tolerance = 2e-6
      case "brightness": picture.adjustBrightness(by: Float(numbers[0]))
      case "contrast": picture.adjustContrast(by: Float(numbers[0]))
      case "saturation": picture.adjustSaturation(by: Float(numbers[0]))
      default:
        picture.adjustHue(by: Float(numbers[0]))
        tolerance = 3e-6
      }
      let worst = zip(picture.values, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= tolerance, "\(kind) \(numbers): \(worst)")
    }
  }

  /// Places by hand: one row of four pixels and two rows of two.
  @Test func movesAndFlips() {
    var row = FloatImage(height: 1, width: 4, channels: 1, values: [1, 2, 3, 4])
    row.flipHorizontally()
    #expect(row.values == [4, 3, 2, 1])
    row.move(right: 1, down: 0)
    #expect(row.values == [0, 4, 3, 2])
    row.move(right: -3, down: 0)
    #expect(row.values == [2, 0, 0, 0])
    row.move(right: -9, down: 0)
    #expect(row.values == [0, 0, 0, 0])
    var square = FloatImage(height: 2, width: 2, channels: 2, values: [1, 2, 3, 4, 5, 6, 7, 8])
    square.flipVertically()
    #expect(square.values == [5, 6, 7, 8, 1, 2, 3, 4])
    square.flipHorizontally()
    #expect(square.values == [7, 8, 5, 6, 3, 4, 1, 2])
    square.move(right: -1, down: 1)
    #expect(square.values == [0, 0, 0, 0, 5, 6, 0, 0])
    square.fill(left: -1, top: 1, width: 2, height: 9, with: 1)
    #expect(square.values == [0, 0, 0, 0, 1, 1, 0, 0])
    square.normalize(mean: [1, 0], deviation: [2])
    #expect(square.values == [-0.5, 0, -0.5, 0, 0, 0.5, -0.5, 0])
  }

  /// Over many keys, each step draws what it should: the extremes are reached and not passed.
  @Test func drawsFromItsRange() throws {
    func results(_ text: String, of image: FloatImage, count: UInt64 = 4000) throws -> [FloatImage] {
      let augmentation = try Augmentation(parsing: text)
      return (0..<count).map { key in
        var copy = image
        augmentation.apply(to: &copy, key: key)
        return copy
      }
    }
    let dot = FloatImage(height: 1, width: 9, channels: 1, values: [0, 0, 0, 0, 1, 0, 0, 0, 0])
    let places = try results("crop:2", of: dot).map { $0.values.firstIndex(of: 1) ?? -1 }
    for place in [2, 3, 4, 5, 6] { #expect(abs(places.count { $0 == place } - 160) < 65) }
    let flips = try results("flip:0.25", of: FloatImage(height: 1, width: 2, channels: 1, values: [0, 1]))
    #expect(abs(flips.count { $0.values == [1, 0] } - 1000) < 140)
    let light = try results("brightness:0.3", of: FloatImage(height: 1, width: 1, channels: 1, values: [0.5]))
      .map { $0.values[0] }
    #expect(light.min()! >= 0.35 && light.min()! < 0.352 && light.max()! <= 0.65 && light.max()! > 0.648)
    let noise = try results(
      "noise:0.1", of: FloatImage(height: 10, width: 10, channels: 1, values: .init(repeating: 0.5, count: 100)),
      count: 100
    ).flatMap(\.values)
    let mean = noise.reduce(0, +) / 10_000
    let deviation = (noise.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 10_000).squareRoot()
    #expect(abs(mean - 0.5) < 0.005 && abs(deviation - 0.1) < 0.004)
    // A square of 4 by 4 loses nothing inside, and at a corner three quarters.
    let white = FloatImage(height: 12, width: 12, channels: 1, values: .init(repeating: 1, count: 144))
    let holes = try results("cutout:4", of: white).map { $0.values.count { $0 == 0 } }
    #expect(holes.max() == 16 && holes.min() == 4)
    let erased = try results("erase:1", of: white).map { Double($0.values.count { $0 == 0 }) / 144 }
    #expect(erased.min()! > 0 && erased.max()! > 0.25 && erased.max()! < 0.4)
    #expect(
      try results("resizedcrop:0.3,rotate:20,zoom:0.2,shift:0.1", of: white).allSatisfy { $0.values.count == 144 })
  }

  @Test func theSameKeyGivesTheSamePicture() throws {
    let augmentation = try Augmentation(parsing: "crop:1,flip,rotate:10,zoom:0.1,contrast:0.4,noise:0.1,cutout:2")
    func apply(_ key: UInt64) throws -> FloatImage {
      var picture = try Self.picture()
      augmentation.apply(to: &picture, key: key)
      return picture
    }
    #expect(try apply(3) == apply(3))
    #expect(try apply(3) != apply(4))
  }

  @Test func textFormsAreRead() throws {
    for text in [
      "none", "crop:4,flip,cutout:8", "resizedcrop:0.08", "vflip:0.1,rotate:15.0,zoom:0.2,shift:0.1",
      "brightness:0.2,contrast:0.2,saturation:0.2,hue:0.05,noise:0.05,normalize:0.5/0.4/0.3:0.25,erase",
    ] {
      #expect(try Augmentation(parsing: text).description == text)
    }
    #expect(try Augmentation(parsing: "") == .none)
    let normalized = try Augmentation(parsing: "flip,normalize:0.3:0.35")
    #expect(normalized.evaluation.description == "normalize:0.3:0.35")
    #expect(throws: DataError.self) { try Augmentation(parsing: "normalize:1/2:1/2").check(channels: 3) }
    for (text, reason) in [
      ("cutut:8", "there is no step 'cutut', only crop"), ("crop", "crop:PIXELS"), ("crop:x", "a whole number"),
      ("crop:-1", "pixels from 0"), ("flip:2", "a probability"), ("rotate", "rotate:NUMBER"), ("hue:0.7", "0 to 0.5"),
      ("flip,,crop:1", "no step ''"), ("zoom:nan", "a number"), ("normalize:1", "normalize:MEAN"),
      ("normalize:0:0", "above 0"), ("normalize:0:1,noise:1", "must come before"), ("flip:1:2", "one value"),
    ] {
      let error = try #require(throws: DataError.self) { try Augmentation(parsing: text) }
      #expect(error.description.contains(reason), "\(error)")
    }
  }

  /// Batches of augmented pictures are the same whatever the threads, and differ from epoch to epoch.
  @Test func augmentedBatchesAreDeterministic() throws {
    let images = try LabeledImages(
      count: 40, height: 8, width: 8, channels: 3, pixels: (0..<7680).map { UInt8($0 * 37 % 251) },
      labels: (0..<40).map { UInt8($0 % 4) })
    let examples = ImageExamples(images, augmentation: try Augmentation(parsing: "crop:2,flip,rotate:10,noise:0.1"))
    func values(_ threads: Int, epoch: Int = 0, from first: Int = 0) -> [[Float]] {
      DataLoader(examples, batchSize: 16, seed: 9, threads: threads).epoch(epoch, startingAt: first)
        .map { $0.tensors[0].scalars() }
    }
    let expected = values(1)
    #expect(expected.map(\.count) == [16 * 192, 16 * 192, 8 * 192])
    #expect(values(4) == expected && values(2, from: 1) == Array(expected.dropFirst()))
    #expect(values(2, epoch: 1) != expected)
    let plain = DataLoader(ImageExamples(images), batchSize: 40, sampling: .sequential).epoch(0).next()
    #expect(plain?.tensors[0].shape == [40, 8, 8, 3])
    #expect(plain?.tensors[0].scalars() == images.pixels.map { Float($0) / 255 })
  }
}
