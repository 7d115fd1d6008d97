/// A primitive from outside: an operation whose kernel and gradient somebody else brings. Backends call the kernel on
/// dense memory of the host.
///
/// Two custom primitives are equal when their types and stored attributes are.
public protocol CustomPrimitive: Hashable, Sendable {
  /// The name in messages, printed graphs and profiles.
  var name: String { get }
  /// The types of the results; throws what a user reads.
  func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType]
  /// Computes the results. All memory is dense, in row-major order, and of the size that its type says.
  func run(
    _ operands: [UnsafeRawBufferPointer], _ operandTypes: [TensorType], into results: [UnsafeMutableRawBufferPointer])
  /// The gradient of each operand; nil where there is none.
  func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]
}

/// A custom primitive of any kind, as a graph holds it.
public struct AnyCustom: Hashable, Sendable {
  public let primitive: any CustomPrimitive

  public init(_ primitive: any CustomPrimitive) { self.primitive = primitive }

  public var name: String { primitive.name }
  /// The stored attributes, as a printed graph shows them.
  public var attributes: String {
    Mirror(reflecting: primitive).children.map { "\($0.label ?? "") = \($0.value)" }.joined(separator: ", ")
  }

  public static func == (a: AnyCustom, b: AnyCustom) -> Bool { a.primitive.isEqual(to: b.primitive) }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(type(of: primitive)))
    primitive.hash(into: &hasher)
  }
}

extension CustomPrimitive {
  fileprivate func isEqual(to other: any CustomPrimitive) -> Bool { (other as? Self) == self }
}
