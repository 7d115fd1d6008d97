import ApusFiles
import CCurl

/// One request to the server: libcurl's callbacks and what they keep.
final class Transfer {
  enum Outcome {
    case complete
    /// The server refuses to go on from the end of the part: it has to be fetched from the start.
    case rangeRefused
  }

  private let download: Download
  private let part: PartFile
  private let progress: (Download.Progress) -> Download.Decision
  private let handle: UnsafeMutableRawPointer
  /// The size of the part when the request was made.
  private let start: Int
  private var headers = ResponseHeaders()
  private var hasBegun = false
  /// When the server was last heard of.
  private var lastArrival = SuspendingClock.now
  /// Why a callback stopped the transfer.
  private var failure: DownloadError?
  /// Whether the server sent the rest of another version, or another range, than the one asked for.
  private var isOtherRange = false

  private static let isReady = apus_curl_initialise() == CURLE_OK

  init(
    _ download: Download, part: PartFile, progress: @escaping (Download.Progress) -> Download.Decision
  ) throws(DownloadError) {
    guard Self.isReady, let handle = curl_easy_init() else {
      throw .connection(source: download.source, reason: "libcurl cannot be initialised")
    }
    self.download = download
    self.part = part
    self.progress = progress
    self.handle = handle
    start = part.size
  }

  deinit { curl_easy_cleanup(handle) }

  func run() throws(DownloadError) -> Outcome {
    let source = download.source
    guard let scheme = source.split(separator: ":").first?.lowercased(), ["http", "https"].contains(scheme),
      !source.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
    else { throw .invalidAddress(source: source, reason: "it must begin with http:// or https://, without spaces") }

    let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    defer { message.deallocate() }
    var requestHeaders: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(requestHeaders) }

    apus_curl_set_error_buffer(handle, message)
    configureConnection(allowsPlainHTTP: scheme == "http")
    if start > 0 {
      apus_curl_set_text(handle, CURLOPT_RANGE, "\(start)-")
      if let validator = part.validator {
        requestHeaders = curl_slist_append(requestHeaders, "If-Range: \(validator)")
        apus_curl_set_list(handle, CURLOPT_HTTPHEADER, requestHeaders)
      }
    }
    installCallbacks()

