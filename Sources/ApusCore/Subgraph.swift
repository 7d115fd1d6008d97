/// A graph inside of an operation: the body of a loop, a branch.
///
/// It is compared often, by the plan cache, so its hash is kept.
public final class Subgraph: Hashable, Sendable {
  public let graph: Graph
  private let hash: Int

  public init(_ graph: Graph) {
    self.graph = graph
    hash = graph.hashValue
  }

  public static func == (a: Subgraph, b: Subgraph) -> Bool { a === b || (a.hash == b.hash && a.graph == b.graph) }
  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  public var inputTypes: [TensorType] { graph.inputTypes }
  public var outputTypes: [TensorType] { graph.outputTypes }
}

/// A loop over the first axis of sequences, which carries state along.
///
/// The body takes carries, one element of each sequence, and constants, in this order; it gives the next carries and
/// one element of each result. The operation's operands are the first carries, the sequences and the constants; its
/// results the last carries and the stacked elements.
public struct Scan: Hashable, Sendable {
  public var body: Subgraph
  public var carryCount: Int
  public var sequenceCount: Int
  /// The number of steps.
  public var length: Int
  /// Whether the loop goes from the last element to the first.
  public var isReversed: Bool
  /// Whether a gradient finds the body's intermediate values kept, or computes them again from the carries.
  public var savesResiduals: Bool
  /// How many of the stacked results, the last ones, are there for the gradient only.
  public var residualCount = 0

  public init(
    body: Graph, carryCount: Int, sequenceCount: Int, length: Int, isReversed: Bool = false, savesResiduals: Bool = true
  ) {
    self.savesResiduals = savesResiduals
    self.body = Subgraph(body)
    self.carryCount = carryCount
    self.sequenceCount = sequenceCount
    self.length = length
    self.isReversed = isReversed
  }

  public var constantCount: Int { body.graph.inputs.count - carryCount - sequenceCount }
  /// How many results are stacked over the steps.
  public var stackedCount: Int { body.graph.outputs.count - carryCount }
}

/// A loop that goes on while a condition holds. Condition and body take carries and constants; the condition gives a
/// scalar `bool`, the body the next carries.
public struct While: Hashable, Sendable {
  public var condition: Subgraph
  public var body: Subgraph

  public init(condition: Graph, body: Graph) {
    self.condition = Subgraph(condition)
    self.body = Subgraph(body)
  }

  public var carryCount: Int { body.graph.outputs.count }
}

/// One of two graphs, by a scalar `bool`. Both take the same operands and give results of the same types.
public struct Conditional: Hashable, Sendable {
  public var whenTrue: Subgraph
  public var whenFalse: Subgraph

  public init(whenTrue: Graph, whenFalse: Graph) {
    self.whenTrue = Subgraph(whenTrue)
    self.whenFalse = Subgraph(whenFalse)
  }
}
