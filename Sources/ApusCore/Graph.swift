/// Operations in an order in which each follows its operands: what transforms, passes and backends work on.
///
/// Two graphs are equal when they do the same operations on the same types in the same order, whatever the values, so
/// a graph is the key under which its plan is kept.
public struct Graph: Hashable, Sendable {
  /// One operation; `operands` are positions of earlier instructions.
  public struct Instruction: Hashable, Sendable {
    public var op: Op
    public var operands: [Int]
    public var types: [TensorType]

    public init(op: Op, operands: [Int], types: [TensorType]) {
      self.op = op
      self.operands = operands
      self.types = types
    }

    public var type: TensorType { types[0] }
  }

  public var instructions: [Instruction] = []
  /// Positions of the inputs, in the order in which their values are given.
  public var inputs: [Int] = []
  /// Positions of the results.
  public var outputs: [Int] = []

  public init() {}

  /// Appends an instruction and returns its position.
  @discardableResult
  public mutating func append(_ op: Op, _ operands: [Int], _ types: [TensorType]) -> Int {
    instructions.append(Instruction(op: op, operands: operands, types: types))
    return instructions.count - 1
  }

  public func type(_ position: Int) -> TensorType { instructions[position].types[0] }
  public var inputTypes: [TensorType] { inputs.map(type) }
  public var outputTypes: [TensorType] { outputs.map(type) }
}

extension Graph {
  /// The pending work under `roots`, with the leaves whose values are its inputs: first `parameters`, then each value
  /// in the order in which it is met.
  public static func capture(_ roots: [Node], parameters: [Node] = []) -> (graph: Graph, leaves: [Node]) {
    let (graph, leaves, _) = captureNodes(roots, parameters: parameters)
    return (graph, leaves)
  }

  /// The same, with the pending node of each instruction; nil for the inputs.
  public static func captureNodes(
    _ roots: [Node], parameters: [Node] = []
  ) -> (graph: Graph, leaves: [Node], nodes: [Node?]) {
    var graph = Graph()
    var nodes: [Node?] = []
    var positions: [ObjectIdentifier: Int] = [:]
    var leaves: [Node] = []
    func addInput(_ node: Node) {
      positions[ObjectIdentifier(node)] = graph.append(.parameter(node.type), [], node.types)
      graph.inputs.append(graph.instructions.count - 1)
      nodes.append(nil)
      leaves.append(node)
    }
    for parameter in parameters where positions[ObjectIdentifier(parameter)] == nil { addInput(parameter) }
    // Depth first, without recursion: a node is emitted when its operands have been.
    for root in roots {
      var stack: [(node: Node, operands: [Node]?)] = [(root, nil)]
      while let (node, known) = stack.popLast() {
        if positions[ObjectIdentifier(node)] != nil { continue }
        if let operands = known {
          let places = operands.map { positions[ObjectIdentifier($0)]! }
          positions[ObjectIdentifier(node)] = graph.append(node.op, places, node.types)
          nodes.append(node)
          continue
        }
        let operands = node.operands
        if node.availableValue() != nil {
          addInput(node)
          continue
        }
        if case .parameter = node.op { fatalError("a traced parameter is read outside of its trace: \(node.type)") }
        stack.append((node, operands))
        for operand in operands.reversed() where positions[ObjectIdentifier(operand)] == nil {
          stack.append((operand, nil))
        }
      }
    }
    graph.outputs = roots.map { positions[ObjectIdentifier($0)]! }
    return (graph, leaves, nodes)
  }

  /// The same operations on other operands: how a block's body or a traced function is put into a graph.
  public func instantiate(on operands: [Node]) -> [Node] {
    var nodes: [Node] = []
    nodes.reserveCapacity(instructions.count)
    var next = 0
    for instruction in instructions {
      switch instruction.op {
      case .parameter:
        nodes.append(operands[next])
        next += 1
      case .output(let index): nodes.append(nodes[instruction.operands[0]].output(index))
      default: nodes.append(.build(instruction.op, instruction.operands.map { nodes[$0] }))
      }
    }
    return outputs.map { nodes[$0] }
  }
}

extension Graph: CustomStringConvertible {
  /// The graph in StableHLO's spirit, one line an instruction.
  public var description: String {
    var names = [String](repeating: "", count: instructions.count)
    for (number, position) in inputs.enumerated() { names[position] = "%arg\(number)" }
    var next = 0
    for position in instructions.indices where names[position].isEmpty {
      names[position] = "%\(next)"
      next += 1
    }
    var lines = [
      "func(" + inputs.map { "\(names[$0]): \(type($0))" }.joined(separator: ", ") + ") -> ("
        + outputTypes.map(\.description).joined(separator: ", ") + ") {"
    ]
    for (position, instruction) in instructions.enumerated() {
      if case .parameter = instruction.op { continue }
      let operands = instruction.operands.map { names[$0] }.joined(separator: ", ")
      let details = [operands, instruction.op.attributes].filter { !$0.isEmpty }.joined(separator: ", ")
      let types = instruction.types.map(\.description).joined(separator: ", ")
      lines.append("  \(names[position]) = \(instruction.op.name)(\(details)) : \(types)")
      for (role, inner) in instruction.op.subgraphs {
        lines += "\(role): \(inner)".split(separator: "\n").map { "    " + $0 }
      }
    }
    lines.append("  return " + outputs.map { names[$0] }.joined(separator: ", "))
    return (lines + ["}"]).joined(separator: "\n")
  }
}

extension Graph {
  /// Checks every instruction against its shape rule and every operand's position; the first mistake is thrown.
  public func verify() throws(OpError) {
    for (position, instruction) in instructions.enumerated() {
      guard instruction.operands.allSatisfy({ 0 <= $0 && $0 < position }) else {
        throw OpError("graph: instruction \(position) (\(instruction.op.name)) uses a later one")
      }
      let types: [TensorType]
      for (_, inner) in instruction.op.subgraphs { try inner.verify() }
      switch instruction.op {
      case .output(let index): types = [instructions[instruction.operands[0]].types[index]]
      default: types = try instruction.op.resultTypes(instruction.operands.map { type($0) })
      }
      guard types == instruction.types else {
        throw OpError(
          "graph: instruction \(position) (\(instruction.op.name)) says \(instruction.types), gives \(types)")
      }
    }
    for position in inputs + outputs where !instructions.indices.contains(position) {
      throw OpError("graph: no instruction \(position)")
    }
  }
}
