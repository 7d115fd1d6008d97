import ApusCore

/// A function of tensors written down as a graph.
struct TracedFunction {
  let graph: Graph
  /// Tensors from outside that the function uses: the graph's inputs after its parameters.
  let captured: [Node]
  let outputs: [TensorType]

  /// Calls `body` once, on tensors without values. What it does with tensors from outside alone is left outside, for a
  /// loop to do once, unless it `keepsAll`: a branch that is not taken must not be computed.
  init(_ types: [TensorType], keepsAll: Bool = false, _ body: ([Tensor]) -> [Tensor]) {
    let parameters = types.map { Node.build(.parameter($0)) }
    // Lookups in a body are no variables of the program around it.
    let results = LookupTape.$current.withValue(nil) { body(parameters.map(Tensor.init)).map(\.node) }
    var search = CaptureSearch(parameters, keepsAll: keepsAll)
    captured = search.captured(below: results)
    graph = Graph.capture(results, parameters: parameters + captured).graph
    outputs = results.map(\.type)
  }
}

/// Finds what a traced function takes from outside.
private struct CaptureSearch {
  private let first: UInt64
  private let keepsAll: Bool
  /// Whether nodes descend from the parameters.
  private var depends: [ObjectIdentifier: Bool] = [:]

  init(_ parameters: [Node], keepsAll: Bool) {
    self.keepsAll = keepsAll
    first = parameters.first?.serial ?? .max
    for parameter in parameters { depends[ObjectIdentifier(parameter)] = true }
  }

  mutating func captured(below results: [Node]) -> [Node] {
    for result in results { classify(result) }
    var found: [Node] = []
    var seen: Set<ObjectIdentifier> = []
    var stack = Array(results.reversed())
    while let node = stack.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      if depends[ObjectIdentifier(node)]! || isConstant(node) {
        stack += node.operands.reversed()
      } else {
        found.append(node)
      }
    }
    return found
  }

  private mutating func classify(_ root: Node) {
    var stack: [(Node, Bool)] = [(root, false)]
    while let (node, isDone) = stack.popLast() {
      let id = ObjectIdentifier(node)
      if isDone {
        let isNew = keepsAll && node.serial > first && node.value == nil
        depends[id] = isNew || node.operands.contains { depends[ObjectIdentifier($0)]! }
      } else if depends[id] == nil {
        // What is older than the parameters cannot come from them. Constants are looked through all the same.
        if node.serial < first, !isConstant(node) {
          depends[id] = false
          continue
        }
        stack.append((node, true))
        for operand in node.operands { stack.append((operand, false)) }
      }
    }
  }

  /// Whether the node is made of constants, sooner done inside than handed in.
  private func isConstant(_ node: Node) -> Bool {
    switch node.op {
    case .constant, .iota: node.value == nil
    case .broadcastInDim, .reshape, .convert: node.value == nil && node.operands.allSatisfy(isConstant)
    default: false
    }
  }
}
