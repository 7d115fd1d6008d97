import ApusFiles

/// The format of `compress`, as old data come in it: Lempel–Ziv–Welch with codes of 9 to 16 bits (Welch 1984).
public enum UnixCompress {
  /// The contents of what `compress` made, with or without the three bytes that begin a file of it (`1F 9D 90`).
  ///
  /// Throws a ``FileError`` where the codes mean nothing, or the contents are larger than `maximumSize` bytes; `path` is
  /// what it calls the file.
  public static func decompress(
    _ bytes: some RandomAccessCollection<UInt8>, maximumSize: Int, path: String
  ) throws(FileError) -> [UInt8] {
    var input = Array(bytes)[...]
    if input.starts(with: [0x1F, 0x9D]) {
      guard input.count > 2, input[2] & 0x1F == longest, input[2] & 0x80 != 0 else {
        throw .malformed(path, at: 2, "a file of compress with other codes than of 9 to 16 bits")
      }
      input = input.dropFirst(3)
    }
    var decoder = Decoder(input: input)
    var result: [UInt8] = []
    while let piece = try decoder.next(path) {
      guard piece.count <= maximumSize - result.count else {
        throw .tooLarge(path, "decompresses to more than the \(maximumSize) bytes allowed here")
      }
      result += piece
    }
    return result
  }

  fileprivate static let longest: UInt8 = 16
}

private struct Decoder {
  private let input: [UInt8]
  /// The bit that comes next.
  private var place = 0
  /// The bit at which codes of this width began.
  private var start = 0
  private var width = 9
  /// The sequence of each code: that of another, and one byte. A code is larger than the one it goes on from.
  private var prefixes: [Int] = []
  private var lastBytes: [UInt8] = []
  private var previous: [UInt8] = []
  private var previousCode: Int?

  private static let clear = 256
  private static let first = 257
  private static let limit = 1 << Int(UnixCompress.longest)

  init(input: ArraySlice<UInt8>) { self.input = Array(input) }

  /// The code that the next new sequence gets.
  private var free: Int { Self.first + prefixes.count }

  /// The bytes of the next code; nil at the end.
  mutating func next(_ path: String) throws(FileError) -> [UInt8]? {
    while true {
      if free > (1 << width) - 1, width < Int(UnixCompress.longest) {
        skipGroup()
        width += 1
      }
      let start = place
      guard let code = read() else { return nil }
      if code == Self.clear {
        skipGroup()
        width = 9
        (prefixes, lastBytes, previousCode) = ([], [], nil)
        continue
      }
      let sequence: [UInt8]
      if let previousCode {
        guard code <= free, code < free || free < Self.limit else {
          throw .malformed(path, at: start / 8, "the compressed data are damaged (a code for nothing)")
        }
        sequence = code == free ? previous + [previous[0]] : self.sequence(code)
        if free < Self.limit {
          prefixes.append(previousCode)
          lastBytes.append(sequence[0])
        }
      } else {
        guard code < 256 else {
          throw .malformed(path, at: start / 8, "the compressed data are damaged (they begin with no byte)")
        }
        sequence = [UInt8(code)]
      }
      (previous, previousCode) = (sequence, code)
      return sequence
    }
  }

  private func sequence(_ code: Int) -> [UInt8] {
    var (code, reversed) = (code, [UInt8]())
    while code >= Self.first {
      reversed.append(lastBytes[code - Self.first])
      code = prefixes[code - Self.first]
    }
    reversed.append(UInt8(code))
    return reversed.reversed()
  }

  private mutating func read() -> Int? {
    guard place + width <= input.count * 8 else { return nil }
    var value = 0
    for byte in 0..<3 where place / 8 + byte < input.count { value |= Int(input[place / 8 + byte]) << (8 * byte) }
    value = value >> (place % 8) & ((1 << width) - 1)
    place += width
    return value
  }

  /// Codes of one width come in groups of eight, the last of which is filled up.
  private mutating func skipGroup() {
    let group = 8 * width
    start += (place - start + group - 1) / group * group
    place = start
  }
}
