import ApusCore

/// A transposed matrix product becomes the product the other way round, Bᵀ·Aᵀ, which is written in place.
public func swappingTransposedProducts(_ source: Graph) -> Graph {
  var uses = [Int](repeating: 0, count: source.instructions.count)
  for instruction in source.instructions { for operand in instruction.operands { uses[operand] += 1 } }
  for output in source.outputs { uses[output] += 1 }
  let swapped = Rewriter.rewrite(source) { rewriter, instruction, operands in
    if case .transpose([1, 0]) = instruction.op,
      case .dotGeneral(let d) = rewriter.instruction(operands[0]).op, d.leftBatch.isEmpty,
      uses[instruction.operands[0]] == 1,
      case let (a, b) = (rewriter.instruction(operands[0]).operands[0], rewriter.instruction(operands[0]).operands[1]),
      // Both axes may come from one operand: then exchanging the operands changes nothing.
      d.leftFree(rank: rewriter.type(a).shape.rank).count == 1
    {
      let exchanged = DotDimensions(leftContracting: d.rightContracting, rightContracting: d.leftContracting)
      return rewriter.emit(.dotGeneral(exchanged), [b, a], instruction.types)
    }
    return rewriter.emit(instruction.op, operands, instruction.types)
  }
  return removingDeadCode(swapped)
}
