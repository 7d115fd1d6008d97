import ApusCore

/// Writes a graph anew, instruction by instruction; the same operation on the same operands is written once.
struct Rewriter {
  private(set) var graph = Graph()
  /// Where each instruction of the old graph is in the new one.
  private(set) var places: [Int] = []
  private var known: [Graph.Instruction: Int] = [:]

  func instruction(_ position: Int) -> Graph.Instruction { graph.instructions[position] }
  func type(_ position: Int) -> TensorType { graph.type(position) }

  /// The position of the operation, appended unless it is there.
  mutating func emit(_ op: Op, _ operands: [Int], _ types: [TensorType]) -> Int {
    let instruction = Graph.Instruction(op: op, operands: operands, types: types)
    if case .parameter = op { return graph.append(op, operands, types) }
    if let position = known[instruction] { return position }
    let position = graph.append(op, operands, types)
    known[instruction] = position
    return position
  }

  /// The position of an operation with one result, its type by the shape rule.
  mutating func emit(_ op: Op, _ operands: [Int]) -> Int {
    do throws(OpError) {
      return emit(op, operands, try op.resultTypes(operands.map { type($0) }))
    } catch {
      fatalError("a pass wrote a wrong operation: \(error)")
    }
  }

  mutating func emitConstant(_ scalar: Scalar, _ shape: Shape) -> Int {
    let constant = emit(.constant(scalar), [])
    return shape.rank == 0 ? constant : emit(.broadcastInDim(shape, axes: []), [constant])
  }

  /// Rewrites all of `source`, each instruction by `rule`, which returns the new position.
  static func rewrite(
    _ source: Graph, _ rule: (inout Rewriter, Graph.Instruction, [Int]) -> Int
  ) -> Graph {
    var rewriter = Rewriter()
    for instruction in source.instructions {
      let operands = instruction.operands.map { rewriter.places[$0] }
      let place = rule(&rewriter, instruction, operands)
      rewriter.places.append(place)
    }
    rewriter.graph.inputs = source.inputs.map { rewriter.places[$0] }
    rewriter.graph.outputs = source.outputs.map { rewriter.places[$0] }
    return rewriter.graph
  }
}

/// The graph without what no output needs; inputs stay.
public func removingDeadCode(_ source: Graph) -> Graph {
  var isLive = [Bool](repeating: false, count: source.instructions.count)
  for position in source.inputs + source.outputs { isLive[position] = true }
  for position in source.instructions.indices.reversed() where isLive[position] {
    for operand in source.instructions[position].operands { isLive[operand] = true }
  }
  var result = Graph()
  var places = [Int](repeating: -1, count: source.instructions.count)
  for (position, instruction) in source.instructions.enumerated() where isLive[position] {
    places[position] = result.append(instruction.op, instruction.operands.map { places[$0] }, instruction.types)
  }
  result.inputs = source.inputs.map { places[$0] }
  result.outputs = source.outputs.map { places[$0] }
  return result
}
