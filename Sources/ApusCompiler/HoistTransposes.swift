import ApusCore

/// A loop's body in which products read constant matrices row by row, and which of its constants it takes transposed for
/// that, after its other inputs. To turn a matrix once before the loop is cheaper than to read it across in every step.
///
/// `constants` are the numbers of the inputs that are the same in every step.
public func hoistingTransposes(_ body: Graph, constants: Range<Int>) -> (graph: Graph, transposed: [Int]) {
  var result = body
  var transposed: [Int] = []
  var places: [Int: Int] = [:]
  let numbers = Dictionary(uniqueKeysWithValues: constants.map { (body.inputs[$0], $0) })
  for instruction in body.instructions {
    guard let number = instruction.constantReadAcross(numbers, body), places[number] == nil else { continue }
    places[number] = transposed.count
    transposed.append(number)
  }
  guard !transposed.isEmpty else { return (body, []) }

  // Inputs come first in the new graph, so that all instructions move by as many.
  let types = transposed.map { number in
    let type = body.type(body.inputs[number])
    return TensorType([type.shape[1], type.shape[0]], type.dtype)
  }
  result.instructions = types.map { Graph.Instruction(op: .parameter($0), operands: [], types: [$0]) }
  for instruction in body.instructions {
    var moved = instruction
    moved.operands = instruction.operands.map { $0 + types.count }
    if let number = instruction.constantReadAcross(numbers, body), case .dotGeneral(var dimensions) = instruction.op {
      dimensions.rightContracting = [0]
      moved.op = .dotGeneral(dimensions)
      moved.operands[1] = places[number]!
    }
    result.instructions.append(moved)
  }
  result.inputs = body.inputs.map { $0 + types.count } + Array(types.indices)
  result.outputs = body.outputs.map { $0 + types.count }
  return (result, transposed)
}

extension Graph.Instruction {
  /// The constant that the instruction, a product of matrices, sums over the last axis of.
  fileprivate func constantReadAcross(_ numbers: [Int: Int], _ graph: Graph) -> Int? {
    guard case .dotGeneral(let dimensions) = op, dimensions.rightBatch.isEmpty, dimensions.rightContracting == [1],
      graph.type(operands[1]).shape.rank == 2
    else { return nil }
    return numbers[operands[1]]
  }
}
