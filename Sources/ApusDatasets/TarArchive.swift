import ApusFiles

/// The files in a tar archive (POSIX ustar), as far as data sets come in them.
struct TarArchive {
  /// The contents of each regular file by its path, slices of the archive.
  let files: [String: ArraySlice<UInt8>]

  /// The archive in these bytes; `path` is what errors call it. Throws a ``FileError`` when they are none or cut short.
  init(bytes: [UInt8], path: String) throws(FileError) {
    var files: [String: ArraySlice<UInt8>] = [:]
    var place = 0
    while place + 512 <= bytes.count {
      let header = bytes[place..<(place + 512)]
      // Two blocks of zeros end it, of which some archives have one.
      if header.allSatisfy({ $0 == 0 }) { break }
      guard let sum = Self.octal(header, 148, 8), sum == Self.checksum(header) else {
        throw .malformed(path, at: place, "not a tar archive (the sum over a header is wrong)")
      }
      guard let size = Self.octal(header, 124, 12), size <= bytes.count - place - 512 else {
        throw .malformed(path, at: place, "the tar archive is cut short")
      }
      let type = header[place + 156]
      if type == UInt8(ascii: "0") || type == 0 {
        let prefix = Self.text(header, 345, 155)
        let name = (prefix.isEmpty ? "" : prefix + "/") + Self.text(header, 0, 100)
        files[name] = bytes[(place + 512)..<(place + 512 + size)]
      }
      place += 512 + (size + 511) / 512 * 512
    }
    guard !files.isEmpty else { throw .malformed(path, "a tar archive without files") }
    self.files = files
  }

  private static func field(_ header: ArraySlice<UInt8>, _ start: Int, _ count: Int) -> ArraySlice<UInt8> {
    header[(header.startIndex + start)..<(header.startIndex + start + count)]
  }

  private static func text(_ header: ArraySlice<UInt8>, _ start: Int, _ count: Int) -> String {
    String(decoding: field(header, start, count).prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func octal(_ header: ArraySlice<UInt8>, _ start: Int, _ count: Int) -> Int? {
    let digits = text(header, start, count).split(separator: " ").first
    return digits.flatMap { Int($0, radix: 8) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The sum of all bytes, with spaces in the place of the sum itself.
  private static func checksum(_ header: ArraySlice<UInt8>) -> Int {
    let sum = header.reduce(0) { $0 + Int($1) }
    return sum - field(header, 148, 8).reduce(0) { $0 + Int($1) } + 8 * 32
  }
}
