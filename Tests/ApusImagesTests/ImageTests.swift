import ApusFiles
import ApusFilesTestSupport
import ApusImages
import Foundation
import Testing

@Suite struct ImageTests {
  private func random(width: Int, height: Int, channels: Int) -> Image {
    let pixels = (0..<(width * height * channels)).map { _ in UInt8.random(in: 0...255) }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  private func problem(_ bytes: [UInt8]) throws -> String {
    let error = try #require(throws: FileError.self) { try Image(png: bytes, path: "photo.txt") }
    #expect(isSingleLine(error.description))
    return error.description
  }

  @Test(arguments: 1...4)
  func survivesTheRoundTrip(channels: Int) throws {
    for (width, height) in [(1, 1), (7, 5), (100, 3)] {
      let image = random(width: width, height: height, channels: channels)
      #expect(try Image(png: image.pngData, path: "image") == image)
    }
  }

  @Test func writesFiles() throws {
    try withTemporaryDirectory { directory in
      let image = random(width: 9, height: 4, channels: 3)
      let path = directory + "/image.png"
      try image.writePNG(to: path)
      #expect(try Image(contentsOfPNG: path) == image)
      #expect(try names(in: directory) == ["image.png"])
      #expect(throws: FileError.self) { try image.writePNG(to: directory + "/missing/image.png") }
      #expect(throws: FileError.self) { try Image(contentsOfPNG: directory + "/missing.png") }
    }
  }

  @Test(arguments: pillowFiles.indices)
  func readsWhatPillowWrites(index: Int) throws {
    let file = pillowFiles[index]
    let image = try Image(png: bytes(hexadecimal: file.png), path: file.name)
    #expect(image.width == file.width && image.height == file.height && image.channels == file.channels)
    #expect(image.pixels == bytes(hexadecimal: file.pixels), "\(file.name)")
  }

  @Test(arguments: pillowResized.indices)
  func resizesAsPillowDoes(index: Int) {
    let expected = pillowResized[index]
    let image = Image(width: 31, height: 23, channels: 3, pixels: bytes(hexadecimal: pillowLarge))
    let resized = image.resized(width: expected.width, height: expected.height)
    #expect(resized.width == expected.width && resized.height == expected.height && resized.channels == 3)
    #expect(resized.pixels == bytes(hexadecimal: expected.pixels))
  }

  @Test func convertsToGrayAsPillowDoes() {
    let image = Image(width: 31, height: 23, channels: 3, pixels: bytes(hexadecimal: pillowLarge))
    #expect(image.grayscale().pixels == bytes(hexadecimal: pillowGrayscale))
    #expect(image.grayscale().grayscale() == image.grayscale())
    #expect(image.grayscale().rgb().grayscale() == image.grayscale())
  }

  @Test func laysOpacityOverTheBackground() {
    let image = Image(width: 3, height: 1, channels: 2, pixels: [10, 255, 10, 0, 0, 128])
    #expect(image.flattened().pixels == [10, 255, 127])
    #expect(image.flattened(over: 0).pixels == [10, 0, 0])
    #expect(image.rgb().channels == 3 && image.grayscale().channels == 1)
  }

  @Test func transparentColorsDoNotBleed() {
    // A red pixel beside an invisible green one: only red may be seen, at half opacity.
    let image = Image(width: 2, height: 1, channels: 4, pixels: [255, 0, 0, 255, 0, 255, 0, 0])
    #expect(image.resized(width: 1, height: 1).pixels == [255, 0, 0, 128])
  }

  @Test func refusesWhatIsNoPNG() throws {
    #expect(try problem([]) == "photo.txt: not a PNG image (the file is empty)")
    #expect(try problem([0xFF, 0xD8, 0xFF, 0xE0]) == "photo.txt: not a PNG image (it is a JPEG image)")
    #expect(try problem(Array("hello".utf8)) == "photo.txt: not a PNG image (it begins with the bytes 68 65 6C 6C 6F)")
    #expect(try problem(Array("RIFF____WEBP".utf8)).contains("it is a WebP image"))
  }

  @Test func reportsEveryTruncation() throws {
    let file = random(width: 8, height: 8, channels: 3).pngData
    // The end chunk (12 bytes) may be missing: the picture is complete without it.
    for count in 8..<(file.count - 16) {
      #expect(try problem(Array(file[..<count])).hasPrefix("photo.txt: a damaged PNG image ("))
    }
  }

  @Test func refusesDimensionBombs() throws {
    var file = random(width: 8, height: 8, channels: 1).pngData
    file.replaceSubrange(16..<24, with: [0, 0, 0x40, 0, 0, 0, 0x40, 0])
    // The sum over the header has to be right, or libpng ends there.
    let sum = crc32(file[12..<29])
    file.replaceSubrange(29..<33, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) })
    #expect(
      try problem(file) == "photo.txt: a PNG image of 16384 × 16384 pixels, more than the 67108864 allowed")
  }

  @Test func neverCrashesOnDamagedBytes() {
    var generator = SystemRandomNumberGenerator()
    let originals = pillowFiles.map { bytes(hexadecimal: $0.png) }
    for turn in 0..<10_000 {
      var bytes = originals[turn % originals.count]
      let place = Int.random(in: 8..<bytes.count, using: &generator)
      bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
      if turn % 3 == 0 { bytes.removeLast(Int.random(in: 0..<(bytes.count - 8), using: &generator)) }
      do throws(FileError) {
        let image = try Image(png: bytes, path: "photo")
        #expect(image.pixels.count == image.width * image.height * image.channels)
      } catch {
        #expect(error.path == "photo")
      }
    }
  }

  private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0 as UInt32) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
  }
}
