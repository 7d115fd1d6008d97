import ApusCore
import CApusKernels

extension Lowering {
  mutating func lowerGather(_ position: Int, _ d: IndexDimensions, _ sizes: [Int]) {
    let instruction = graph.instructions[position]
    let (operand, indices) = (view(instruction.operands[0]), view(instruction.operands[1]))
    let target = result(of: position)
    if target.shape.elementCount == 0 { return }
    let shape = apus_index_shape(d, sizes: sizes, operand: operand, indices: indices, window: target)
    emit(.gather(elementSize: operand.dtype.byteCount, shape), [operand, indices], target, label: "gather")
  }

  mutating func lowerScatter(_ position: Int, _ kind: ScatterKind, _ d: IndexDimensions, clamps: Bool) {
    let instruction = graph.instructions[position]
    let (indices, updates) = (view(instruction.operands[1]), view(instruction.operands[2]))
    let target = startFrom(instruction.operands[0], position)
    if target.shape.elementCount == 0 || updates.shape.elementCount == 0 { return }
    let sizes = d.windowSizes(updates: updates.shape, operandRank: target.shape.rank)
    let shape = apus_index_shape(d, sizes: sizes, operand: target, indices: indices, window: updates)
    emit(
      .scatter(kind.kernel, target.dtype, clamps: clamps, shape), [indices, updates], target, label: "scatter \(kind)")
  }

  mutating func lowerDynamicSlice(_ position: Int, _ sizes: [Int]) {
    let instruction = graph.instructions[position]
    let (operand, start) = (view(instruction.operands[0]), view(instruction.operands[1]))
    let target = result(of: position)
    if target.shape.elementCount == 0 { return }
    if sizes.isEmpty { return emitCopy(from: operand, to: target) }
    let d = IndexDimensions.window(rank: sizes.count)
    let shape = apus_index_shape(d, sizes: sizes, operand: operand, indices: start, window: target)
    emit(.gather(elementSize: operand.dtype.byteCount, shape), [operand, start], target, label: "dynamic_slice")
  }

  mutating func lowerDynamicUpdate(_ position: Int) {
    let instruction = graph.instructions[position]
    let (update, start) = (view(instruction.operands[1]), view(instruction.operands[2]))
    let target = startFrom(instruction.operands[0], position)
    if update.shape.elementCount == 0 { return }
    if update.shape.rank == 0 { return emitCopy(from: update, to: target) }
    let d = IndexDimensions.window(rank: update.shape.rank)
    let shape = apus_index_shape(d, sizes: Array(update.shape), operand: target, indices: start, window: update)
    emit(
      .scatter(APUS_SCATTER_SET, target.dtype, clamps: true, shape), [start, update], target,
      label: "dynamic_update_slice")
  }

  /// The result's memory with an operand's elements in it: the operand's own memory where it is not needed any more.
  private mutating func startFrom(_ operand: Int, _ position: Int) -> View {
    let source = dense(operand)
    let target = result(of: position)
    let count = source.shape.elementCount * source.dtype.byteCount
    if count > 0 { emit(.copyBytes(count: count), [source], target, label: "copy") }
    return target
  }

  mutating func lowerCumulative(_ position: Int, _ kind: Cumulative, _ axis: Int, _ isReversed: Bool) {
    let source = dense(graph.instructions[position].operands[0])
    let target = result(of: position)
    if target.shape.elementCount == 0 { return }
    let (outer, inner) = extents(source.shape, axis...axis)
    emit(
      .cumulative(
        kind.kernel, source.dtype, outer: outer, length: source.shape[axis], inner: inner, isReversed: isReversed),
      [source], target, label: "cumulative \(kind)")
  }

  mutating func lowerArgSort(_ position: Int, _ axis: Int, _ isDescending: Bool, _ count: Int) {
    let source = dense(graph.instructions[position].operands[0])
    let target = result(of: position)
    if target.shape.elementCount == 0 { return }
    let (outer, inner) = extents(source.shape, axis...axis)
    let length = source.shape[axis]
    emit(
      .argSort(
        source.dtype, outer: outer, length: length, inner: inner, isDescending: isDescending, count: count),
      [source], target, scratch: apus_arg_sort_scratch(source.dtype.kernelType, outer, length, inner),
      label: "argsort")
  }
}

extension IndexDimensions {
  /// One window, its start a vector of one position for each axis.
  fileprivate static func window(rank: Int) -> IndexDimensions {
    IndexDimensions(windowAxes: Array(0..<rank), indexMap: Array(0..<rank), vectorAxis: 0)
  }
}

extension apus_index_shape {
  /// `window` is the result of a gather, or the updates of a scatter.
  init(_ d: IndexDimensions, sizes: [Int], operand: View, indices: View, window: View) {
    self.init()
    let batchAxes = d.batchAxes(indexRank: indices.shape.rank)
    let windowBatch = d.resultBatchAxes(rank: window.shape.rank)
    batch_rank = Int32(batchAxes.count)
    fill(&batch_shape, batchAxes.map { indices.shape[$0] })
    fill(&batch_index_stride, batchAxes.map { indices.strides[$0] })
    fill(&batch_window_stride, windowBatch.map { window.strides[$0] })
    fill(
      &batch_operand_stride,
      batchAxes.map { axis in
        d.indexBatchAxes.firstIndex(of: axis).map { operand.strides[d.operandBatchAxes[$0]] } ?? 0
      })
    component_count = Int32(d.indexMap.count)
    component_stride = d.vectorAxis < indices.shape.rank ? indices.strides[d.vectorAxis] : 0
    fill(&limit, d.indexMap.map { operand.shape[$0] - sizes[$0] })
    fill(&component_operand_stride, d.indexMap.map { operand.strides[$0] })
    let kept = d.keptAxes(operandRank: operand.shape.rank)
    window_rank = Int32(kept.count)
    fill(&window_shape, kept.map { sizes[$0] })
    fill(&window_operand_stride, kept.map { operand.strides[$0] })
    fill(&window_window_stride, d.windowAxes.map { window.strides[$0] })
  }
}
