/// The cyclic redundancy check with Castagnoli's polynomial (1993), as TensorFlow's record files have it.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in
      remainder & 1 == 1 ? (remainder >> 1) ^ 0x82F6_3B78 : remainder >> 1
    }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { remainder, byte in
      (remainder >> 8) ^ table[Int((remainder ^ UInt32(byte)) & 0xFF)]
    }
  }

  /// The check turned and shifted, so that checks of data that hold checks are still good ones.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let checksum = checksum(bytes)
    return ((checksum >> 15) | (checksum << 17)) &+ 0xA282_EAD8
  }
}
