import ApusCore

/// A Swift type that a tensor's elements can be read as.
public protocol TensorElement: Sendable {
  static var dtype: DType { get }
}

extension Bool: TensorElement { public static var dtype: DType { .bool } }
extension UInt8: TensorElement { public static var dtype: DType { .uint8 } }
extension Int32: TensorElement { public static var dtype: DType { .int32 } }
extension UInt32: TensorElement { public static var dtype: DType { .uint32 } }
extension Int64: TensorElement { public static var dtype: DType { .int64 } }
extension Int: TensorElement { public static var dtype: DType { .int64 } }
extension Int8: TensorElement { public static var dtype: DType { .int8 } }
extension Int16: TensorElement { public static var dtype: DType { .int16 } }
extension UInt16: TensorElement { public static var dtype: DType { .uint16 } }
extension UInt64: TensorElement { public static var dtype: DType { .uint64 } }
extension Float: TensorElement { public static var dtype: DType { .float32 } }
#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  extension Float16: TensorElement { public static var dtype: DType { .float16 } }
#endif
extension Double: TensorElement { public static var dtype: DType { .float64 } }

/// A number that takes on the type of the tensor it meets: `x * 0.5`, `count + 1`. A `Float` or `Double` that meets
/// integers makes them `float32`, unless promotion is strict.
public protocol TensorScalar {
  /// Whether the type holds fractions, which integers would lose.
  static var isFraction: Bool { get }
  /// The number as an element of that type.
  func scalar(_ dtype: DType) -> Scalar
  /// Where the number lies beside the whole numbers of an integer type: below them all (-1), above them all (1) or
  /// among them (0).
  func side(of dtype: DType) -> Int
}

extension TensorScalar {
  public static var isFraction: Bool { false }
  public func side(of dtype: DType) -> Int { 0 }

  /// The number as an element of that type; a whole number that the type does not hold is a mistake.
  func element(_ dtype: DType) -> Scalar {
    let isHeld = dtype == .bool || side(of: dtype) == 0
    Mistakes.require(isHeld, dtype.outOfRange(self))
    return isHeld ? scalar(dtype) : Scalar(0, dtype)
  }
}

extension Int: TensorScalar {
  public func scalar(_ dtype: DType) -> Scalar { Scalar(self, dtype) }
  public func side(of dtype: DType) -> Int {
    guard let numbers = dtype.wholeNumbers else { return 0 }
    return self < numbers.lowerBound ? -1 : self > numbers.upperBound ? 1 : 0
  }

  /// Whether the type holds the number, if only rounded.
  func fits(_ dtype: DType) -> Bool { side(of: dtype) == 0 }
}

extension DType {
  /// What is said of a number that an integer type does not hold.
  func outOfRange(_ value: some TensorScalar) -> String {
    let last = self == .uint64 ? "\(UInt64.max)" : "\(wholeNumbers?.upperBound ?? 0)"
    return "\(value) does not fit \(self), which goes from \(wholeNumbers?.lowerBound ?? 0) to \(last). "
      + "Convert with `cast(to:)`"
  }
}

extension Float: TensorScalar {
  public static var isFraction: Bool { true }
  public func scalar(_ dtype: DType) -> Scalar { Scalar(Double(self), dtype) }
}
extension Double: TensorScalar {
  public static var isFraction: Bool { true }
  public func scalar(_ dtype: DType) -> Scalar { Scalar(self, dtype) }
}

/// The elements of a nested array literal.
public enum TensorLiteral: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral
{
  case number(Double)
  case bool(Bool)
  case array([TensorLiteral])

  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: TensorLiteral...) { self = .array(elements) }

  /// The shape that the nesting gives, the elements in row-major order, and whether they are bools.
  func flattened() -> (shape: [Int], values: [Double], isBool: Bool) {
    switch self {
    case .number(let value): return ([], [value], false)
    case .bool(let value): return ([], [value ? 1 : 0], true)
    case .array(let elements):
      let parts = elements.map { $0.flattened() }
      guard let first = parts.first else { return ([0], [], false) }
      for part in parts where part.shape != first.shape || part.isBool != first.isBool {
        Mistakes.require(
          false, "array literal: rows of shapes \(Shape(first.shape)) and \(Shape(part.shape)) do not make a rectangle")
      }
      return ([parts.count] + first.shape, parts.flatMap(\.values), first.isBool)
    }
  }
}

extension Tensor: ExpressibleByArrayLiteral {
  /// `[[1, 2], [3, 4]]` is `float32[2, 2]`; `[true, false]` is `bool[2]`.
  public init(arrayLiteral elements: TensorLiteral...) {
    let (shape, values, isBool) = TensorLiteral.array(elements).flattened()
    self =
      isBool ? Tensor(values.map { $0 != 0 }, shape: Shape(shape)) : Tensor(values.map(Float.init), shape: Shape(shape))
  }
}
