import ApusCore

/// The graph with every block that the backend does not claim replaced by its body, and the bodies' blocks by theirs.
public func inliningBlocks(_ source: Graph, isClaimed: (any Block, [TensorType]) -> Bool) -> Graph {
  var result = source
  while let inlined = inlineOnce(result, isClaimed) { result = inlined }
  return result
}

/// One round; nil when there is nothing to do.
private func inlineOnce(_ source: Graph, _ isClaimed: (any Block, [TensorType]) -> Bool) -> Graph? {
  var result = Graph()
  // Where each result of each instruction went.
  var places: [[Int]] = []
  var didChange = false
  for instruction in source.instructions {
    let operands = instruction.operands.map { places[$0][0] }
    switch instruction.op {
    case .block(let block) where !isClaimed(block.block, instruction.operands.map { source.type($0) }):
      didChange = true
      let parameters = instruction.operands.map { Node.build(.parameter(source.type($0))) }
      let (body, _) = Graph.capture(block.block.body(parameters), parameters: parameters)
      var inner: [Int] = []
      var next = 0
      for part in body.instructions {
        if case .parameter = part.op {
          inner.append(operands[next])
          next += 1
        } else {
          inner.append(result.append(part.op, part.operands.map { inner[$0] }, part.types))
        }
      }
      places.append(body.outputs.map { inner[$0] })
    case .output(let index) where places[instruction.operands[0]].count > 1:
      places.append([places[instruction.operands[0]][index]])
    default:
      places.append([result.append(instruction.op, operands, instruction.types)])
    }
  }
  result.inputs = source.inputs.map { places[$0][0] }
  result.outputs = source.outputs.map { places[$0][0] }
  return didChange ? result : nil
}
