import ApusCore
import ApusRuntime

/// A dense row-major array whose elements are kept as doubles that the element type can represent.
struct DenseArray {
  var elements: [Double]
  let type: TensorType

  var shape: Shape { type.shape }
  var dtype: DType { type.dtype }

  init(_ elements: [Double], _ type: TensorType) {
    precondition(elements.count == type.shape.elementCount)
    self.elements = elements
    self.type = type
  }

  /// One element for each index of the shape.
  init(_ type: TensorType, _ element: (_ index: [Int]) -> Double) {
    self.type = type
    elements = []
    elements.reserveCapacity(type.shape.elementCount)
    type.shape.forEachIndex { elements.append(element($0)) }
  }

  subscript(index: [Int]) -> Double {
    get { elements[offset(index)] }
    set { elements[offset(index)] = newValue }
  }

  private func offset(_ index: [Int]) -> Int {
    var offset = 0
    for (axis, place) in index.enumerated() { offset = offset * shape[axis] + place }
    return offset
  }

  /// Element by element, rounded to the result's type.
  func map(_ dtype: DType? = nil, _ transform: (Double) -> Double) -> DenseArray {
    let type = TensorType(shape, dtype ?? self.dtype)
    return DenseArray(elements.map { rounded(transform($0), type.dtype) }, type)
  }

  init(reading buffer: Buffer, type: TensorType) {
    let count = type.shape.elementCount
    func read<T>(_: T.Type, _ convert: (T) -> Double) -> [Double] {
      let elements = buffer.pointer.assumingMemoryBound(to: T.self)
      return (0..<count).map { convert(elements[$0]) }
    }
    let elements =
      switch type.dtype {
      case .bool, .uint8: read(UInt8.self) { Double($0) }
      case .int32: read(Int32.self) { Double($0) }
      case .uint32: read(UInt32.self) { Double($0) }
      case .int64: read(Int64.self) { Double($0) }
      case .uint64: read(UInt64.self) { Double($0) }
      case .int8: read(Int8.self) { Double($0) }
      case .int16: read(Int16.self) { Double($0) }
      case .uint16: read(UInt16.self) { Double($0) }
      case .float16: read(UInt16.self) { Half.float16($0) }
      case .bfloat16: read(UInt16.self) { Half.bfloat16($0) }
      case .float32: read(Float.self) { Double($0) }
      case .float64: read(Double.self) { $0 }
      }
    self.init(elements, type)
  }

  func makeBuffer() -> Buffer {
    let buffer = Buffer(byteCount: type.byteCount)
    func write<T>(_ convert: (Double) -> T) {
      let target = buffer.pointer.assumingMemoryBound(to: T.self)
      for (place, element) in elements.enumerated() { target[place] = convert(element) }
    }
    switch dtype {
    case .bool, .uint8: write { UInt8($0) }
    case .int32: write { Int32($0) }
    case .uint32: write { UInt32($0) }
    case .int64: write { whole($0, .int64) }
    case .uint64: write { $0 >= 0x1p64 ? UInt64.max : UInt64($0) }
    case .int8: write { Int8($0) }
    case .int16: write { Int16($0) }
    case .uint16: write { UInt16($0) }
    case .float16: write { Half.float16Bits($0) }
    case .bfloat16: write { Half.bfloat16Bits($0) }
    case .float32: write { Float($0) }
    case .float64: write { $0 }
    }
    return buffer
  }
}

/// The value as the type holds it: rounded to its precision, or wrapped into an integer's range.
func rounded(_ value: Double, _ dtype: DType) -> Double {
  switch dtype {
  case .float64: value
  case .float32: Double(Float(value))
  case .float16: Half.float16(Half.float16Bits(value))
  case .bfloat16: Half.bfloat16(Half.bfloat16Bits(value))
  case .bool: value != 0 ? 1 : 0
  case .uint64 where value >= 0x1p63: Double(whole(value, .uint64).magnitudeBits)
  case .uint8, .uint16, .int8, .int16, .int32, .uint32, .int64, .uint64: wrapped(whole(value, .int64), dtype)
  }
}

/// The 64 bits of the integer that a double holds: unsigned ones past 2^63 come out negative. What lies beyond the
/// type, as 2^63 does, is its largest or smallest value.
func whole(_ value: Double, _ dtype: DType) -> Int64 {
  if dtype == .uint64, value >= 0x1p63 {
    return Int64(bitPattern: value >= 0x1p64 ? .max : UInt64(value))
  }
  return Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
}

extension Int64 {
  fileprivate var magnitudeBits: UInt64 { UInt64(bitPattern: self) }
}

/// The low bits of an integer as the type reads them.
func wrapped(_ value: Int64, _ dtype: DType) -> Double {
  switch dtype {
  case .uint8: Double(UInt8(truncatingIfNeeded: value))
  case .uint16: Double(UInt16(truncatingIfNeeded: value))
  case .uint32: Double(UInt32(truncatingIfNeeded: value))
  case .uint64: Double(UInt64(bitPattern: value))
  case .int8: Double(Int8(truncatingIfNeeded: value))
  case .int16: Double(Int16(truncatingIfNeeded: value))
  case .int32: Double(Int32(truncatingIfNeeded: value))
  case .int64, .bool, .float16, .bfloat16, .float32, .float64: Double(value)
  }
}

extension Shape {
  /// Calls `body` with every index in row-major order.
  func forEachIndex(_ body: ([Int]) -> Void) {
    guard elementCount > 0 else { return }
    var index = [Int](repeating: 0, count: rank)
    while true {
      body(index)
      var axis = rank - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < self[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
