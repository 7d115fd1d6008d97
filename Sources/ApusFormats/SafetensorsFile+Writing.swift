import ApusFiles

extension SafetensorsFile {
  /// A tensor to be written: its numbers lowest byte first, the last dimension varying fastest.
  public struct NewEntry: Hashable, Sendable {
    public let name: String
    public let type: ElementType
    public let shape: [Int]
    public let bytes: [UInt8]

    public init(name: String, type: ElementType, shape: [Int], bytes: [UInt8]) {
      self.name = name
      self.type = type
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// Tensors that no safetensors file can hold.
  public struct EncodingError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// The bytes of a safetensors file with `entries`, in their order. The same input gives the same bytes.
  ///
  /// Throws an ``EncodingError`` when two entries have one name, a name is reserved, a size does not follow from type
  /// and shape, or the header grows beyond what the format allows.
  public static func encode(
    _ entries: [NewEntry], metadata: [String: String] = [:]
  ) throws(EncodingError) -> [UInt8] {
    var header = JSONObject()
    if !metadata.isEmpty {
      let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      header[SafetensorsHeader.metadataKey] = .object(JSONObject(sorted.map { ($0.key, .string($0.value)) }))
    }
    var end = 0
    for entry in entries {
      let name = entry.name.quoted
      guard entry.name != SafetensorsHeader.metadataKey else {
        throw EncodingError(description: "no tensor can be called \(name): the format reserves that name")
      }
      guard header[entry.name] == nil else { throw EncodingError(description: "two tensors are called \(name)") }
      guard entry.shape.allSatisfy({ $0 >= 0 }),
        SafetensorsHeader.byteCount(shape: entry.shape, type: entry.type) == entry.bytes.count
      else {
        throw EncodingError(
          description: "tensor \(name): \(entry.bytes.count) bytes for \(entry.type.rawValue) of shape \(entry.shape)")
      }
      header[entry.name] = [
        "dtype": .string(entry.type.rawValue),
        "shape": .array(entry.shape.map { .integer(Int64($0)) }),
        "data_offsets": [.integer(Int64(end)), .integer(Int64(end + entry.bytes.count))],
      ]
      end += entry.bytes.count
    }
    var text = JSONValue.object(header).serializedBytes()
    // The buffer begins at a multiple of eight, so that a reader may map it as numbers.
    text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    guard text.count <= SafetensorsHeader.maximumSize else {
      throw EncodingError(description: "a safetensors header of \(text.count) bytes, at most 100 MB may be")
    }

    var file: [UInt8] = []
    file.reserveCapacity(SafetensorsHeader.prefixSize + text.count + end)
    withUnsafeBytes(of: UInt64(text.count).littleEndian) { file += $0 }
    file += text
    for entry in entries { file += entry.bytes }
    return file
  }
}

extension SafetensorsFile {
  /// The name that a misspelled one most likely means; nil when none is near.
  static func nearest(to name: String, in names: [String]) -> String? {
    let limit = max(2, name.utf8.count / 4)
    let distances = names.lazy.prefix(10_000).map { (name: $0, distance: editDistance(name, $0, limit: limit)) }
    guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
    return best.name
  }

  /// How many insertions, removals and replacements of bytes turn one name into the other; `limit + 1` if more.
  private static func editDistance(_ left: String, _ right: String, limit: Int) -> Int {
    let (left, right) = (Array(left.utf8.prefix(256)), Array(right.utf8.prefix(256)))
    guard abs(left.count - right.count) <= limit else { return limit + 1 }
    var row = Array(0...right.count)
    for (index, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (column, other) in right.enumerated() {
        let replaced = diagonal + (byte == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column + 1] + 1, row[column] + 1)
      }
    }
    return min(row[right.count], limit + 1)
  }
}
