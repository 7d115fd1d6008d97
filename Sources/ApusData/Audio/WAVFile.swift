import ApusFiles

/// Sound in a RIFF file (Microsoft & IBM 1991): samples from −1 to 1, channels averaged into one.
public struct WAVFile: Hashable, Sendable {
  /// Samples a second.
  public let sampleRate: Int
  public let samples: [Float]

  /// Traps when the rate is not positive.
  public init(sampleRate: Int, samples: [Float]) {
    guard sampleRate > 0 else { fatalError("WAVFile: a sample rate of \(sampleRate), expected 1 or more") }
    (self.sampleRate, self.samples) = (sampleRate, samples)
  }

  /// The sound in the file at `path`: integers of 8, 16, 24 or 32 bits, or floating-point numbers of 32.
  ///
  /// Throws a ``FileError`` that says what is wrong, when the file is larger than `maximumSize` bytes too.
  public init(contentsOf path: String, maximumSize: Int = 1 << 28) throws(FileError) {
    try self.init(bytes: try File.read(path, maximumSize: maximumSize), path: path)
  }

  /// The sound in a file's bytes; `path` is what errors call it.
  public init(bytes: [UInt8], path: String) throws(FileError) {
    func number(_ offset: Int, _ count: Int) -> Int {
      (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    func name(_ offset: Int) -> String { String(decoding: bytes[offset..<offset + 4], as: UTF8.self) }
    guard bytes.count >= 12, name(0) == "RIFF", name(8) == "WAVE" else {
      throw .malformed(path, at: 0, "not a WAV file: it does not begin with RIFF and WAVE")
    }
    var format: (kind: Int, channels: Int, rate: Int, bits: Int)?
    var offset = 12
    while offset + 8 <= bytes.count {
      let (chunk, size, start) = (name(offset), number(offset + 4, 4), offset + 8)
      if chunk == "fmt " {
        guard size >= 16, size <= bytes.count - start else {
          throw .malformed(
            path, at: offset, "the chunk \"fmt \" has \(size) bytes, expected at least 16 that are there")
        }
        format = (number(start, 2), number(start + 2, 2), number(start + 4, 4), number(start + 14, 2))
        // The extensible form says the kind further on.
        if format?.kind == 0xFFFE, size >= 26 { format?.kind = number(start + 24, 2) }
      } else if chunk == "data" {
        guard let format else { throw .malformed(path, at: offset, "the chunk \"data\" comes before \"fmt \"") }
        // Programs that write to a pipe do not know the size.
        let count = min(size, bytes.count - start)
        let isKnown =
          (format.kind == 1 && [8, 16, 24, 32].contains(format.bits)) || (format.kind, format.bits) == (3, 32)
        guard isKnown, (1...64).contains(format.channels), (1...1_000_000).contains(format.rate) else {
          throw .malformed(
            path,
            "sound of kind \(format.kind) with \(format.bits) bits, \(format.channels) channels and "
              + "\(format.rate) samples a second; expected integers of 8 to 32 bits or numbers of 32")
        }
        let width = format.bits / 8
        let frames = count / (width * format.channels)
        sampleRate = format.rate
        samples = (0..<frames).map { frame in
          let sum = (0..<format.channels).reduce(Float(0)) { sum, channel in
            let raw = number(start + (frame * format.channels + channel) * width, width)
            if format.kind == 3 {
              let value = Float(bitPattern: UInt32(raw))
              return sum + (value.isFinite ? value : 0)
            }
            // Eight bits have no sign, the others are in two's complement.
            if width == 1 { return sum + Float(raw - 128) / 128 }
            let half = 1 << (format.bits - 1)
            return sum + Float(raw >= half ? raw - 2 * half : raw) / Float(half)
          }
          return sum / Float(format.channels)
        }
        return
      }
      // Chunks begin at even places.
      guard size <= bytes.count - start else {
        throw .malformed(path, at: offset, "the chunk \"\(chunk)\" has \(size) bytes, more than there are")
      }
      offset = start + size + size % 2
    }
    throw .malformed(path, at: offset, "the chunk \"data\" is missing")
  }

  /// Writes integers of 16 bits.
  public func write(to path: String) throws(FileError) {
    var bytes: [UInt8] = []
    func add(_ text: String) { bytes += Array(text.utf8) }
    func add(_ value: Int, _ count: Int) { for place in 0..<count { bytes.append(UInt8(value >> (8 * place) & 0xFF)) } }
    add("RIFF")
    add(36 + 2 * samples.count, 4)
    add("WAVEfmt ")
    for (value, count) in [(16, 4), (1, 2), (1, 2), (sampleRate, 4), (2 * sampleRate, 4), (2, 2), (16, 2)] {
      add(value, count)
    }
    add("data")
    add(2 * samples.count, 4)
    for sample in samples {
      add(Int((max(-1, min(1, sample)) * 32767).rounded()) & 0xFFFF, 2)
    }
    try AtomicFile.write(bytes, to: path)
  }
}
