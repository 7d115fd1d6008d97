import ApusCore
import ApusRuntime

// From Swift arrays and back.
extension Tensor {
  private init<T: TensorElement>(elements: [T], shape: Shape?) {
    let shape = shape ?? [elements.count]
    guard shape.elementCount == elements.count else {
      self = Mistakes.report(
        OpError("Tensor: \(elements.count) values for shape \(shape), which has \(shape.elementCount) elements"))
      return
    }
    self = elements.withUnsafeBytes { Tensor(copying: $0, shape: shape, dtype: T.dtype) }
  }

  /// A copy of memory that holds `shape.elementCount` elements in row-major order.
  package init(copying bytes: UnsafeRawBufferPointer, shape: Shape, dtype: DType) {
    precondition(bytes.count == shape.elementCount * dtype.byteCount)
    self.init(Node(value: Buffer(copying: bytes), type: TensorType(shape, dtype)))
  }

  /// The values in row-major order, as a vector or in the given shape.
  public init(_ values: [Float], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [Int32], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [Int], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [UInt8], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [Int8], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [Int16], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [UInt16], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [UInt64], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [Int64], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [UInt32], shape: Shape? = nil) { self.init(elements: values, shape: shape) }
  public init(_ values: [Bool], shape: Shape? = nil) { self.init(elements: values, shape: shape) }

  /// The values in row-major order, rounded to `dtype`.
  public init(_ values: [Double], shape: Shape? = nil, dtype: DType) {
    switch dtype {
    case .float64: self.init(elements: values, shape: shape)
    case .float32: self.init(elements: values.map(Float.init), shape: shape)
    default: self = Tensor(elements: values, shape: shape).cast(to: dtype)
    }
  }

  /// A scalar. A whole number must be one that `dtype` holds; a `Double` is truncated and clamped to integer types.
  public init(_ value: some TensorScalar, dtype: DType = .float32) {
    self.init(.build(.constant(value.element(dtype))))
  }

  /// The elements, little-endian in row-major order, as a file holds them.
  public init(bytes: [UInt8], shape: Shape, dtype: DType) {
    guard bytes.count == shape.elementCount * dtype.byteCount else {
      self = Mistakes.report(
        OpError(
          "Tensor: \(bytes.count) bytes for \(dtype)\(shape), which takes \(shape.elementCount * dtype.byteCount)"))
      return
    }
    self = bytes.withUnsafeBytes { Tensor(copying: $0, shape: shape, dtype: dtype) }
  }

  /// The elements, little-endian in row-major order, as a file holds them.
  public var bytes: [UInt8] { [UInt8](buffer.bytes) }

  /// The elements in row-major order. `T` must be the tensor's type: convert with `cast(to:)` first.
  public func scalars<T: TensorElement>(_: T.Type = Float.self) -> [T] {
    guard T.dtype == dtype else {
      Mistakes.require(
        false, "scalars: the elements are \(dtype), not \(T.dtype). Convert with `.cast(to: .\(T.dtype))`")
      return cast(to: T.dtype).scalars(T.self)
    }
    let count = count
    let buffer = buffer
    return [T](unsafeUninitializedCapacity: count) { elements, initialized in
      if let base = elements.baseAddress, count > 0 {
        UnsafeMutableRawPointer(base).copyMemory(from: buffer.pointer, byteCount: buffer.byteCount)
      }
      initialized = count
    }
  }

  /// The only element, of whatever type, as a double.
  public func item() -> Double {
    Mistakes.require(count == 1, "item: \(shape) has \(count) elements, expected one")
    return count == 1 ? doubles()[0] : .nan
  }

  /// All elements, of whatever type, as doubles.
  public func doubles() -> [Double] {
    switch dtype {
    case .bool: scalars(Bool.self).map { $0 ? 1 : 0 }
    case .uint8: scalars(UInt8.self).map(Double.init)
    case .int32: scalars(Int32.self).map(Double.init)
    case .uint32: scalars(UInt32.self).map(Double.init)
    case .int64: scalars(Int64.self).map(Double.init)
    case .int8: scalars(Int8.self).map(Double.init)
    case .int16: scalars(Int16.self).map(Double.init)
    case .uint16: scalars(UInt16.self).map(Double.init)
    case .uint64: scalars(UInt64.self).map { Double($0) }
    case .float16, .bfloat16: cast(to: .float32).doubles()
    case .float32: scalars(Float.self).map(Double.init)
    case .float64: scalars(Double.self)
    }
  }
}
