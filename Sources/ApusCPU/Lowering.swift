import ApusCompiler
import ApusCore
import ApusRuntime
import CApusKernels

/// Turns a graph into steps: decides what is a mere view, what is fused, where each value lives.
struct Lowering {
  let graph: Graph
  var steps: [Step] = []
  var storages: [Storage] = []
  /// Constant scalars, read by steps.
  var constants: [UInt8] = []
  /// Where each lowered value is.
  var views: [Int: View] = [:]
  /// Values that were copied to be dense.
  private var denseCopies: [View: View] = [:]
  /// Which output, if any, each instruction is.
  let isOutput: Set<Int>
  /// The instructions that read each one.
  let users: [[Int]]
  /// Whether every output has memory that the caller brings, so that none may be an input or another output.
  private let bringsOutputs: Bool
  private let donations: [Donation]

  init(_ prepared: Graph, donations: [Donation], bringsOutputs: Bool) {
    graph = CPUBackend.fused(prepared)
    (self.donations, self.bringsOutputs) = (donations, bringsOutputs)
    isOutput = Set(graph.outputs)
    var users = [[Int]](repeating: [], count: graph.instructions.count)
    for (position, instruction) in graph.instructions.enumerated() {
      for operand in Set(instruction.operands) { users[operand].append(position) }
    }
    self.users = users
    for (number, position) in graph.inputs.enumerated() {
      views[position] = addStorage(.input(number), type: graph.type(position))
    }
  }

  /// Lowers everything; the views of the outputs are returned.
  mutating func lower() throws(OpError) -> [View] {
    try requireKernels()
    let excluded = Set(graph.instructions.indices.filter { isView($0) })
    let overwrites = donations.map { Overwrite(parameter: graph.inputs[$0.input], result: graph.outputs[$0.output]) }
    let groups = fusionGroups(graph, excluding: excluded, reductions: fusibleReductions(), overwrites: overwrites)
    for group in groups {
      if group.isFused {
        lowerFused(group.members)
      } else {
        try lowerSingle(group.members[0])
      }
    }
    var used: Set<Int> = []
    return graph.outputs.map { outputView($0, &used) }
  }

  /// The kernels' shapes have room for so many axes.
  private func requireKernels() throws(OpError) {
    for instruction in graph.instructions {
      for type in instruction.types where type.shape.rank > Int(APUS_MAX_RANK) {
        throw OpError("\(instruction.op.name): \(type) has \(type.shape.rank) axes, the CPU takes \(APUS_MAX_RANK)")
      }
      if case .convolution(let dimensions) = instruction.op, dimensions.spatialRank > 3 {
        throw OpError("convolution: over \(dimensions.spatialRank) spatial axes, the CPU takes 3")
      }
    }
  }

  /// Whether the instruction only says where its elements are.
  private func isView(_ position: Int) -> Bool {
    switch graph.instructions[position].op {
    case .parameter, .constant, .broadcastInDim, .transpose, .slice, .reverse, .reshape, .bitcastConvert, .barrier,
      .output:
      true
    default: false
    }
  }

  // MARK: Memory

  mutating func addStorage(_ kind: StorageKind, type: TensorType) -> View {
    storages.append(Storage(kind: kind, byteCount: type.byteCount))
    return View(
      storage: storages.count - 1, offset: 0, shape: type.shape, strides: type.shape.denseStrides, dtype: type.dtype)
  }

  /// Fresh memory for the value of an instruction.
  mutating func result(of position: Int) -> View {
    let view = addStorage(isOutput.contains(position) ? .output : .arena, type: graph.type(position))
    views[position] = view
    return view
  }

  mutating func constant(_ scalar: Scalar) -> View {
    while constants.count % 8 != 0 { constants.append(0) }
    let offset = constants.count
    for byte in 0..<scalar.dtype.byteCount {
      constants.append(UInt8(truncatingIfNeeded: scalar.bits >> (8 * UInt64(byte))))
    }
    return addStorage(.constant(byteOffset: offset), type: TensorType([], scalar.dtype))
  }

