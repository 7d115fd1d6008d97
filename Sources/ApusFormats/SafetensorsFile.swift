import ApusFiles

/// A safetensors file: named tensors in one buffer, described by a JSON header.
///
/// Everything the format promises is checked when the file is opened: unique names, ranges that lie side by side and
/// cover the buffer exactly, and sizes that follow from type and shape.
public struct SafetensorsFile: Sendable {
  /// The types of numbers that a tensor may have.
  public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    /// The size of one number in bytes.
    public var size: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }
  }

  /// One tensor in the file.
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let type: ElementType
    public let shape: [Int]
    /// Where its numbers lie in the buffer that follows the header.
    public let byteRange: Range<Int>

    public init(name: String, type: ElementType, shape: [Int], byteRange: Range<Int>) {
      self.name = name
      self.type = type
      self.shape = shape
      self.byteRange = byteRange
    }
  }

  /// The tensors, in the order in which the header lists them.
  public let entries: [Entry]
  /// What the writer noted about the file.
  public let metadata: [String: String]
  /// What errors call the file.
  public let path: String

  private let file: [UInt8]
  private let bufferStart: Int
  private let indices: [String: Int]

  /// The file at `path`. Throws a ``FileError`` when it cannot be read or breaks a rule of the format.
  public init(contentsOf path: String) throws(FileError) {
    // Many gigabytes of something else need not be read to see that they are no safetensors file.
    let size = try File.size(path)
    if size > 0 {
      let prefix = try File.readPrefix(path, count: SafetensorsHeader.prefixSize + 1)
      _ = try SafetensorsHeader.byteRange(prefix: prefix, fileSize: size, path: path)
    }
    try self.init(bytes: try File.read(path), path: path)
  }

  /// The file whose bytes are given; `path` is what errors call it.
  ///
  /// Throws a ``FileError`` when they break a rule of the format.
  public init(bytes: [UInt8], path: String) throws(FileError) {
    let range = try SafetensorsHeader.byteRange(prefix: bytes, fileSize: bytes.count, path: path)
    let header = try SafetensorsHeader(
      bytes: Array(bytes[range]), bufferSize: bytes.count - range.upperBound, path: path)
    entries = header.entries
    metadata = header.metadata
    self.path = path
    file = bytes
    bufferStart = range.upperBound
    indices = Dictionary(uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
  }

  /// The tensor called `name`; nil when there is none.
  public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// The numbers of the tensor called `name` as they lie in the file: lowest byte first, the last dimension varying
  /// fastest, aligned to nothing. Throws a ``FileError`` that names the nearest tensor when there is none of that name.
  public func bytes(of name: String) throws(FileError) -> ArraySlice<UInt8> {
    guard let entry = self[name] else {
      let hint = Self.nearest(to: name, in: entries.map(\.name)).map { "; did you mean \($0.quoted)?" } ?? ""
      throw .malformed(path, "has no tensor \(name.quoted)\(hint)")
    }
    return bytes(of: entry)
  }

  /// The numbers of an entry of this file. Traps when the entry is of another file and does not lie in this one.
  public func bytes(of entry: Entry) -> ArraySlice<UInt8> {
    guard entry.byteRange.lowerBound >= 0, entry.byteRange.upperBound <= file.count - bufferStart else {
      fatalError("SafetensorsFile.bytes(of:): \(entry.name.quoted) is not an entry of \(path)")
    }
    return file[(bufferStart + entry.byteRange.lowerBound)..<(bufferStart + entry.byteRange.upperBound)]
  }
}
