import Foundation

/// An HTTP server on this machine's loopback address that answers as a test wants, well or badly.
public final class LoopbackServer: Sendable {
  public struct Request: Sendable {
    public let path: String
    /// The headers by their names in lower case.
    public var headers: [String: String]
  }

  public struct Response: Sendable {
    public var status = 200
    public var headers: [String: String] = [:]
    public var body: [UInt8] = []
    /// How much of the body is really sent; all of it when nil.
    public var sentCount: Int?
    /// Whether the connection then stays open, silent.
    public var isStalling = false
    /// Whether the length of the body is announced.
    public var announcesLength = true

    public init(status: Int = 200, headers: [String: String] = [:], body: [UInt8] = []) {
      self.status = status
      self.headers = headers
      self.body = body
    }

    /// The answer of a server that knows ranges and versions.
    public static func file(_ contents: [UInt8], version: String? = "\"1\"", to request: Request) -> Response {
      let headers = version.map { ["ETag": $0] } ?? [:]
      let isSame = request.headers["if-range"] == nil || request.headers["if-range"] == version
      guard isSame, let range = request.headers["range"], range.hasPrefix("bytes="),
        let start = Int(range.dropFirst(6).dropLast())
      else { return Response(headers: headers, body: contents) }
      guard start < contents.count else {
        return Response(status: 416, headers: headers.merging(["Content-Range": "bytes */\(contents.count)"]) { $1 })
      }
      let contentRange = "bytes \(start)-\(contents.count - 1)/\(contents.count)"
      return Response(
        status: 206, headers: headers.merging(["Content-Range": contentRange]) { $1 }, body: Array(contents[start...]))
    }
  }

  public let address: String
  private let log = Log()

  /// What was asked for so far.
  public var requests: [Request] { log.requests }

  public init(_ respond: @escaping @Sendable (Request) -> Response) throws {
    _ = Self.isProxyAvoided
    let streamType: Int32
    #if canImport(Glibc)
      streamType = Int32(SOCK_STREAM.rawValue)
    #else
      streamType = SOCK_STREAM
    #endif
    let listener = socket(AF_INET, streamType, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
    self.address = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
    let log = log
    Thread.detachNewThread {
      while !log.isStopped {
        var readiness = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&readiness, 1, 10) == 1 else { continue }
        let connection = accept(listener, nil, nil)
        if connection < 0 { continue }
        Self.serve(connection, log, respond)
        close(connection)
      }
      // Nobody else may close it: its number could be another socket's by the next call.
      close(listener)
      log.end.signal()
    }
  }

  /// Ends the server; from then on, nothing answers at its address.
  public func stop() {
    log.stop()
    log.end.wait()
  }

  private static let isProxyAvoided = setenv("no_proxy", "127.0.0.1,localhost", 1) == 0

  private static func serve(_ connection: Int32, _ log: Log, _ respond: (Request) -> Response) {
    guard let request = readRequest(connection) else { return }
    log.add(request)
    let response = respond(request)
    var text = "HTTP/1.1 \(response.status) Reason\r\nConnection: close\r\n"
    for (name, value) in response.headers { text += "\(name): \(value)\r\n" }
    if response.announcesLength { text += "Content-Length: \(response.body.count)\r\n" }
    var bytes = Array("\(text)\r\n".utf8) + response.body.prefix(response.sentCount ?? response.body.count)
    while !bytes.isEmpty {
      let sent = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      if sent <= 0 { return }
      bytes.removeFirst(sent)
    }
    // A silent server notices only that the other side has hung up.
    var byte: UInt8 = 0
    if response.isStalling { _ = recv(connection, &byte, 1, 0) }
  }

  private static func readRequest(_ connection: Int32) -> Request? {
    var text: [UInt8] = []
    while text.suffix(4) != [13, 10, 13, 10] {
      var byte: UInt8 = 0
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      text.append(byte)
    }
    let lines = String(decoding: text, as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return Request(path: lines[0].components(separatedBy: " ")[1], headers: headers)
  }

  private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var entries: [Request] = []
    private var isStopping = false
    let end = DispatchSemaphore(value: 0)
    var requests: [Request] { lock.withLock { entries } }
    var isStopped: Bool { lock.withLock { isStopping } }
    func stop() { lock.withLock { isStopping = true } }
    func add(_ request: Request) { lock.withLock { entries.append(request) } }
  }
}
