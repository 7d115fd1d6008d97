/// A named composite: an operation whose meaning is a body of primitives, and which a backend may run as one kernel.
///
/// Two blocks are equal when their types and stored attributes are.
public protocol Block: Hashable, Sendable {
  /// The block's name in messages, printed graphs and profiles.
  static var name: String { get }
  /// The types of the results; throws what a user reads.
  func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType]
  /// What the block means, in primitives and other blocks.
  func body(_ operands: [Node]) -> [Node]
  /// The gradient of each operand (nil where there is none), or nil to differentiate the body.
  func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]?
  /// Whether each element of the one result depends on the elements at its place alone, so that the block means the
  /// same on arrays of any shape.
  var isElementwise: Bool { get }
}

extension Block {
  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? { nil }
  public var isElementwise: Bool { false }
}

/// A block of any kind, as a graph holds it.
public struct AnyBlock: Hashable, Sendable {
  public let block: any Block

  public init(_ block: any Block) { self.block = block }

  public var name: String { type(of: block).name }

  /// The block's stored attributes, as a printed graph shows them.
  public var attributes: String {
    Mirror(reflecting: block).children.map { "\($0.label ?? "") = \($0.value)" }.joined(separator: ", ")
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try block.resultTypes(operands)
  }

  public static func == (a: AnyBlock, b: AnyBlock) -> Bool { a.block.isEqual(to: b.block) }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(type(of: block)))
    block.hash(into: &hasher)
  }
}

extension Block {
  fileprivate func isEqual(to other: any Block) -> Bool { (other as? Self) == self }
}
