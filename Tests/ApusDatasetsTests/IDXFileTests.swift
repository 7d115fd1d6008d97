import ApusData
import ApusFiles
import ApusFilesTestSupport
import Testing

@Suite struct IDXFileTests {
  @Test func survivesTheRoundTrip() throws {
    for dimensions in [[6], [2, 3], [1, 2, 3], [3, 0, 28]] {
      let bytes = (0..<dimensions.reduce(1, *)).map { UInt8($0) }
      let file = try IDXFile(bytes: IDXFile.encode(dimensions: dimensions, bytes: bytes), path: "file")
      #expect(file.dimensions == dimensions && file.bytes == bytes && file.elementType == .uint8)
    }
  }

  @Test(
    arguments: [
      (0x08, .uint8, 1), (0x09, .int8, 1), (0x0B, .int16, 2), (0x0C, .int32, 4), (0x0D, .float32, 4),
      (0x0E, .float64, 8),
    ] as [(UInt8, IDXFile.ElementType, Int)])
  func knowsAllTypes(code: UInt8, type: IDXFile.ElementType, size: Int) throws {
    let numbers = (0..<(3 * size)).map { UInt8($0) }
    let file = try IDXFile(bytes: [0, 0, code, 1, 0, 0, 0, 3] + numbers, path: "file")
    #expect(file.elementType == type && type.size == size && file.dimensions == [3] && file.bytes == numbers)
  }

  @Test(
    arguments: [
      ([], "at byte 0: an IDX file ends in its first 4 bytes"),
      ([0, 0, 8], "at byte 3: an IDX file ends in its first 4 bytes"),
      ([1, 0, 8, 1, 0, 0, 0, 0], "at byte 0: not an IDX file (expected two zero bytes, found 1 and 0)"),
      ([0, 9, 8, 1, 0, 0, 0, 0], "at byte 0: not an IDX file (expected two zero bytes, found 0 and 9)"),
      ([0, 0, 0x0A, 1, 0, 0, 0, 0], "at byte 2: an IDX file of the unknown type 10"),
      ([0, 0, 8, 0], "at byte 3: an IDX file without dimensions"),
      ([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0], "at byte 11: an IDX file ends in its 2 dimensions (12 bytes)"),
      ([0, 0, 8, 255, 0, 0, 0, 1], "at byte 8: an IDX file ends in its 255 dimensions"),
      ([0, 0, 8, 1, 0, 0, 0, 2, 7], "at byte 9: an IDX file of 2 uint8 needs 2 bytes after its header, found 1"),
      ([0, 0, 8, 1, 0, 0, 0, 1, 7, 7], "at byte 9: an IDX file of 1 uint8 needs 1 bytes after its header, found 2"),
      ([0, 0, 8, 1, 255, 255, 255, 255], "needs 4294967295 bytes"),
      ([0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255], "4294967295 × 4294967295 are impossibly large"),
    ] as [([UInt8], String)])
  func refuses(bytes: [UInt8], reason: String) throws {
    let error = try #require(throws: FileError.self) { try IDXFile(bytes: bytes, path: "bad") }
    #expect(error.description.hasPrefix("bad: ") && error.description.contains(reason), "\(error)")
    #expect(isSingleLine(error.description))
  }

  @Test func neverCrashesOnDamagedBytes() {
    var generator = SystemRandomNumberGenerator()
    let original = IDXFile.encode(dimensions: [2, 2, 2], bytes: [1, 2, 3, 4, 5, 6, 7, 8])
    for _ in 0..<10_000 {
      var bytes = original
      bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator)) }
      do throws(FileError) {
        let file = try IDXFile(bytes: bytes, path: "file")
        #expect(file.bytes.count <= 8)
      } catch {
        #expect(error.kind == .malformed)
      }
    }
  }
}

@Suite struct LabeledImagesTests {
  private func images(count: Int = 2, height: Int = 1, samples: Int = 6, labels: [UInt8] = [0, 1]) throws
    -> LabeledImages
  {
    try LabeledImages(
      count: count, height: height, width: 3, channels: 1, pixels: [UInt8](repeating: 0, count: samples), labels: labels
    )
  }

  @Test func checksItsSizes() throws {
    _ = try images()
    #expect(throws: DataError.self) { try images(samples: 5) }
    #expect(throws: DataError.self) { try images(labels: [0]) }
    #expect(throws: DataError.self) { try images(height: 0, samples: 0) }
    #expect(throws: DataError.self) { try images(height: .max) }
    #expect(throws: DataError.self) { try images(count: -1, labels: []) }
  }

  @Test func checksThatPartsFit() throws {
    let (one, tall) = (try images(), try images(height: 2, samples: 12))
    _ = try ImageClassificationData(name: "d", classNames: ["a", "b"], train: one, test: one)
    #expect(throws: DataError.self) { try ImageClassificationData(name: "d", classNames: ["a"], train: one, test: one) }
    #expect(throws: DataError.self) {
      try ImageClassificationData(name: "d", classNames: ["a", "b"], train: one, test: tall)
    }
  }
}
