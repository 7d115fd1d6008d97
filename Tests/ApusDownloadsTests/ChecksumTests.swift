import ApusDownloads
import ApusFiles
import ApusFilesTestSupport
import Testing

@Suite struct ChecksumTests {
  @Test func computesWhatTheStandardsSay() {
    #expect(Checksum.md5([]).digest == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(Checksum.md5(Array("abc".utf8)).digest == "900150983cd24fb0d6963f7d28e17f72")
    #expect(
      Checksum.sha256(Array("abc".utf8)).digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Checksum(.md5, "D41D8CD98F00B204E9800998ECF8427E") == .md5([]))
    #expect(Checksum.md5([]).description == "MD5 d41d8cd98f00b204e9800998ecf8427e")
  }

  @Test func readsFilesPieceByPiece() throws {
    try withTemporaryDirectory { directory in
      let contents = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 / 3) }
      try AtomicFile.write(contents, to: directory + "/file")
      #expect(try Checksum.md5(contentsOf: directory + "/file") == .md5(contents))
      #expect(try Checksum.sha256(contentsOf: directory + "/file") == .sha256(contents))
      #expect(throws: FileError.self) { try Checksum.md5(contentsOf: directory + "/missing") }
    }
  }
}
