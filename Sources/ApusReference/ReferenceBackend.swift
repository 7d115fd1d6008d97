import ApusCore
import ApusRuntime

/// Backend 0: plain loops over doubles, one element at a time. It is the definition of every primitive that the other
/// backends are tested against, and is not meant to be quick.
///
/// `float32` results are rounded after every primitive; integers wrap; 64-bit integers are exact up to 2^53.
public struct ReferenceBackend: Backend {
  public init() {}

  public var name: String { "reference" }

  public func compile(_ graph: Graph, donations: [Donation]) throws(OpError) -> any Executable {
    ReferenceExecutable(graph: graph)
  }
}

struct ReferenceExecutable: Executable {
  let graph: Graph
  var donations: [Donation] { [] }

  func run(_ inputs: [Buffer]) -> [Buffer] {
    let arguments = zip(inputs, graph.inputTypes).map { DenseArray(reading: $0, type: $1) }
    return interpret(graph, arguments).map { $0.makeBuffer() }
  }
}

/// The values of a graph's outputs on the given arguments.
func interpret(_ graph: Graph, _ arguments: [DenseArray]) -> [DenseArray] {
  var values = [[DenseArray]](repeating: [], count: graph.instructions.count)
  var next = 0
  for (position, instruction) in graph.instructions.enumerated() {
    let operands = instruction.operands.map { values[$0][0] }
    switch instruction.op {
    case .parameter:
      values[position] = [arguments[next]]
      next += 1
    case .output(let index): values[position] = [values[instruction.operands[0]][index]]
    case .block(let block): values[position] = interpretBlock(block.block, operands)
    case .scan(let scan): values[position] = interpretScan(scan, operands, instruction.types)
    case .whileLoop(let loop): values[position] = interpretWhile(loop, operands)
    case .conditional(let branches):
      let branch = operands[0].elements[0] != 0 ? branches.whenTrue : branches.whenFalse
      values[position] = interpret(branch.graph, Array(operands.dropFirst()))
    case .custom(let custom): values[position] = run(custom.primitive, operands, instruction.types)
    default: values[position] = [evaluate(instruction.op, operands, instruction.type)]
    }
  }
  return graph.outputs.map { values[$0][0] }
}

/// A block means its body.
private func interpretBlock(_ block: any Block, _ operands: [DenseArray]) -> [DenseArray] {
  let parameters = operands.map { Node.build(.parameter($0.type)) }
  let results = block.body(parameters)
  return interpret(Graph.capture(results, parameters: parameters).graph, operands)
}

extension Graph {
  /// Interprets the graph, for tests: arguments and results as doubles in row-major order.
  public func interpreted(_ arguments: [[Double]]) -> [[Double]] {
    interpret(self, zip(arguments, inputTypes).map { DenseArray($0, $1) }).map(\.elements)
  }
}
