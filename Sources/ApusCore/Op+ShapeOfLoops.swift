extension Op {
  func scanTypes(_ scan: Scan, _ operands: [TensorType]) throws(OpError) -> [TensorType] {
    let (inputs, outputs) = (scan.body.inputTypes, scan.body.outputTypes)
    guard scan.length >= 0, scan.carryCount >= 0, scan.sequenceCount >= 0, scan.constantCount >= 0,
      scan.stackedCount >= 0, operands.count == inputs.count
    else {
      throw OpError(
        "scan: \(operands.count) operands for a body of \(inputs.count), \(scan.carryCount) of them carried")
    }
    for index in 0..<scan.carryCount {
      guard operands[index] == inputs[index], inputs[index] == outputs[index] else {
        throw OpError(
          "scan: carry \(index) starts as \(operands[index]) and becomes \(outputs[index]): its type must stay the same"
        )
      }
    }
    for (index, operand) in operands.enumerated().dropFirst(scan.carryCount) {
      if index < scan.carryCount + scan.sequenceCount {
        guard operand.shape.first == scan.length, operand.dtype == inputs[index].dtype,
          Shape(operand.shape.dropFirst()) == inputs[index].shape
        else { throw OpError("scan: sequence \(operand) for \(scan.length) steps on \(inputs[index])") }
      } else if operand != inputs[index] {
        throw OpError("scan: constant \(operand) where the body takes \(inputs[index])")
      }
    }
    return Array(outputs[..<scan.carryCount])
      + outputs[scan.carryCount...].map { TensorType(Shape([scan.length] + Array($0.shape)), $0.dtype) }
  }

  func whileTypes(_ loop: While, _ operands: [TensorType]) throws(OpError) -> [TensorType] {
    guard loop.condition.outputTypes == [TensorType([], .bool)] else {
      throw OpError("while: the condition gives \(loop.condition.outputTypes), expected a scalar bool")
    }
    guard operands == loop.condition.inputTypes, operands == loop.body.inputTypes,
      loop.carryCount <= operands.count
    else { throw OpError("while: operands \(operands) for a body on \(loop.body.inputTypes)") }
    let results = loop.body.outputTypes
    for index in 0..<loop.carryCount where results[index] != operands[index] {
      throw OpError(
        "while: carry \(index) starts as \(operands[index]) and becomes \(results[index]): its type must stay the same")
    }
    return results
  }

  func conditionalTypes(_ branches: Conditional, _ operands: [TensorType]) throws(OpError) -> [TensorType] {
    guard operands.first == TensorType([], .bool) else {
      throw OpError("cond: the condition is \(operands.first.map(\.description) ?? "missing"), expected a scalar bool")
    }
    let arguments = Array(operands.dropFirst())
    guard arguments == branches.whenTrue.inputTypes, arguments == branches.whenFalse.inputTypes else {
      throw OpError("cond: operands \(arguments) for branches on \(branches.whenTrue.inputTypes)")
    }
    let (a, b) = (branches.whenTrue.outputTypes, branches.whenFalse.outputTypes)
    guard a == b else { throw OpError("cond: the branches give \(a) and \(b), which must be the same") }
    return a
  }
}
