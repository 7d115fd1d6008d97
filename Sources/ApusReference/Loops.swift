import ApusCore
import ApusRuntime

func interpretScan(_ scan: Scan, _ operands: [DenseArray], _ types: [TensorType]) -> [DenseArray] {
  var carries = Array(operands[..<scan.carryCount])
  let sequences = operands[scan.carryCount..<(scan.carryCount + scan.sequenceCount)]
  let constants = operands[(scan.carryCount + scan.sequenceCount)...]
  var stacked = types[scan.carryCount...].map { [Double](repeating: 0, count: $0.shape.elementCount) }
  let order = Array(0..<scan.length)
  for step in scan.isReversed ? order.reversed() : order {
    let elements = sequences.map { sequence in
      let type = TensorType(Shape(sequence.shape.dropFirst()), sequence.dtype)
      let size = type.shape.elementCount
      return DenseArray(Array(sequence.elements[(step * size)..<((step + 1) * size)]), type)
    }
    let results = interpret(scan.body.graph, carries + elements + constants)
    carries = Array(results[..<scan.carryCount])
    for (number, result) in results[scan.carryCount...].enumerated() {
      let size = result.elements.count
      stacked[number].replaceSubrange((step * size)..<((step + 1) * size), with: result.elements)
    }
  }
  return carries + zip(stacked, types[scan.carryCount...]).map { DenseArray($0, $1) }
}

func interpretWhile(_ loop: While, _ operands: [DenseArray]) -> [DenseArray] {
  var carries = Array(operands[..<loop.carryCount])
  let constants = operands[loop.carryCount...]
  while interpret(loop.condition.graph, carries + constants)[0].elements[0] != 0 {
    carries = interpret(loop.body.graph, carries + constants)
  }
  return carries
}

/// Runs a kernel from outside, on memory as the types say.
func run(_ custom: any CustomPrimitive, _ operands: [DenseArray], _ types: [TensorType]) -> [DenseArray] {
  let inputs = operands.map { $0.makeBuffer() }
  let outputs = types.map { Buffer(byteCount: $0.byteCount) }
  // Otherwise the inputs' memory might be given away once its addresses are taken.
  withExtendedLifetime(inputs) {
    custom.run(
      inputs.map(\.bytes), operands.map(\.type),
      into: outputs.map { UnsafeMutableRawBufferPointer(start: $0.pointer, count: $0.byteCount) })
  }
  return zip(outputs, types).map { DenseArray(reading: $0, type: $1) }
}
