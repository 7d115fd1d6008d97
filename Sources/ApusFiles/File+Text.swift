extension File {
  /// The text in the file at `path`, in UTF-8, without the mark of byte order that some editors put before it.
  ///
  /// Throws a ``FileError`` when the file cannot be read, is larger than `maximumSize` bytes, or is not UTF-8; then it
  /// names the first byte that is not.
  public static func readText(_ path: String, maximumSize: Int = 1 << 32) throws(FileError) -> String {
    let bytes = try read(path, maximumSize: maximumSize)
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    if let text = String(validating: bytes[start...], as: UTF8.self) { return text }
    var decoder = UTF8()
    var source = bytes[start...].makeIterator()
    var end = start
    while case .scalarValue(let scalar) = decoder.decode(&source) { end += UTF8.width(scalar) }
    throw .malformed(path, at: end, "not a text in UTF-8")
  }
}
