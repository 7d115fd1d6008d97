import ApusCompiler
import ApusCore

extension Lowering {
  mutating func lowerScan(_ position: Int, _ scan: Scan) throws(OpError) {
    let instruction = graph.instructions[position]
    let firstConstant = scan.carryCount + scan.sequenceCount
    let constants = firstConstant..<instruction.operands.count
    let prepared = CPUBackend.prepared(scan.body.graph)
    // A single step would pack no better than its product does.
    let (packedGraph, packed) = scan.length > 1 ? packingConstants(prepared, constants: constants) : (prepared, [])
    let (bodyGraph, transposed) = hoistingTransposes(packedGraph, constants: constants)
    let body = try Plan(bodyGraph, donations: [], bringsOutputs: true)
    let turned = transposed.map { dense(view(instruction.operands[$0]).transposed([1, 0])) }
    let ready = packed.map { pack(view(instruction.operands[$0.input]), contracting: $0.contracting) }
    let operands = instruction.operands.map { dense($0) } + ready + turned
    let targets = results(of: position)
    let inner = scan.body.inputTypes
    let step = ScanStep(
      body: body, carrySizes: inner[..<scan.carryCount].map(\.byteCount),
      sequenceSizes: inner[scan.carryCount..<firstConstant].map(\.byteCount),
      stackedSizes: scan.body.outputTypes[scan.carryCount...].map(\.byteCount), constantCount: scan.constantCount,
      length: scan.length, isReversed: scan.isReversed)
    emit(
      .scan(step), reads: operands.map(\.reference), writes: targets.map(\.reference), scratch: step.scratchSize,
      label: "scan")
  }

  mutating func lowerWhile(_ position: Int, _ loop: While) throws(OpError) {
    let instruction = graph.instructions[position]
    let (condition, body) = (try CPUBackend.plan(loop.condition.graph), try CPUBackend.plan(loop.body.graph))
    let operands = instruction.operands.map { dense($0) }
    let targets = results(of: position)
    let step = WhileStep(condition: condition, body: body, carrySizes: loop.body.outputTypes.map(\.byteCount))
    emit(
      .whileLoop(step), reads: operands.map(\.reference), writes: targets.map(\.reference),
      scratch: step.scratchSize, label: "while")
  }

  mutating func lowerConditional(_ position: Int, _ branches: Conditional) throws(OpError) {
    let instruction = graph.instructions[position]
    let step = ConditionalStep(
      whenTrue: try CPUBackend.plan(branches.whenTrue.graph), whenFalse: try CPUBackend.plan(branches.whenFalse.graph))
    let operands = instruction.operands.map { dense($0) }
    let targets = results(of: position)
    emit(
      .conditional(step), reads: operands.map(\.reference), writes: targets.map(\.reference),
      scratch: step.scratchSize, label: "if")
  }

  mutating func lowerCustom(_ position: Int, _ custom: AnyCustom) {
    let instruction = graph.instructions[position]
    let operands = instruction.operands.map { dense($0) }
    let targets = results(of: position)
    let step = CustomStep(
      primitive: custom.primitive, operands: instruction.operands.map { graph.type($0) }, results: instruction.types)
    emit(
      .custom(step), reads: operands.map(\.reference), writes: targets.map(\.reference), label: custom.name)
  }

  /// Fresh memory for each result of an instruction, and the views of the instructions that read them.
  mutating func results(of position: Int) -> [View] {
    let types = graph.instructions[position].types
    let readers = users[position].filter { graph.instructions[$0].isOutput(of: position) }
    if types.count == 1, readers.isEmpty { return [result(of: position)] }
    return types.enumerated().map { index, type in
      let places = readers.filter { graph.instructions[$0].op == .output(index) }
      let isOutput = places.contains(where: self.isOutput.contains)
      let view = addStorage(isOutput ? .output : .arena, type: type)
      for place in places { views[place] = view }
      if types.count == 1 { views[position] = view }
      return view
    }
  }
}

extension Graph.Instruction {
  fileprivate func isOutput(of position: Int) -> Bool {
    if case .output = op { operands[0] == position } else { false }
  }
}