  /// Where the value of an instruction is.
  mutating func view(_ position: Int) -> View {
    if let known = views[position] { return known }
    let instruction = graph.instructions[position]
    let view: View
    switch instruction.op {
    case .constant(let scalar): view = constant(scalar)
    case .broadcastInDim(let shape, let axes): view = self.view(instruction.operands[0]).broadcast(shape, axes)
    case .transpose(let permutation): view = self.view(instruction.operands[0]).transposed(permutation)
    case .slice(let bounds): view = self.view(instruction.operands[0]).sliced(bounds, to: instruction.type.shape)
    case .reverse(let axes): view = self.view(instruction.operands[0]).reversed(axes)
    case .reshape(let shape):
      let source = self.view(instruction.operands[0])
      view = source.reshaped(shape) ?? dense(source).reshaped(shape)!
    case .barrier: view = self.view(instruction.operands[0])
    case .bitcastConvert(let dtype):
      var source = dense(instruction.operands[0])
      if source.offset * source.dtype.byteCount % dtype.byteCount != 0 { source = copied(source) }
      view = View(
        storage: source.storage, offset: source.offset * source.dtype.byteCount / dtype.byteCount,
        shape: instruction.type.shape, strides: instruction.type.shape.denseStrides, dtype: dtype)
    default: fatalError("\(instruction.op.name) is read before it is computed")
    }
    views[position] = view
    return view
  }

  /// The same elements next to each other in row-major order, copied if they are not.
  mutating func dense(_ view: View) -> View {
    if view.isDense { return view }
    return copied(view)
  }

  /// The same elements in memory of their own.
  private mutating func copied(_ view: View) -> View {
    if let known = denseCopies[view] { return known }
    let copy = addStorage(.arena, type: TensorType(view.shape, view.dtype))
    emitCopy(from: view, to: copy)
    denseCopies[view] = copy
    return copy
  }

  mutating func dense(_ position: Int) -> View { dense(view(position)) }

  /// An output in memory that the caller may own.
  private mutating func outputView(_ position: Int, _ used: inout Set<Int>) -> View {
    let view = self.view(position)
    let storage = storages[view.storage]
    let isWhole =
      view.isDense && view.offset == 0 && storage.byteCount == view.shape.elementCount * view.dtype.byteCount
    switch storage.kind {
    case .output:
      if isWhole, !bringsOutputs || used.insert(view.storage).inserted { return view }
    case .input: if isWhole, !bringsOutputs { return view }
    case .arena, .constant: break
    }
    let copy = addStorage(.output, type: graph.type(position))
    emitCopy(from: view, to: copy)
    return copy
  }

  // MARK: Steps

  mutating func emit(_ kernel: Kernel, _ reads: [View], _ write: View, scratch: Int = 0, label: String) {
    let traffic = (reads + [write]).reduce(0) { $0 + $1.distinctBytes }
    emit(
      kernel, reads: reads.map(\.reference), writes: [write.reference], scratch: scratch, traffic: traffic, label: label
    )
  }

  /// - Parameter traffic: The bytes that the kernel moves; all of the memory that it may touch unless given.
  mutating func emit(
    _ kernel: Kernel, reads: [Reference], writes: [Reference], scratch: Int = 0, traffic: Int? = nil, label: String
  ) {
    let traffic = traffic ?? (reads + writes).reduce(0) { $0 + storages[$1.storage].byteCount }
    for reference in reads + writes {
      storages[reference.storage].first = min(storages[reference.storage].first, steps.count)
      storages[reference.storage].last = steps.count
    }
    steps.append(Step(kernel: kernel, reads: reads, writes: writes, scratch: scratch, traffic: traffic, label: label))
  }

  mutating func emitCopy(from source: View, to target: View, label: String = "copy") {
    guard source.shape.elementCount > 0 else { return }
    emit(
      .copy(
        elementSize: source.dtype.byteCount, shape: Array(source.shape), sourceStrides: source.strides,
        destinationStrides: target.strides),
      [source], target, label: label)
  }
}