    let code = withExtendedLifetime(self) { curl_easy_perform(handle) }
    return try conclude(code, message: String(cString: message))
  }

  private func configureConnection(allowsPlainHTTP: Bool) {
    apus_curl_set_text(handle, CURLOPT_URL, download.source)
    apus_curl_set_protocols(handle, allowsPlainHTTP ? 1 : 0)
    apus_curl_set_text(handle, CURLOPT_USERAGENT, "apus")
    apus_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    apus_curl_set_number(handle, CURLOPT_FAILONERROR, 1)
    apus_curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 1)
    apus_curl_set_number(handle, CURLOPT_MAXREDIRS, 10)
    apus_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT, download.connectionTimeout)
  }

  private func installCallbacks() {
    // The handle does not outlive this object, nor does libcurl call back outside `curl_easy_perform`.
    let context = Unmanaged.passUnretained(self).toOpaque()
    apus_curl_set_header_callback(
      handle,
      { data, size, count, context in
        Transfer.from(context).receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count))
      }, context)
    apus_curl_set_body_callback(
      handle,
      { data, size, count, context in
        Transfer.from(context).receiveBody(UnsafeRawBufferPointer(start: data, count: size * count))
      }, context)
    apus_curl_set_progress_callback(handle, { context, _, _, _, _ in Transfer.from(context).report() }, context)
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
  }

  // MARK: Callbacks

  private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
    lastArrival = .now
    headers.add(line: String(decoding: line, as: UTF8.self))
    return line.count
  }

  /// Takes bytes of the file; a result other than their count stops the transfer.
  private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    lastArrival = .now
    do throws(DownloadError) {
      if !hasBegun { try begin() }
      if isOtherRange { return -1 }
      guard bytes.count <= download.maximumSize - part.size else { throw tooLarge }
      do throws(FileError) {
        try part.append(bytes)
      } catch {
        throw .file(source: download.source, error)
      }
      return bytes.count
    } catch {
      failure = error
      return -1
    }
  }

  /// Settles, when the first bytes arrive, whether they go on from the part or start anew.
  private func begin() throws(DownloadError) {
    hasBegun = true
    if let total, total > download.maximumSize { throw tooLarge }
    do throws(FileError) {
      if apus_curl_response_code(handle) == 206 {
        let isSameVersion = part.validator == nil || headers.validator == nil || part.validator == headers.validator
        isOtherRange = headers.contentRange?.start != start || !isSameVersion
      } else {
        try part.reset()
        try part.setValidator(headers.validator)
      }
    } catch {
      throw .file(source: download.source, error)
    }
  }

  /// Tells the caller how far the download is, also while nothing arrives; a result other than zero stops the transfer.
  private func report() -> Int32 {
    // libcurl's own limit looks at the mean of five seconds, and notices silence that much later.
    if SuspendingClock.now - lastArrival > .seconds(download.stallTimeout) {
      failure = .stalled(source: download.source, seconds: download.stallTimeout)
      return 1
    }
    // The header may belong to a redirection until the body begins.
    guard progress(.init(received: part.size, total: hasBegun ? total : nil)) == .cancel else { return 0 }
    failure = .cancelled(source: download.source)
    return 1
  }

  // MARK: The end

  private var tooLarge: DownloadError { .tooLarge(source: download.source, maximumSize: download.maximumSize) }

  /// The size of the whole file, where the server tells it.
  private var total: Int? {
    if apus_curl_response_code(handle) == 206 { return headers.contentRange?.total }
    return headers.contentLength
  }

  private func conclude(_ code: CURLcode, message: String) throws(DownloadError) -> Outcome {
    if let failure { throw failure }
    let source = download.source
    let status = apus_curl_response_code(handle)
    if start > 0, isOtherRange { return .rangeRefused }
    if start > 0, status == 416 {
      // Perhaps nothing is missing but the renaming.
      return headers.contentRange?.total == start ? .complete : .rangeRefused
    }
    switch code {
    case CURLE_OK:
      guard status == 200 || status == 206 && start > 0 else { throw .status(source: source, code: status) }
      // An empty file has no body to begin with.
      if !hasBegun { try begin() }
      if let total, total != part.size { throw .truncated(source: source, received: part.size, expected: total) }
      _ = progress(.init(received: part.size, total: part.size))
      return .complete
    case CURLE_HTTP_RETURNED_ERROR: throw .status(source: source, code: status)
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING:
      throw .truncated(source: source, received: part.size, expected: total)
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      throw .invalidAddress(
        source: source, reason: message.isEmpty ? String(cString: curl_easy_strerror(code)) : message)
    default:
      throw .connection(source: source, reason: message.isEmpty ? String(cString: curl_easy_strerror(code)) : message)
    }
  }
}

/// What the headers of the last response say about the file.
struct ResponseHeaders {
  private(set) var contentLength: Int?
  private(set) var contentRange: (start: Int?, total: Int?)?
  private var entityTag: String?
  private var lastModified: String?

  /// What identifies the version of the file in an `If-Range` header. Weak tags do not promise equal bytes.
  var validator: String? { entityTag ?? lastModified }

  mutating func add(line: String) {
    // Each response, also that of a redirection, begins with its status.
    if line.lowercased().hasPrefix("http/") { self = ResponseHeaders() }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = String(line[line.index(after: colon)...].trimmingSpace)
    guard value.utf8.count <= 1 << 10 else { return }
    switch line[..<colon].lowercased() {
    case "content-length": contentLength = Int(value).flatMap { $0 < 0 ? nil : $0 }
    case "content-range": contentRange = Self.parseRange(value)
    case "etag": entityTag = value.hasPrefix("\"") ? value : nil
    case "last-modified": lastModified = value
    default: break
    }
  }

  /// The start and the total in "bytes 10-19/20" or "bytes */20".
  private static func parseRange(_ value: String) -> (start: Int?, total: Int?)? {
    guard value.lowercased().hasPrefix("bytes ") else { return nil }
    let parts = value.dropFirst(6).split(separator: "/")
    guard parts.count == 2 else { return nil }
    return (parts[0].split(separator: "-").first.flatMap { Int($0) }, Int(parts[1]))
  }
}

extension Substring {
  fileprivate var trimmingSpace: Substring {
    var rest = drop(while: \.isWhitespace)
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }
}
