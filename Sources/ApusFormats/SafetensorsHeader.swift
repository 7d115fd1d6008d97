import ApusFiles

/// The header of a safetensors file, read from hostile bytes: every rule of the format is checked.
struct SafetensorsHeader {
  let entries: [SafetensorsFile.Entry]
  let metadata: [String: String]

  /// The size of the number, before the header, that is the header's size.
  static let prefixSize = 8
  /// The most bytes that the format lets a header have.
  static let maximumSize = 100_000_000
  static let metadataKey = "__metadata__"

  /// Where the header lies in a file of which the beginning is given.
  static func byteRange(prefix: [UInt8], fileSize: Int, path: String) throws(FileError) -> Range<Int> {
    guard fileSize >= prefixSize, prefix.count >= prefixSize else {
      throw .malformed(path, at: fileSize, "not a safetensors file (\(fileSize) bytes, expected at least 8)")
    }
    let size = prefix[..<prefixSize].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard size <= maximumSize else {
      throw .malformed(path, at: 0, "not a safetensors file (its header would have \(size) bytes, at most 100 MB may)")
    }
    guard size >= 2, size <= fileSize - prefixSize else {
      throw .malformed(
        path, at: 0,
        size < 2
          ? "a safetensors header of \(size) bytes, expected a JSON object"
          : "a safetensors header of \(size) bytes, but only \(fileSize - prefixSize) follow")
    }
    guard prefix.count > prefixSize, prefix[prefixSize] == UInt8(ascii: "{") else {
      throw .malformed(path, at: prefixSize, "not a safetensors file (its header does not begin with \"{\")")
    }
    return prefixSize..<(prefixSize + Int(size))
  }

  /// The header whose JSON text is given, of a file with `bufferSize` bytes after it.
  init(bytes: [UInt8], bufferSize: Int, path: String) throws(FileError) {
    let header: JSONValue
    do throws(JSONError) {
      header = try JSONValue(parsing: bytes, limits: JSONLimits(depth: 8))
    } catch {
      throw .malformed(path, at: Self.prefixSize + error.offset, "safetensors header, \(error)")
    }
    guard let object = header.object else { throw .malformed(path, "the safetensors header is not a JSON object") }
    var entries: [SafetensorsFile.Entry] = []
    entries.reserveCapacity(object.count)
    var metadata: [String: String] = [:]
    for (name, value) in object {
      if name == Self.metadataKey {
        metadata = try Self.parseMetadata(value, path: path)
      } else {
        entries.append(try Self.parseEntry(name, value, path: path))
      }
    }
    try Self.checkCoverage(entries, bufferSize: bufferSize, path: path)
    self.entries = entries
    self.metadata = metadata
  }

  private static func parseMetadata(_ value: JSONValue, path: String) throws(FileError) -> [String: String] {
    guard let object = value.object else { throw .malformed(path, "\(metadataKey) is not an object") }
    var metadata: [String: String] = [:]
    for (key, value) in object {
      guard let text = value.string else {
        throw .malformed(path, "\(metadataKey): the value of \(key.quoted) is not a string")
      }
      metadata[key] = text
    }
    return metadata
  }

  private static func parseEntry(
    _ name: String, _ value: JSONValue, path: String
  ) throws(FileError) -> SafetensorsFile.Entry {
    func wrong(_ problem: String) -> FileError { .malformed(path, "tensor \(name.quoted): \(problem)") }

    guard let object = value.object else { throw wrong("expected an object") }
    if let key = object.keys.first(where: { !["dtype", "shape", "data_offsets"].contains($0) }) {
      throw wrong("unknown field \(key.quoted) (expected dtype, shape and data_offsets)")
    }
    guard let typeName = object["dtype"]?.string else { throw wrong("dtype is missing or not a string") }
    guard let type = SafetensorsFile.ElementType(rawValue: typeName) else {
      let known = SafetensorsFile.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw wrong("unsupported dtype \(typeName.quoted) (expected one of \(known))")
    }
    guard let shape = sizes(object["shape"]) else { throw wrong("shape is not a list of non-negative integers") }
    guard let offsets = sizes(object["data_offsets"]), offsets.count == 2 else {
      throw wrong("data_offsets is not a pair of non-negative integers")
    }
    guard offsets[0] <= offsets[1] else { throw wrong("data_offsets [\(offsets[0]), \(offsets[1])] run backwards") }
    guard let size = byteCount(shape: shape, type: type) else { throw wrong("shape \(shape) is impossibly large") }
    guard size == offsets[1] - offsets[0] else {
      throw wrong(
        "data_offsets [\(offsets[0]), \(offsets[1])] span \(offsets[1] - offsets[0]) bytes, "
          + "but \(typeName) of shape \(shape) needs \(size)")
    }
    return SafetensorsFile.Entry(name: name, type: type, shape: shape, byteRange: offsets[0]..<offsets[1])
  }

  private static func sizes(_ value: JSONValue?) -> [Int]? {
    guard let array = value?.array else { return nil }
    let sizes = array.compactMap(\.int).filter { $0 >= 0 }
    return sizes.count == array.count ? sizes : nil
  }

  /// The bytes of a tensor; nil when their number overflows, even if a zero in the shape would hide it.
  static func byteCount(shape: [Int], type: SafetensorsFile.ElementType) -> Int? {
    var result = type.size
    for size in shape {
      let (product, overflow) = result.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      result = product
    }
    return result
  }

  /// Checks that the ranges lie side by side and cover the buffer from its first byte to its last.
  private static func checkCoverage(
    _ entries: [SafetensorsFile.Entry], bufferSize: Int, path: String
  ) throws(FileError) {
    let sorted = entries.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    var end = 0
    for entry in sorted {
      let start = entry.byteRange.lowerBound
      guard start == end else {
        let problem =
          start < end ? "overlaps the tensor before it, which ends" : "leaves a hole after the data that end"
        throw .malformed(
          path, "tensor \(entry.name.quoted) begins at byte \(start) of the buffer and \(problem) at \(end)")
      }
      end = entry.byteRange.upperBound
    }
    guard end == bufferSize else {
      throw .malformed(
        path,
        end > bufferSize
          ? "cut short: the tensors need \(end) bytes after the header, found \(bufferSize)"
          : "\(bufferSize - end) bytes after the last tensor belong to none")
    }
  }
}
