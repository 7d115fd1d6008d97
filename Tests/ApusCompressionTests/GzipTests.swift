import ApusCompression
import ApusFiles
import ApusFilesTestSupport
import Testing

@Suite struct GzipTests {
  private static let sample = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }
  /// `printf 'hello, hello\n' | gzip -9n`
  private static let hello = bytes(hexadecimal: "1f8b0800000000000203cb48cdc9c9d751c800515c00db25261f0d000000")

  private func decompress(_ bytes: [UInt8], maximumSize: Int = 1 << 20) throws(FileError) -> [UInt8] {
    try Gzip.decompress(bytes, maximumSize: maximumSize, path: "data.gz")
  }

  private func problem(_ bytes: [UInt8], maximumSize: Int = 1 << 20) throws -> String {
    let error = try #require(throws: FileError.self) {
      try Gzip.decompress(bytes, maximumSize: maximumSize, path: "data.gz")
    }
    #expect(isSingleLine(error.description))
    return error.description
  }

  @Test func survivesTheRoundTrip() throws {
    for contents in [[], [7], Self.sample, [UInt8](repeating: 0, count: 1_000_000)] {
      for level in [1, 6, 9] { #expect(try decompress(Gzip.compress(contents, level: level)) == contents) }
    }
    #expect(Gzip.compress(Self.sample) == Gzip.compress(Self.sample))
  }

  @Test func readsWhatGzipWrites() throws {
    #expect(try decompress(Self.hello) == Array("hello, hello\n".utf8))
  }

  @Test func readsManyMembers() throws {
    let file = Gzip.compress([1, 2]) + Gzip.compress([]) + Gzip.compress(Self.sample) + Gzip.compress([3])
    #expect(try decompress(file) == [1, 2] + Self.sample + [3])
  }

  @Test func reportsEveryTruncation() throws {
    let file = Gzip.compress(Array("hello, hello, hello\n".utf8))
    for count in 0..<file.count {
      let text = try problem(Array(file[..<count]))
      if count < 2 {
        #expect(text == "data.gz: at byte 0: not a gzip file (expected the bytes 1F 8B)")
      } else {
        #expect(text == "data.gz: at byte \(count): the gzip data are cut short")
      }
    }
  }

  @Test func reportsDamage() throws {
    let file = Gzip.compress(Self.sample)
    var wrongSum = file
    wrongSum[file.count - 8] ^= 1
    #expect(try problem(wrongSum).contains("damaged (incorrect data check)"))
    var wrongSize = file
    wrongSize[file.count - 1] ^= 1
    #expect(try problem(wrongSize).contains("damaged (incorrect length check)"))
    #expect(try problem(file + [0]) == "data.gz: at byte \(file.count): 1 byte follows the end of the gzip data")
    #expect(try problem(file + [0x1F, 0]).contains("2 bytes follow the end"))
    #expect(try problem(file + [0x1F, 0x8B]).contains("cut short"))
    #expect(try problem(Array("hello".utf8)).contains("not a gzip file"))
  }

  @Test func refusesToGrowBeyondTheLimit() throws {
    let bomb = Gzip.compress([UInt8](repeating: 0, count: 1 << 24))
    #expect(try problem(bomb) == "data.gz: decompresses to more than the 1048576 bytes allowed here")
    let file = Gzip.compress(Self.sample)
    #expect(try decompress(file, maximumSize: Self.sample.count) == Self.sample)
    #expect(try problem(file, maximumSize: Self.sample.count - 1).contains("99999 bytes allowed"))
    #expect(try problem(file, maximumSize: 0).contains("the 0 bytes allowed"))
    // A size that the file merely claims is not allocated.
    var liar = Gzip.compress([1])
    liar.replaceSubrange((liar.count - 4)..., with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(try problem(liar, maximumSize: .max).contains("damaged"))
  }

  @Test func neverCrashesOnDamagedBytes() {
    var generator = SystemRandomNumberGenerator()
    let original = Gzip.compress(Array(Self.sample[..<2000]))
    for _ in 0..<10_000 {
      var bytes = original
      bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
      if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      do throws(FileError) {
        #expect(try decompress(bytes).count <= 1 << 20)
      } catch {
        #expect(error.path == "data.gz")
      }
    }
  }
}
