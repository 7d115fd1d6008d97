/// Pictures one after another in one PNG file (the format's third edition, 2023, section 4.9: APNG). Viewers that know
/// nothing of animation show the first.
public enum AnimatedPNG {
  /// Joins PNG files of one size and kind.
  ///
  /// - Parameters:
  ///   - pictures: The bytes of a PNG file each.
  ///   - seconds: How long all but the last are shown, together.
  ///   - rest: How long the last is shown before it begins again.
  /// - Throws: When there is none, one is no PNG file, or two differ in size.
  public static func joined(
    _ pictures: [[UInt8]], seconds: Double, rest: Double = 1.5
  ) throws(Rasterizer.Failure) -> [UInt8] {
    var files: [[Chunk]] = []
    for (number, bytes) in pictures.enumerated() {
      guard let chunks = Chunk.all(in: bytes), chunks.first?.type == "IHDR" else {
        throw Rasterizer.Failure(description: "picture \(number) of the animation is no PNG file")
      }
      files.append(chunks)
    }
    guard let first = files.first, seconds > 0 else {
      throw Rasterizer.Failure(description: "an animation of \(files.count) pictures in \(seconds) s: expected more")
    }
    let header = first[0].data
    if let other = files.firstIndex(where: { $0[0].data != header }) {
      throw Rasterizer.Failure(
        description: "picture \(other) of the animation is of another size or kind than the first")
    }
    var result = Chunk.signature + first[0].bytes
    result += Chunk("acTL", bigEndian(UInt32(files.count)) + bigEndian(0)).bytes
    result += first.dropFirst().prefix { $0.type != "IDAT" }.flatMap(\.bytes)
    // Every control and every part of a later picture has the next number.
    var sequence: UInt32 = 0
    func next() -> [UInt8] {
      defer { sequence += 1 }
      return bigEndian(sequence)
    }
    for (number, chunks) in files.enumerated() {
      let delay = number == files.count - 1 ? rest : seconds / Double(max(1, files.count - 1))
      // Number, size, place, and the delay as a fraction: milliseconds over 1000.
      let milliseconds = UInt32(min(65535, max(1, (delay * 1000).rounded())))
      var control = next()
      control += header[0..<8]
      control += bigEndian(0)
      control += bigEndian(0)
      control += bigEndian(milliseconds << 16 | 1000)
      // Each picture is whole: it takes the place of the one before.
      control += [0, 0]
      result += Chunk("fcTL", control).bytes
      for chunk in chunks where chunk.type == "IDAT" {
        result += number == 0 ? chunk.bytes : Chunk("fdAT", next() + chunk.data).bytes
      }
    }
    return result + Chunk("IEND", []).bytes
  }

  /// A piece of a PNG file.
  private struct Chunk {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let type: String
    let data: [UInt8]

    init(_ type: String, _ data: [UInt8]) { (self.type, self.data) = (type, data) }

    /// As it stands in the file: length, type, data and check.
    var bytes: [UInt8] {
      let body = Array(type.utf8) + data
      return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body))
    }

    static func all(in bytes: [UInt8]) -> [Chunk]? {
      guard bytes.starts(with: signature) else { return nil }
      var (place, chunks) = (8, [Chunk]())
      while place + 12 <= bytes.count {
        let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
        guard length <= bytes.count - place - 12 else { return nil }
        let type = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
        chunks.append(Chunk(type, Array(bytes[place + 8..<place + 8 + length])))
        place += 12 + length
      }
      return place == bytes.count && chunks.last?.type == "IEND" ? chunks : nil
    }
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    let shifts: [UInt32] = [24, 16, 8, 0]
    return shifts.map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// CRC-32 (ISO 3309), as the PNG format defines it.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8) }
    return ~crc
  }

  private static let table = (0..<256).map { (byte: UInt32) -> UInt32 in
    var remainder = byte
    for _ in 0..<8 {
      let half = remainder >> 1
      remainder = remainder & 1 == 1 ? half ^ 0xEDB8_8320 : half
    }
    return remainder
  }
}
