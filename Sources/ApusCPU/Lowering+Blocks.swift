import ApusCore

/// A block that runs as one kernel; others are inlined. Each block's extension is its row of the table.
protocol KernelBlock: Block {
  /// Whether the kernel takes operands of these types.
  func hasKernel(for operands: [TensorType]) -> Bool
  /// Whether the kernel reads an operand as it lies; otherwise it is brought into row-major order first.
  func reads(_ view: View, operand: Int) -> Bool
  /// The kernel with all but the memory fixed; results are dense.
  func call(_ operands: [View], _ results: [View]) -> BlockCall
}

extension KernelBlock {
  func hasKernel(for operands: [TensorType]) -> Bool { operands.allSatisfy { $0.dtype == .float32 } }
  func reads(_ view: View, operand: Int) -> Bool { view.isDense }
}

/// A call of a block's kernel.
struct BlockCall: Sendable {
  /// Bytes of scratch memory.
  var scratch = 0
  /// For each result the operand, if any, that it may lie over, being of the same size.
  var overwrites: [Int: Int] = [:]
  let run: @Sendable (BlockMemory) -> Void
}

/// What a block's kernel works on, once the plan runs.
struct BlockMemory {
  private let step: Step
  private let bases: UnsafePointer<UnsafeMutableRawPointer>
  let scratch: UnsafeMutableRawPointer

  init(_ step: Step, _ bases: UnsafePointer<UnsafeMutableRawPointer>, _ scratch: UnsafeMutableRawPointer) {
    self.step = step
    self.bases = bases
    self.scratch = scratch
  }

  /// An operand, nil where the block has fewer.
  func operand(_ index: Int) -> UnsafeRawPointer? {
    guard index < step.reads.count else { return nil }
    return UnsafeRawPointer(bases[step.reads[index].storage]) + step.reads[index].byteOffset
  }

  func floats(_ index: Int) -> UnsafePointer<Float>? { operand(index)?.assumingMemoryBound(to: Float.self) }
  func integers(_ index: Int) -> UnsafePointer<Int32>? { operand(index)?.assumingMemoryBound(to: Int32.self) }

  /// A result, nil where the block has fewer.
  func result(_ index: Int) -> UnsafeMutablePointer<Float>? {
    guard index < step.writes.count else { return nil }
    let start = bases[step.writes[index].storage] + step.writes[index].byteOffset
    return start.assumingMemoryBound(to: Float.self)
  }
}

extension Lowering {
  mutating func lowerBlock(_ block: any Block, _ position: Int) throws(OpError) {
    if let fused = block as? FusedProduct {
      try lowerProduct(fused, position)
      return
    }
    guard let kernelBlock = block as? any KernelBlock else {
      throw OpError("cpu: no kernel for the block \(type(of: block).name)")
    }
    let operands = graph.instructions[position].operands.enumerated().map { number, operand in
      let view = self.view(operand)
      return kernelBlock.reads(view, operand: number) ? view : dense(view)
    }
    let targets = results(of: position)
    if targets.allSatisfy({ $0.shape.elementCount == 0 }) { return }
    let call = kernelBlock.call(operands, targets)
    emit(
      .block(call), reads: operands.map(\.reference), writes: targets.map(\.reference), scratch: call.scratch,
      label: type(of: block).name)
  }
}
