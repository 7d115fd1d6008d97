import ApusCompiler
import ApusCore
import ApusReference

/// A smaller graph with its arguments that fails as a larger one does: outputs are left out, and instructions replaced
/// by inputs that hold what the reference says, as long as it still fails.
func shrunk(
  _ graph: Graph, _ arguments: [[Double]], fails: (Graph, [[Double]]) throws -> Bool
) rethrows -> (graph: Graph, arguments: [[Double]]) {
  var best = (graph: graph, arguments: arguments)
  for output in graph.outputs {
    var single = graph
    single.outputs = [output]
    if try fails(single, arguments) {
      best.graph = single
      break
    }
  }
  best = pruned(best.graph, best.arguments)
  var hasShrunk = true
  while hasShrunk {
    hasShrunk = false
    for position in best.graph.instructions.indices.reversed() {
      guard let candidate = cut(best.graph, best.arguments, at: position) else { continue }
      let smaller = pruned(candidate.graph, candidate.arguments)
      guard smaller.graph.instructions.count < best.graph.instructions.count else { continue }
      if try fails(smaller.graph, smaller.arguments) {
        best = smaller
        hasShrunk = true
        break
      }
    }
  }
  return best
}

/// The graph with an instruction made an input that holds its value.
private func cut(_ graph: Graph, _ arguments: [[Double]], at position: Int) -> (graph: Graph, arguments: [[Double]])? {
  let instruction = graph.instructions[position]
  guard !instruction.operands.isEmpty, instruction.types.count == 1, !graph.outputs.contains(position) else {
    return nil
  }
  var probe = graph
  probe.outputs = [position]
  var result = graph
  result.instructions[position] = Graph.Instruction(
    op: .parameter(instruction.type), operands: [], types: [instruction.type])
  // Arguments are told apart by the order of the parameters' positions.
  let value = probe.interpreted(arguments)[0]
  let inputs = zip(graph.inputs, arguments) + [(position, value)]
  let sorted = inputs.sorted { $0.0 < $1.0 }
  result.inputs = sorted.map(\.0)
  return (result, sorted.map(\.1))
}

private func + <A, B>(a: Zip2Sequence<A, B>, b: [(A.Element, B.Element)]) -> [(A.Element, B.Element)] {
  Array(a) + b
}

/// Without dead code, and without the inputs that nothing reads.
private func pruned(_ graph: Graph, _ arguments: [[Double]]) -> (graph: Graph, arguments: [[Double]]) {
  let used = Set(graph.instructions.flatMap(\.operands) + graph.outputs)
  var live = graph
  var values: [[Double]] = []
  live.inputs = []
  for (position, argument) in zip(graph.inputs, arguments) where used.contains(position) {
    live.inputs.append(position)
    values.append(argument)
  }
  return (removingDeadCode(live), values)
}
