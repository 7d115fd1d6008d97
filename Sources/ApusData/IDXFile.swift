import ApusFiles

/// The contents of an IDX file, the format of MNIST: one array of numbers of one type.
public struct IDXFile: Hashable, Sendable {
  /// The types of numbers that the format knows, by their codes in the file.
  public enum ElementType: UInt8, Hashable, Sendable, CaseIterable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    /// The size of one number in bytes.
    public var size: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  public let elementType: ElementType
  public let dimensions: [Int]
  /// The numbers as they lie in the file: the last dimension varies fastest, and each number's highest byte comes first.
  public let bytes: [UInt8]

  /// The array in the bytes of an IDX file; `path` is what errors call it.
  ///
  /// Throws a ``FileError`` with the offset when the header is wrong, or when it announces more or fewer bytes than
  /// follow it.
  public init(bytes file: [UInt8], path: String) throws(FileError) {
    guard file.count >= 4 else { throw .malformed(path, at: file.count, "an IDX file ends in its first 4 bytes") }
    guard file[0] == 0, file[1] == 0 else {
      throw .malformed(path, at: 0, "not an IDX file (expected two zero bytes, found \(file[0]) and \(file[1]))")
    }
    guard let elementType = ElementType(rawValue: file[2]) else {
      throw .malformed(path, at: 2, "an IDX file of the unknown type \(file[2]) (expected 8, 9, 11, 12, 13 or 14)")
    }
    let rank = Int(file[3])
    guard rank > 0 else { throw .malformed(path, at: 3, "an IDX file without dimensions") }
    let start = 4 + 4 * rank
    guard file.count >= start else {
      throw .malformed(path, at: file.count, "an IDX file ends in its \(rank) dimensions (\(start) bytes)")
    }
    let dimensions = (0..<rank).map { index in
      file[(4 + 4 * index)..<(8 + 4 * index)].reduce(0) { $0 << 8 | Int($1) }
    }
    let shape = dimensions.map(String.init).joined(separator: " × ")
    guard let size = Self.product(dimensions + [elementType.size]) else {
      throw .malformed(path, at: 4, "an IDX file whose dimensions \(shape) are impossibly large")
    }
    guard file.count - start == size else {
      throw .malformed(
        path, at: file.count < start + size ? file.count : start + size,
        "an IDX file of \(shape) \(elementType) needs \(size) bytes after its header, found \(file.count - start)")
    }
    self.elementType = elementType
    self.dimensions = dimensions
    self.bytes = Array(file[start...])
  }

  /// The bytes of an IDX file that holds an array of `uint8`.
  ///
  /// Traps unless the dimensions, 1 to 255 of them, match the bytes.
  public static func encode(dimensions: [Int], bytes: [UInt8]) -> [UInt8] {
    guard 1...255 ~= dimensions.count, dimensions.allSatisfy({ UInt32(exactly: $0) != nil }),
      product(dimensions) == bytes.count
    else { fatalError("IDXFile.encode: the dimensions \(dimensions) do not match \(bytes.count) bytes") }
    let header = dimensions.flatMap { dimension in
      stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: dimension >> $0) }
    }
    return [0, 0, ElementType.uint8.rawValue, UInt8(dimensions.count)] + header + bytes
  }

  /// The product of the factors, none of them negative; nil when it overflows. One zero makes it zero.
  static func product(_ factors: [Int]) -> Int? {
    if factors.contains(0) { return 0 }
    var result = 1
    for factor in factors {
      let (product, overflow) = result.multipliedReportingOverflow(by: factor)
      if overflow { return nil }
      result = product
    }
    return result
  }
}
