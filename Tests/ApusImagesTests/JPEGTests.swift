import ApusFiles
import ApusFilesTestSupport
import ApusImages
import Testing

@Suite struct JPEGTests {
  private func problem(_ bytes: [UInt8]) throws -> String {
    let error = try #require(throws: FileError.self) { try Image(bytes: bytes, path: "photo.jpg") }
    #expect(isSingleLine(error.description))
    return error.description
  }

  private func wave(width: Int, height: Int, channels: Int) -> Image {
    let pixels = (0..<(width * height * channels)).map { UInt8(128 + ($0 / channels * 3) % 100) }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  @Test(arguments: pillowPhotographs.indices)
  func readsWhatPillowWrites(index: Int) throws {
    let file = pillowPhotographs[index]
    let image = try Image(bytes: bytes(hexadecimal: file.jpeg), path: file.name)
    #expect(image.width == file.width && image.height == file.height && image.channels == file.channels)
    #expect(image.pixels == bytes(hexadecimal: file.pixels), "\(file.name)")
  }

  @Test(arguments: pillowTurned.indices)
  func turnsPicturesUpright(index: Int) throws {
    var file = bytes(hexadecimal: pillowUpright)
    // The entry of the orientation: its tag, its type, one value.
    let entry: [UInt8] = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, 1]
    let place = try #require((0..<(file.count - 10)).first { Array(file[$0..<($0 + 10)]) == entry })
    file[place + 9] = UInt8(index + 1)
    let (image, expected) = (try Image(bytes: file, path: "turned"), pillowTurned[index])
    #expect(image.width == expected.width && image.height == expected.height)
    #expect(image.pixels == bytes(hexadecimal: expected.pixels))
  }

  @Test(arguments: pillowFiltered.indices)
  func resizesAsPillowDoes(index: Int) throws {
    let expected = pillowFiltered[index]
    let image = Image(width: 17, height: 14, channels: 3, pixels: bytes(hexadecimal: pillowNoise))
    let filter = try #require(ResizeFilter(rawValue: expected.filter))
    let resized = image.resized(width: expected.width, height: expected.height, filter: filter)
    #expect(resized.pixels == bytes(hexadecimal: expected.pixels), "\(expected.filter) \(expected.width)")
  }

  @Test func writesFilesByTheirExtension() throws {
    try withTemporaryDirectory { directory in
      let image = wave(width: 40, height: 30, channels: 3)
      for name in ["a.jpg", "b.JPEG", "c.png"] {
        try image.write(to: "\(directory)/\(name)")
        let read = try Image(contentsOf: "\(directory)/\(name)")
        let worst = zip(read.pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(worst <= (name == "c.png" ? 0 : 60), "\(name)")
        #expect(ImageFormat(try File.readPrefix("\(directory)/\(name)", count: 8)) == ImageFormat(path: name))
      }
      #expect(throws: FileError.self) { try image.write(to: directory + "/picture.gif") }
      #expect(image.jpegData(quality: 95).count > image.jpegData(quality: 20).count)
      let opaque = try Image(jpeg: wave(width: 9, height: 9, channels: 4).jpegData(), path: "opacity")
      #expect(opaque.channels == 3)
    }
  }

  @Test func centersAndFills() {
    let image = wave(width: 31, height: 20, channels: 1)
    #expect(image.centerCropped(width: 5, height: 4) == image.cropped(left: 13, top: 8, width: 5, height: 4))
    let filled = image.filling(width: 10, height: 10)
    #expect(filled == image.resized(width: 16, height: 10).cropped(left: 3, top: 0, width: 10, height: 10))
    #expect(image.centerCropped(width: 99, height: 4).width == 31)
  }

  @Test func refusesWhatIsNoPicture() throws {
    #expect(try problem([]) == "photo.jpg: not a PNG or JPEG image (the file is empty)")
    #expect(try problem(Array("a text".utf8)).hasPrefix("photo.jpg: not a PNG or JPEG image (it begins with the bytes"))
    #expect(try problem([0xFF, 0xD8, 0xFF]).hasPrefix("photo.jpg: a damaged JPEG image ("))
    let png = wave(width: 3, height: 3, channels: 1).pngData
    let error = try #require(throws: FileError.self) { try Image(jpeg: png, path: "picture") }
    #expect(error.description == "picture: not a JPEG image (it is a PNG image)")
  }

  @Test func reportsEveryTruncation() throws {
    for file in [pillowPhotographs[0], pillowPhotographs[3]] {
      let whole = bytes(hexadecimal: file.jpeg)
      // Without the end marker (2 bytes) and the padding before it a picture may be complete.
      for count in 3..<(whole.count - 4) {
        #expect(try problem(Array(whole[..<count])).hasPrefix("photo.jpg: a damaged JPEG image ("), "\(count)")
      }
    }
  }

  @Test func refusesDimensionBombs() throws {
    var file = bytes(hexadecimal: pillowPhotographs[0].jpeg)
    let frame = try #require((2..<(file.count - 1)).first { file[$0] == 0xFF && file[$0 + 1] == 0xC0 })
    file.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0x00, 0xFF, 0x00])
    #expect(
      try problem(file) == "photo.jpg: a JPEG image of 65280 × 65280 pixels, more than the 67108864 allowed")
    file.replaceSubrange((frame + 5)..<(frame + 9), with: [0x20, 0x00, 0x20, 0x00])
    #expect(try problem(file).hasSuffix("bytes cannot hold 8192 × 8192 pixels)"))
  }

  /// Thousands of files with bytes changed, moved or cut off: each is read or refused, none crashes.
  @Test func neverCrashesOnDamagedBytes() {
    var generator = SystemRandomNumberGenerator()
    let originals =
      pillowPhotographs.map { bytes(hexadecimal: $0.jpeg) } + [bytes(hexadecimal: pillowUpright)]
      + pillowFiles.map { bytes(hexadecimal: $0.png) }
    for turn in 0..<6000 {
      var bytes = originals[turn % originals.count]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 2..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      if turn % 3 == 0 { bytes.removeLast(Int.random(in: 0..<(bytes.count - 3), using: &generator)) }
      if turn % 5 == 0 { bytes.swapAt(Int.random(in: 2..<bytes.count), bytes.count / 2) }
      do throws(FileError) {
        let image = try Image(bytes: bytes, path: "photo")
        #expect(image.pixels.count == image.width * image.height * image.channels)
      } catch {
        #expect(error.path == "photo" && isSingleLine(error.description))
      }
    }
  }
}
