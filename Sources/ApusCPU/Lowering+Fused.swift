import ApusCompiler
import ApusCore
import CApusKernels

extension Lowering {
  /// Elementwise instructions of one shape, and reductions of such values, as one program.
  mutating func lowerFused(_ group: [Int]) {
    let reductions = group.filter { !graph.instructions[$0].op.isElementwise }
    let members = group.filter { graph.instructions[$0].op.isElementwise }
    let shape = graph.type(members.first ?? graph.instructions[reductions[0]].operands[0]).shape
    var assembler = Assembler(shape: shape)
    let inside = Set(members)
    var lastUse: [Int: Int] = [:]
    for member in members { for operand in graph.instructions[member].operands { lastUse[operand] = member } }
    // What a reduction reads is read to the end of a tile too, if nobody else stores it.
    let isStored = readOutside(Set(group))
    let isRead = isStored.union(reductions.map { graph.instructions[$0].operands[0] })

    for member in members {
      let instruction = graph.instructions[member]
      let registers = instruction.operands.map { register(of: $0, &assembler) }
      // A register is free for the result once its last reader is this instruction.
      let dying = Set(instruction.operands).filter { lastUse[$0] == member && !isRead.contains($0) }
      let operandType = graph.type(instruction.operands[instruction.op == .select ? 1 : 0]).dtype
      assembler.append(
        instruction, registers, operandType: operandType, as: member, freeing: dying.filter { inside.contains($0) })
      if isStored.contains(member) { assembler.outputs.append(member) }
    }

    for position in reductions {
      guard case .reduce(let reduction, _) = graph.instructions[position].op else {
        fatalError("\(graph.instructions[position].op.name) in a program")
      }
      let operand = graph.instructions[position].operands[0]
      assembler.reductions.append((reduction, graph.type(operand).dtype, register(of: operand, &assembler)))
    }

    let program = assembler.assemble(
      outputTypes: assembler.outputs.map { graph.type($0).dtype }, extents: reductions.first.map { extents(of: $0)! })
    let reads = assembler.inputs.map(\.view)
    let writes = (assembler.outputs + reductions).map { result(of: $0) }
    if shape.elementCount == 0 { return }
    emit(
      .elementwise(program), reads: reads.map(\.reference), writes: writes.map(\.reference),
      scratch: program.scratch, traffic: (reads + writes).reduce(0) { $0 + $1.distinctBytes },
      label: (members + reductions).map { graph.instructions[$0].op.name }.joined(separator: "+"))
  }

  /// The register that holds a value: a member's, an input's or a constant's.
  private mutating func register(of operand: Int, _ assembler: inout Assembler) -> Int {
    if let known = assembler.registers[operand] { return known }
    if let scalar = splat(operand) { return assembler.constant(scalar, of: operand) }
    return assembler.input(view(operand), of: operand)
  }

  /// The reductions that the kernels can do at the end of a program.
  func fusibleReductions() -> [Int: ReductionExtents] {
    var found: [Int: ReductionExtents] = [:]
    for position in graph.instructions.indices { found[position] = extents(of: position) }
    return found
  }

  /// How a reduction cuts its operand, if the kernels can do it at the end of a program.
  private func extents(of position: Int) -> ReductionExtents? {
    guard case .reduce(_, let axes) = graph.instructions[position].op else { return nil }
    let type = graph.type(graph.instructions[position].operands[0])
    guard type.dtype.reduces, type.shape.elementCount > 0, let run = reducedRun(type.shape, axes) else { return nil }
    let (outer, inner) = extents(type.shape, run)
    let result = ReductionExtents(outer: outer, reduced: type.shape[run].reduce(1, *), inner: inner)
    if result.inner * type.dtype.byteCount > Int(APUS_VM_INNER_BYTES_MOST) { return nil }
    let isPlane = result.outer > 1 && result.inner > 1
    return isPlane && result.reduced * result.inner < Int(APUS_VM_PLANE_LEAST) ? nil : result
  }

  /// Members whose values are needed by others or are outputs of the graph.
  private func readOutside(_ inside: Set<Int>) -> Set<Int> {
    inside.filter { position in isOutput.contains(position) || users[position].contains { !inside.contains($0) } }
  }

  /// The one value of every element, where an immediate can hold it.
  func splat(_ position: Int) -> Scalar? {
    switch graph.instructions[position].op {
    case .constant(let scalar): scalar.dtype == .int64 && abs(scalar.doubleValue) > 0x1p53 ? nil : scalar
    case .broadcastInDim: splat(graph.instructions[position].operands[0])
    default: nil
    }
  }
}

/// Gives registers to the values of a fused program.
private struct Assembler {
  let shape: Shape
  var registers: [Int: Int] = [:]
  var inputs: [(view: View, position: Int)] = []
  var outputs: [Int] = []
  var reductions: [(kind: Reduction, dtype: DType, register: Int)] = []
  private var instructions: [apus_vm_instruction] = []
  private var free: [Int] = []
  /// Inputs come first; temporaries are numbered from 0 here and moved behind the inputs at the end.
  private var temporaryCount = 0
  private static let temporary = 1 << 12

