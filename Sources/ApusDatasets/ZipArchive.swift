import ApusCompression
import ApusFiles

/// The files in a zip archive (PKWARE's APPNOTE 6.3), stored or deflated, without the extensions for more than 4 GB.
struct ZipArchive {
  private struct Entry {
    let method: Int
    let checksum: ArraySlice<UInt8>
    let compressedSize: Int
    let size: Int
    let place: Int
  }

  private let bytes: [UInt8]
  private let path: String
  private let entries: [String: Entry]

  var names: [String] { entries.keys.sorted() }

  /// The archive in these bytes; `path` is what errors call it. Throws a ``FileError`` when they are none.
  init(bytes: [UInt8], path: String) throws(FileError) {
    self.bytes = bytes
    self.path = path
    // The directory is at the end, followed by its own description and a comment of up to 64 kB.
    let lowest = max(0, bytes.count - 22 - 65_535)
    guard bytes.count >= 22,
      let end = stride(from: bytes.count - 22, through: lowest, by: -1)
        .first(where: { Self.number(bytes, $0, 4) == 0x0605_4B50 })
    else { throw .malformed(path, "not a zip archive (its directory is missing)") }
    guard let count = Self.number(bytes, end + 10, 2), var place = Self.number(bytes, end + 16, 4) else {
      throw .malformed(path, at: end, "the zip archive is cut short")
    }
    var entries: [String: Entry] = [:]
    for _ in 0..<count {
      guard Self.number(bytes, place, 4) == 0x0201_4B50, let method = Self.number(bytes, place + 10, 2),
        let compressedSize = Self.number(bytes, place + 20, 4), let size = Self.number(bytes, place + 24, 4),
        let nameSize = Self.number(bytes, place + 28, 2), let extraSize = Self.number(bytes, place + 30, 2),
        let commentSize = Self.number(bytes, place + 32, 2), let start = Self.number(bytes, place + 42, 4),
        place + 46 + nameSize <= bytes.count
      else { throw .malformed(path, at: place, "the directory of the zip archive is damaged") }
      let name = String(decoding: bytes[(place + 46)..<(place + 46 + nameSize)], as: UTF8.self)
      entries[name] = Entry(
        method: method, checksum: bytes[(place + 16)..<(place + 20)], compressedSize: compressedSize, size: size,
        place: start)
      place += 46 + nameSize + extraSize + commentSize
    }
    self.entries = entries
  }

  /// The contents of a file. Throws a ``FileError`` when there is none of this name, or it is damaged.
  func contents(_ name: String) throws(FileError) -> [UInt8] {
    guard let entry = entries[name] else { throw .malformed(path, "the archive has no \(name)") }
    guard Self.number(bytes, entry.place, 4) == 0x0403_4B50, let nameSize = Self.number(bytes, entry.place + 26, 2),
      let extraSize = Self.number(bytes, entry.place + 28, 2)
    else { throw .malformed(path, at: entry.place, "the zip archive is damaged at \(name)") }
    let start = entry.place + 30 + nameSize + extraSize
    guard start + entry.compressedSize <= bytes.count else {
      throw .malformed(path, at: bytes.count, "the zip archive is cut short in \(name)")
    }
    let data = bytes[start..<(start + entry.compressedSize)]
    switch entry.method {
    case 0: return Array(data)
    case 8:
      // The same stream as in a gzip file, which has the sum and the size behind it.
      let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
      let size = (0..<4).map { UInt8(truncatingIfNeeded: entry.size >> (8 * $0)) }
      return try Gzip.decompress(
        header + data + entry.checksum + size, maximumSize: entry.size, path: "\(path): \(name)")
    default: throw .malformed(path, "\(name) is packed by the method \(entry.method), expected 0 or 8")
    }
  }

  /// The number in so many bytes, the lowest first; nil beyond the end.
  private static func number(_ bytes: [UInt8], _ place: Int, _ size: Int) -> Int? {
    guard place >= 0, place + size <= bytes.count else { return nil }
    return bytes[place..<(place + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
