import ApusFiles

/// A download that did not succeed; printed as one line that begins with the address.
public enum DownloadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The address is not one that can be fetched.
  case invalidAddress(source: String, reason: String)
  /// The server could not be reached, or the connection broke.
  case connection(source: String, reason: String)
  /// The server answered with something else than the file.
  case status(source: String, code: Int)
  /// Nothing arrived for so many seconds.
  case stalled(source: String, seconds: Int)
  /// The connection ended before the file did. What arrived is kept, and the next attempt goes on from there.
  case truncated(source: String, received: Int, expected: Int?)
  /// The file is larger than the caller allows.
  case tooLarge(source: String, maximumSize: Int)
  /// The file that arrived is not the one that was expected. It has been removed.
  case mismatch(source: String, expected: Checksum, found: Checksum)
  /// The progress callback asked to stop. What arrived is kept.
  case cancelled(source: String)
  /// The file could not be written, or was refused by the caller's verification.
  case file(source: String, FileError)

  public var description: String {
    switch self {
    case .invalidAddress(let source, let reason): "\(source): not an http or https address (\(reason))".singleLine
    case .connection(let source, let reason): "\(source): \(reason)".singleLine
    case .status(let source, let code): "\(source): the server answered \(code)\(Self.meaning(code))".singleLine
    case .stalled(let source, let seconds): "\(source): nothing arrived for \(seconds) seconds".singleLine
    case .truncated(let source, let received, let expected):
      "\(source): the connection ended after \(received)\(expected.map { " of \($0)" } ?? "") bytes".singleLine
    case .tooLarge(let source, let maximumSize):
      "\(source): larger than the \(maximumSize) bytes allowed here".singleLine
    case .mismatch(let source, let expected, let found):
      "\(source): the file that arrived has the \(found), expected the \(expected)".singleLine
    case .cancelled(let source): "\(source): cancelled".singleLine
    case .file(let source, let error): "\(source): \(error)".singleLine
    }
  }

  private static func meaning(_ code: Int) -> String {
    let names: [Int: String] = [
      301: "moved permanently", 302: "found elsewhere", 400: "bad request", 401: "not authorised", 403: "forbidden",
      404: "not found", 407: "the proxy wants a password", 408: "timed out", 410: "gone", 429: "too many requests",
      500: "internal error", 502: "bad gateway", 503: "unavailable", 504: "gateway timed out",
    ]
    return names[code].map { " (\($0))" } ?? ""
  }
}
