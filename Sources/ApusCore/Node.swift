import Synchronization

/// A value on a device, as a node keeps it: the runtime's buffers.
public protocol NodeValue: AnyObject, Sendable {}

/// One operation in the graph of pending work, with its operands.
///
/// A node is immutable in what it means. When it is evaluated it keeps the value and, unless a transform needs them,
/// lets go of its operands, so that memory is freed as soon as the user forgets it.
public final class Node: Sendable {
  public let op: Op
  /// The types of the results; one but for blocks.
  public let types: [TensorType]
  /// The transform whose variables the node descends from, if any.
  public let scope: TraceScope?
  /// Whether the node descends from a parameter of a trace, and so has no value yet.
  public let isSymbolic: Bool
  /// Larger than that of every node made before: what was there when a trace began cannot depend on it.
  public let serial = Node.nextSerial.add(1, ordering: .relaxed).newValue
  private let state: Mutex<State>
  /// How many times living nodes have this one as an operand.
  private let uses = Atomic(0)

  private static let nextSerial = Atomic<UInt64>(0)

  private struct State {
    var operands: [Node]
    var value: (any NodeValue)?
    var depth: Int
    /// The values of an operation with several results.
    var results: [any NodeValue] = []

    mutating func takeOperands() -> [Node] {
      let taken = operands
      operands = []
      return taken
    }
  }

  public var type: TensorType { types[0] }
  public var shape: Shape { types[0].shape }
  public var dtype: DType { types[0].dtype }

  /// A node of an operation whose operands have been checked.
  init(op: Op, operands: [Node], types: [TensorType], scope: TraceScope? = nil) {
    var scope = scope
    var depth = 0
    var isSymbolic = false
    for operand in operands {
      operand.uses.add(1, ordering: .relaxed)
      scope = TraceScope.deeper(scope, operand.scope)
      depth = Swift.max(depth, operand.depth)
      isSymbolic = isSymbolic || operand.isSymbolic
    }
    if case .parameter = op { isSymbolic = true }
    self.op = op
    self.types = types
    self.scope = scope
    self.isSymbolic = isSymbolic
    state = Mutex(State(operands: operands, value: nil, depth: depth + 1))
  }

  /// A leaf that holds a value.
  public init(value: any NodeValue, type: TensorType) {
    op = .value
    types = [type]
    scope = nil
    isSymbolic = false
    state = Mutex(State(operands: [], value: value, depth: 0))
  }

  /// The operation on checked operands. Throws what a user reads.
  public static func make(_ op: Op, _ operands: [Node]) throws(OpError) -> Node {
    Node(op: op, operands: operands, types: try op.resultTypes(operands.map(\.type)))
  }

  /// A node of its own for `operand`, which a transform can tell from other uses of it.
  public static func variable(_ operand: Node, in scope: TraceScope) -> Node {
    Node(op: .identity, operands: [operand], types: operand.types, scope: scope)
  }

  public var operands: [Node] { state.withLock { $0.operands } }
  public var value: (any NodeValue)? { state.withLock { $0.value } }
  /// Whether an open transform may ask for the node's operands.
  public var isTracked: Bool { scope?.isOpen ?? false }

  /// Operands and value at one moment.
  public var current: (operands: [Node], value: (any NodeValue)?) { state.withLock { ($0.operands, $0.value) } }

  /// Keeps the results of an operation that has several, for the nodes that are one of them.
  public func fulfill(results: [any NodeValue]) {
    let keepsOperands = isTracked
    var released: [Node] = []
    state.withLock { state in
      state.results = results
      if !keepsOperands { swap(&state.operands, &released) }
    }
    Node.releaseUses(released)
  }

  /// The value if it is there, or if the operation that this is one result of has been done.
  public func availableValue() -> (any NodeValue)? {
    if let value { return value }
    guard case .output(let index) = op, let source = operands.first else { return nil }
    let results = source.state.withLock { $0.results }
    guard results.indices.contains(index) else { return nil }
    fulfill(results[index])
    return results[index]
  }

  /// The longest chain of pending operations that ends here.
  public var depth: Int { state.withLock { $0.depth } }

  /// How many operands of living nodes are this one. What is used by more than a program sees is worth keeping when the
  /// program computes it on its way.
  public var useCount: Int { uses.load(ordering: .relaxed) }

  /// Keeps the evaluated result. Operands are let go unless a transform needs them.
  public func fulfill(_ value: any NodeValue) {
    let keepsOperands = isTracked
    var released: [Node] = []
    state.withLock { state in
      state.value = value
      state.depth = 0
      if !keepsOperands { swap(&state.operands, &released) }
    }
    Node.releaseUses(released)
  }

  private static func releaseUses(_ operands: [Node]) {
    for operand in operands { operand.uses.subtract(1, ordering: .relaxed) }
  }

  /// Hands the value over and forgets it: for the one owner of a node that will not be used again.
  public func takeValue() -> (any NodeValue)? { state.withLock { $0.value.take() } }

  deinit {
    // A long chain of operations must not be freed by recursion: take it apart in a loop.
    var pending = state.withLock { $0.takeOperands() }
    Node.releaseUses(pending)
    while var node = pending.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      let operands = node.state.withLock { $0.takeOperands() }
      Node.releaseUses(operands)
      pending += operands
    }
  }
}
