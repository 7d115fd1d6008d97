import ApusDownloads
import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

@Suite struct DownloadTests {
  typealias Response = LoopbackServer.Response

  private static let contents = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) }

  /// Runs `body` with a directory, the download of a file into it, and the server that answers by `respond`.
  private func withDownload(
    checksum: Checksum? = nil, respond: @escaping @Sendable (LoopbackServer.Request) -> Response,
    _ body: (String, Download, LoopbackServer) throws -> Void
  ) throws {
    let server = try LoopbackServer(respond)
    defer { server.stop() }
    try withTemporaryDirectory { directory in
      var download = Download(
        from: server.address + "data.bin", to: directory + "/cache/data.bin", maximumSize: 1 << 20, checksum: checksum)
      download.stallTimeout = 1
      download.connectionTimeout = 5
      try body(directory + "/cache", download, server)
    }
  }

  private func problem(of download: Download) throws -> DownloadError {
    let error = try #require(throws: DownloadError.self) { try download.run() }
    #expect(isSingleLine(error.description))
    #expect(error.description.hasPrefix(download.source))
    return error
  }

  @Test func fetchesAndReportsProgress() throws {
    let checksum = Checksum.sha256(Self.contents)
    try withDownload(checksum: checksum, respond: { .file(Self.contents, to: $0) }) {
      (directory, download, server) throws in
      var reports: [Download.Progress] = []
      try download.run(progress: {
        reports.append($0)
        return .proceed
      })
      #expect(try File.read(download.destination) == Self.contents)
      #expect(try names(in: directory) == ["data.bin"])
      #expect(reports.last?.received == 300_000 && reports.last?.total == 300_000)
      #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.received <= $1.received })
      #expect(server.requests.map(\.path) == ["/data.bin"])
      #expect(server.requests[0].headers["user-agent"] == "apus")
    }
  }

  @Test(arguments: [0, 1, 100_000, 299_999])
  func resumes(received: Int) throws {
    let first = FirstTime()
    try withDownload(respond: { request in
      var response = Response.file(Self.contents, to: request)
      if first.isNow { response.sentCount = received }
      return response
    }) { (directory, download, server) throws in
      #expect(
        try problem(of: download)
          == .truncated(source: download.source, received: received, expected: 300_000))
      #expect(!File.exists(download.destination))
      try download.run()
      #expect(try File.read(download.destination) == Self.contents)
      #expect(try names(in: directory) == ["data.bin"])
      #expect(server.requests[1].headers["range"] == (received == 0 ? nil : "bytes=\(received)-"))
      #expect(server.requests[1].headers["if-range"] == (received == 0 ? nil : "\"1\""))
    }
  }

  @Test func startsAnewWhenTheFileHasChanged() throws {
    let first = FirstTime()
    let other = Array(Self.contents.reversed())
    try withDownload(respond: { request in
      guard first.isNow else { return .file(other, version: "\"2\"", to: request) }
      var response = Response.file(Self.contents, to: request)
      response.sentCount = 1000
      return response
    }) { (_, download, _) throws in
      _ = try problem(of: download)
      try download.run()
      #expect(try File.read(download.destination) == other)
    }
  }

  @Test func startsAnewWhenTheServerIgnoresVersions() throws {
    let first = FirstTime()
    let other = Array(Self.contents.reversed())
    try withDownload(respond: { request in
      var request = request
      if first.isNow {
        var response = Response.file(Self.contents, to: request)
        response.sentCount = 1000
        return response
      }
      request.headers["if-range"] = nil
      return .file(other, version: "\"2\"", to: request)
    }) { (_, download, server) throws in
      _ = try problem(of: download)
      try download.run()
      #expect(try File.read(download.destination) == other)
      #expect(server.requests.count == 3)
    }
  }

  @Test func startsAnewWithoutAVersionOrChecksum() throws {
    try withDownload(respond: { .file(Self.contents, version: nil, to: $0) }) { (directory, download, server) throws in
      try File.createDirectory(directory)
      try AtomicFile.write([1, 2, 3], to: download.destination + ".part")
      try download.run()
      #expect(try File.read(download.destination) == Self.contents)
      #expect(server.requests[0].headers["range"] == nil)
    }
  }

  @Test func fetchesAgainWhenThePartWasOfAnotherFile() throws {
    let checksum = Checksum.md5(Self.contents)
    try withDownload(checksum: checksum, respond: { .file(Self.contents, version: nil, to: $0) }) {
      (directory, download, server) throws in
      try File.createDirectory(directory)
      try AtomicFile.write([1, 2, 3], to: download.destination + ".part")
      try download.run()
      #expect(try File.read(download.destination) == Self.contents)
      #expect(server.requests.map { $0.headers["range"] } == ["bytes=3-", nil])
    }
  }

  @Test func acceptsAPartThatIsComplete() throws {
    let checksum = Checksum.md5(Self.contents)
    try withDownload(checksum: checksum, respond: { .file(Self.contents, to: $0) }) {
      (directory, download, server) throws in
      try File.createDirectory(directory)
      try AtomicFile.write(Self.contents, to: download.destination + ".part")
      try download.run()
      #expect(try File.read(download.destination) == Self.contents)
      #expect(server.requests.count == 1)
    }
  }

  @Test func namesTheServersAnswer() throws {
    try withDownload(respond: { _ in Response(status: 404, body: Array("no".utf8)) }) {
      (directory, download, _) throws in
      let error = try problem(of: download)
      #expect(error.description == "\(download.source): the server answered 404 (not found)")
      #expect(!File.exists(download.destination))
    }
    try withDownload(respond: { _ in Response(status: 599) }) { (_, download, _) throws in
      #expect(try problem(of: download) == .status(source: download.source, code: 599))
    }
    try withDownload(respond: { _ in Response(status: 204) }) { (_, download, _) throws in
      #expect(try problem(of: download) == .status(source: download.source, code: 204))
    }
  }

  @Test func refusesTheWrongFile() throws {
    let checksum = Checksum(.sha256, String(repeating: "AB", count: 32))
    try withDownload(checksum: checksum, respond: { .file(Self.contents, to: $0) }) { (directory, download, _) throws in
      let error = try problem(of: download)
      #expect(
        error == .mismatch(source: download.source, expected: checksum, found: .sha256(Self.contents)))
      #expect(try names(in: directory) == [])
    }
  }

  @Test func asksTheCallerToVerify() throws {
    try withDownload(respond: { .file(Self.contents, to: $0) }) { (directory, download, _) throws in
      let error = try #require(throws: DownloadError.self) {
        try download.run(verify: { (path) throws(FileError) in throw .malformed(path, "not what I want") })
      }
      #expect(error.description.hasSuffix("data.bin.part: not what I want"))
      #expect(try names(in: directory) == [])
    }
  }

  @Test(arguments: [true, false])
  func refusesTooLargeFiles(announcesLength: Bool) throws {
    try withDownload(respond: { request in
      var response = Response.file(Self.contents, to: request)
      response.announcesLength = announcesLength
      return response
    }) { (directory, download, _) throws in
      var download = download
      download.maximumSize = 299_999
      #expect(try problem(of: download) == .tooLarge(source: download.source, maximumSize: 299_999))
      #expect(!File.exists(download.destination))
      if announcesLength { #expect(try File.size(download.destination + ".part") == 0) }
      download.maximumSize = 300_000
      try download.run()
      #expect(try File.read(download.destination) == Self.contents)
    }
  }

  @Test func noticesSilence() throws {
    try withDownload(respond: { request in
      var response = Response.file(Self.contents, to: request)
      response.sentCount = 1000
      response.isStalling = true
      return response
    }) { (_, download, _) throws in
      #expect(try problem(of: download) == .stalled(source: download.source, seconds: 1))
      #expect(try File.size(download.destination + ".part") == 1000)
    }
  }

  @Test func canBeCancelled() throws {
    try withDownload(respond: { .file(Self.contents, to: $0) }) { (_, download, _) throws in
      let error = try #require(throws: DownloadError.self) {
        try download.run(progress: { $0.received > 0 ? .cancel : .proceed })
      }
      #expect(error == .cancelled(source: download.source))
      #expect(!File.exists(download.destination))
    }
  }

  @Test func followsRedirections() throws {
    try withDownload(respond: { request in
      guard request.path == "/data.bin" else { return .file(Self.contents, to: request) }
      return Response(status: 302, headers: ["Location": "/elsewhere"], body: Array("moved".utf8))
    }) { (_, download, _) throws in
      try download.run()
      #expect(try File.read(download.destination) == Self.contents)
    }
    try withDownload(respond: { _ in Response(status: 302, headers: ["Location": "/data.bin"]) }) {
      (_, download, server) throws in
      guard case .connection = try problem(of: download) else { return #expect(Bool(false), "redirected for ever") }
      #expect(server.requests.count == 11)
    }
    try withDownload(respond: { _ in Response(status: 302, headers: ["Location": "file:///etc/passwd"]) }) {
      (_, download, _) throws in
      _ = try problem(of: download)
      #expect(!File.exists(download.destination))
    }
  }

  @Test func fetchesEmptyFiles() throws {
    try withDownload(respond: { .file([], to: $0) }) { (directory, download, _) throws in
      try download.run()
      #expect(try File.read(download.destination) == [])
      #expect(try names(in: directory) == ["data.bin"])
    }
  }

  @Test func refusesOtherAddresses() throws {
    for source in ["file:///etc/passwd", "ftp://localhost/x", "", "localhost", "http://a b", "http://", "http://a\nb"] {
      try withTemporaryDirectory { directory in
        let error = try problem(of: Download(from: source, to: directory + "/file", maximumSize: 100), source)
        guard case .invalidAddress = error else {
          Issue.record("\(source): \(error)")
          return
        }
      }
    }
  }

  private func problem(of download: Download, _ source: String) throws -> DownloadError {
    let error = try #require(throws: DownloadError.self) { try download.run() }
    #expect(isSingleLine(error.description))
    return error
  }

  @Test func namesServersThatDoNotAnswer() throws {
    let server = try LoopbackServer { _ in Response() }
    server.stop()
    try withTemporaryDirectory { directory in
      let download = Download(from: server.address, to: directory + "/file", maximumSize: 100)
      guard case .connection(_, let reason) = try problem(of: download) else {
        Issue.record("expected no connection")
        return
      }
      #expect(reason.contains("127.0.0.1"))
    }
  }

  @Test func keepsASecondDownloadOut() throws {
    let first = FirstTime()
    try withDownload(respond: { .file(Self.contents, to: $0) }) { (_, download, _) throws in
      try download.run(progress: { _ in
        if first.isNow {
          let error = #expect(throws: DownloadError.self) { try download.run() }
          #expect(error?.description.contains("another process is downloading this file") == true)
        }
        return .proceed
      })
      #expect(try File.read(download.destination) == Self.contents)
    }
  }
}

/// True once.
final class FirstTime: @unchecked Sendable {
  private let lock = NSLock()
  private var hasBeen = false
  var isNow: Bool {
    lock.withLock {
      defer { hasBeen = true }
      return !hasBeen
    }
  }
}
