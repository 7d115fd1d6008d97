/// Bytes as printable characters, as GPT-2's tokenizer writes them (Radford et al. 2019): what prints stands for itself,
/// the other 68 bytes for the characters from U+0100 on.
enum ByteLevel {
  /// The character of each byte.
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (0..<256).map { byte in
      switch byte {
      case 33...126, 161...172, 174...255: return Unicode.Scalar(UInt32(byte))!
      default:
        next += 1
        return Unicode.Scalar(next - 1)!
      }
    }
  }()

  /// The byte of each character, by code point.
  private static let bytes: [UInt8?] = {
    var result = [UInt8?](repeating: nil, count: 0x200)
    for (byte, character) in characters.enumerated() { result[Int(character.value)] = UInt8(byte) }
    return result
  }()

  static func characters(of text: Scalars) -> [Unicode.Scalar] { ByteString(text).bytes.map { characters[Int($0)] } }

  /// The bytes that a token stands for; its own where a character is none of these.
  static func bytes(of token: String) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard scalar.value < 0x200, let byte = bytes[Int(scalar.value)] else { return Array(token.utf8) }
      result.append(byte)
    }
    return result
  }
}
