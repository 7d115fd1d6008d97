#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that cannot be used: what failed, in which file and where; printed as one line.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of failure it was.
  public enum Kind: Hashable, Sendable {
    /// The operating system refused, with this `errno`.
    case system(code: Int32)
    /// The contents break the rules of their format.
    case malformed
    /// The contents are larger than the caller allows, or than memory can hold.
    case tooLarge
  }

  /// The file, as the caller named it.
  public let path: String
  public let kind: Kind
  /// The byte in the file at which the contents are wrong, where one can be named.
  public let offset: Int?
  /// What is wrong and what was expected, without the path.
  public let problem: String

  public init(path: String, kind: Kind, offset: Int? = nil, problem: String) {
    self.path = path
    self.kind = kind
    self.offset = offset
    self.problem = problem
  }

  /// A file whose contents break the rules of their format.
  public static func malformed(_ path: String, at offset: Int? = nil, _ problem: String) -> FileError {
    FileError(path: path, kind: .malformed, offset: offset, problem: problem)
  }

  /// A file that is larger than `limit` bytes.
  public static func tooLarge(_ path: String, _ problem: String) -> FileError {
    FileError(path: path, kind: .tooLarge, problem: problem)
  }

  /// A system call that failed: `action` reads as the end of "cannot …".
  public static func system(_ path: String, cannot action: String, code: Int32) -> FileError {
    FileError(
      path: path, kind: .system(code: code), problem: "cannot \(action): \(String(cString: strerror(code)))")
  }

  /// Whether the file, or a directory on the way to it, does not exist.
  public var isMissing: Bool { kind == .system(code: ENOENT) || kind == .system(code: ENOTDIR) }

  public var description: String {
    let place = offset.map { "at byte \($0): " } ?? ""
    return "\(path): \(place)\(problem)".singleLine
  }
}

extension String {
  /// The text with everything that could break a line or steer a terminal written as an escape.
  package var singleLine: String {
    guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.isUnprintable { result += scalar.escaped(asASCII: true) } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }

  /// The text in quotes, on one line, cut when it is long: how messages show a name found in a file.
  package var quoted: String {
    let limit = 80
    let scalars = unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end != scalars.endIndex
    else { return "\"\(singleLine)\"" }
    return "\"\(String(scalars[..<end]).singleLine)…\""
  }
}

extension Unicode.Scalar {
  fileprivate var isUnprintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
