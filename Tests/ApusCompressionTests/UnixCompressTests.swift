import ApusCompression
import ApusFiles
import ApusFilesTestSupport
import Testing

@Suite struct UnixCompressTests {
  private static let small = bytes(hexadecimal: "1f9d90549e0829f2448a932754020e2ca890a04184")
  /// What `compress` 4.2 makes of the numbers from 1 to 200, each with a space: the codes grow to ten bits.
  private static let numbers = bytes(
    hexadecimal: """
      1f9d903140c8003103040d103540d8007103040e103940c4802131608c81310ac6381823618c85311ac6781823a20c8a3202ca18
      28a3a08c833212ca5828a3a18c873222cea03823e08c81330ace383823e18c85331ace783823220d8a3402d21848a3208d833412
      d25848a3218d873422d6a05823608d81350ad6385823618d85351ad6785823a20d8a3602da1868a3a08d833612da5868a3a18d87
      3622dea07823e08d81370ade387823e18d85371ade787823220e8a3802e21888a3208e833812e25888a3218e873822e6a0982360
      8e81390ae6389823618e85391ae6789823e2448a132dc2c00843230c8e303cc2000943240c92308c4fac68f162458d1b2b7afc58
      51e4c88ac64f4a4cb91e63cbf51c63ae0759733dc99c1277e6b7f833bfc6a1f97974547e222d959f714f491495821855a5204759
      290852570a92149644636168d159186ab416861ebd85a148736168dc5d12e59522467da5c85160298254588a242526d162375af4
      d88d1a4d76a34797dd28d266371af79944a1218951694872941a9220b5862449b149349b9516dd66a546bb59e9d16f568a349c95
      26c14011
      """)

  private static func decompress(_ bytes: some RandomAccessCollection<UInt8>, limit: Int = 10_000) throws -> String {
    String(decoding: try UnixCompress.decompress(bytes, maximumSize: limit, path: "text.Z"), as: UTF8.self)
  }

  @Test func readsWhatCompressWrites() throws {
    #expect(try Self.decompress(Self.small) == "TOBEORNOTTOBEORTOBEORNOT")
    #expect(try Self.decompress(Self.small.dropFirst(3)) == "TOBEORNOTTOBEORTOBEORNOT")
    #expect(try Self.decompress(Self.numbers) == (1...200).map { "\($0) " }.joined())
  }

  @Test func damageIsRefusedOrHarmless() throws {
    #expect(throws: FileError.self) { try Self.decompress(Self.small, limit: 23) }
    #expect(throws: FileError.self) { try Self.decompress([0x1F, 0x9D, 0x8C]) }
    let error = #expect(throws: FileError.self) { try Self.decompress([0xFF, 0xFF]) }
    #expect(error?.description == "text.Z: at byte 0: the compressed data are damaged (they begin with no byte)")
    for place in Self.numbers.indices {
      var damaged = Self.numbers
      damaged[place] ^= 0x55
      _ = try? Self.decompress(damaged)
    }
  }
}