  init(shape: Shape) { self.shape = shape }

  mutating func input(_ view: View, of position: Int) -> Int {
    if let same = inputs.firstIndex(where: { $0.view == view }) {
      registers[position] = same
      return same
    }
    inputs.append((view, position))
    registers[position] = inputs.count - 1
    return inputs.count - 1
  }

  mutating func constant(_ scalar: Scalar, of position: Int) -> Int {
    let register = newRegister()
    registers[position] = register
    instructions.append(
      apus_vm_instruction(
        op: UInt8(APUS_VM_CONSTANT.rawValue), type: UInt8(scalar.dtype.kernelType.rawValue),
        result_type: UInt8(scalar.dtype.kernelType.rawValue), d: Int16(register), a: 0, b: 0, c: 0,
        immediate: scalar.doubleValue))
    return register
  }

  mutating func append(
    _ instruction: Graph.Instruction, _ operands: [Int], operandType: DType, as position: Int, freeing dying: Set<Int>
  ) {
    let op: apus_vm_op
    switch instruction.op {
    case .unary(let unary): op = unary.instruction
    case .binary(let binary): op = binary.instruction
    case .compare(let comparison): op = comparison.instruction
    case .select: op = APUS_VM_SELECT
    case .convert: op = APUS_VM_CONVERT
    default: fatalError("\(instruction.op.name) is not elementwise")
    }
    let register = newRegister()
    registers[position] = register
    func operand(_ index: Int) -> Int16 { Int16(index < operands.count ? operands[index] : operands[0]) }
    instructions.append(
      apus_vm_instruction(
        op: UInt8(op.rawValue), type: UInt8(operandType.kernelType.rawValue),
        result_type: UInt8(instruction.type.dtype.kernelType.rawValue), d: Int16(register), a: operand(0),
        b: operand(1), c: operand(2), immediate: 0))
    for operand in dying { free.append(registers[operand]!) }
  }

  private mutating func newRegister() -> Int {
    if let register = free.popLast() { return register }
    temporaryCount += 1
    return Assembler.temporary + temporaryCount - 1
  }

  /// The program over collapsed axes.
  ///
  /// - Parameter extents: How what is reduced is cut.
  func assemble(outputTypes: [DType], extents: ReductionExtents?) -> ElementwiseProgram {
    let inputCount = Int16(inputs.count)
    func final(_ register: Int16) -> Int16 {
      register >= Assembler.temporary ? register - Int16(Assembler.temporary) + inputCount : register
    }
    let moved = instructions.map { instruction in
      var instruction = instruction
      instruction.d = final(instruction.d)
      instruction.a = final(instruction.a)
      instruction.b = final(instruction.b)
      instruction.c = final(instruction.c)
      return instruction
    }
    let (sizes, strides) = collapsed(shape, inputs.map(\.view.strides))
    let inputs = zip(self.inputs, strides).map { input, strides in
      var result = apus_vm_input()
      result.type = UInt8(input.view.dtype.kernelType.rawValue)
      withUnsafeMutableBytes(of: &result.strides) { raw in
        for (axis, stride) in strides.enumerated() { raw.bindMemory(to: Int.self)[axis] = stride }
      }
      return result
    }
    let outputs = zip(self.outputs, outputTypes).map { position, dtype in
      apus_vm_output(source: final(Int16(registers[position]!)), type: UInt8(dtype.kernelType.rawValue))
    }
    let reduced = reductions.map { reduction in
      apus_vm_reduced(
        source: final(Int16(reduction.register)), type: UInt8(reduction.dtype.kernelType.rawValue),
        reduction: UInt8(reduction.kind.kernel.rawValue))
    }
    return ElementwiseProgram(
      shape: sizes, inputs: inputs, outputs: outputs, instructions: moved,
      registerCount: self.inputs.count + temporaryCount, reduced: reduced, extents: extents)
  }
}

/// Adjacent axes made one wherever all strides allow it, and axes of size one dropped.
func collapsed(_ shape: Shape, _ strides: [[Int]]) -> (sizes: [Int], strides: [[Int]]) {
  var sizes: [Int] = []
  var results = [[Int]](repeating: [], count: strides.count)
  for axis in shape.indices where shape[axis] != 1 {
    let canMerge = !sizes.isEmpty && zip(strides, results).allSatisfy { $1.last! == $0[axis] * shape[axis] }
    if canMerge {
      sizes[sizes.count - 1] *= shape[axis]
      for input in strides.indices { results[input][sizes.count - 1] = strides[input][axis] }
    } else {
      sizes.append(shape[axis])
      for input in strides.indices { results[input].append(strides[input][axis]) }
    }
  }
  return (sizes, results)
}
