import ApusCore
import CApusKernels

extension Lowering {
  /// An operation that is a kernel of its own.
  mutating func lowerSingle(_ position: Int) throws(OpError) {
    let instruction = graph.instructions[position]
    let isEmpty = instruction.types.first?.shape.elementCount == 0
    switch instruction.op {
    case .iota(let type, let axis):
      let target = result(of: position)
      if isEmpty { return }
      let (outer, inner) = extents(type.shape, axis...axis)
      emit(.iota(type.dtype, outer: outer, length: type.shape[axis], inner: inner), [], target, label: "iota")
    case .randomBits(let shape, let stream):
      let key = dense(instruction.operands[0])
      let target = result(of: position)
      if isEmpty { return }
      emit(.randomBits(stream: stream, count: shape.elementCount), [key], target, label: instruction.op.name)
    case .pad(let bounds): lowerPad(position, bounds)
    case .concatenate(let axis): lowerConcatenate(position, axis)
    case .reduce(let reduction, let axes): lowerReduce(position, reduction, axes)
    case .argReduce(let kind, let axis):
      let source = dense(instruction.operands[0])
      let target = result(of: position)
      if isEmpty { return }
      let (outer, inner) = extents(source.shape, axis...axis)
      let length = source.shape[axis]
      emit(
        .argReduce(isMax: kind == .max, source.dtype, outer: outer, reduced: length, inner: inner), [source], target,
        label: instruction.op.name)
    case .dotGeneral, .convolution: try lowerProduct(FusedProduct(instruction.op), position)
    case .reduceWindow(let reduction, let window):
      let source = dense(instruction.operands[0])
      let target = result(of: position)
      if isEmpty { return }
      let shape = apus_window_shape(window, input: source.shape, output: target.shape)
      emit(.reduceWindow(reduction.kernel, source.dtype, shape), [source], target, label: instruction.op.name)
    case .selectAndScatter(let kind, let window):
      let (source, values) = (dense(instruction.operands[0]), dense(instruction.operands[1]))
      let target = result(of: position)
      if isEmpty { return }
      let shape = apus_window_shape(window, input: source.shape, output: values.shape)
      emit(
        .selectAndScatter(isMax: kind == .max, source.dtype, shape), [source, values], target,
        label: instruction.op.name)
    case .block(let block): try lowerBlock(block.block, position)
    case .dynamicSlice(let sizes): lowerDynamicSlice(position, sizes)
    case .dynamicUpdateSlice: lowerDynamicUpdate(position)
    case .gather(let dimensions, let sizes): lowerGather(position, dimensions, sizes)
    case .scatter(let kind, let dimensions, let clamps): lowerScatter(position, kind, dimensions, clamps: clamps)
    case .cumulative(let kind, let axis, let isReversed): lowerCumulative(position, kind, axis, isReversed)
    case .argSort(let axis, let isDescending, let count): lowerArgSort(position, axis, isDescending, count)
    case .scan(let scan): try lowerScan(position, scan)
    case .whileLoop(let loop): try lowerWhile(position, loop)
    case .conditional(let branches): try lowerConditional(position, branches)
    case .custom(let custom): lowerCustom(position, custom)
    case .value, .parameter, .constant, .identity, .stopGradient, .unary, .binary, .compare, .select, .convert,
      .broadcastInDim, .reshape, .transpose, .slice, .reverse, .bitcastConvert, .barrier, .output:
      throw OpError("cpu: \(instruction.op.name) has no kernel of its own")
    }
  }

  /// The sizes before and after a run of axes.
  func extents(_ shape: Shape, _ axes: ClosedRange<Int>) -> (outer: Int, inner: Int) {
    (shape[..<axes.lowerBound].reduce(1, *), shape[(axes.upperBound + 1)...].reduce(1, *))
  }

  private mutating func lowerPad(_ position: Int, _ bounds: PadBounds) {
    let instruction = graph.instructions[position]
    let (source, fill) = (view(instruction.operands[0]), view(instruction.operands[1]))
    var target = result(of: position)
    let count = target.shape.elementCount
    if count == 0 { return }
    emit(.fill(elementSize: target.dtype.byteCount, count: count), [fill], target, label: "pad")
    // The source's elements that are not cropped, and where they go.
    var kept = source
    for axis in source.shape.indices {
      let step = bounds.interior[axis] + 1
      let low = bounds.low[axis]
      let first = low < 0 ? (-low + step - 1) / step : 0
      let room = target.shape[axis] - 1 - low
      let end = room < 0 ? first : min(source.shape[axis], room / step + 1)
      kept.offset += first * source.strides[axis]
      kept.shape[axis] = max(0, end - first)
      target.offset += (low + first * step) * target.strides[axis]
      target.strides[axis] *= step
    }
    emitCopy(from: kept, to: target, label: "pad")
  }

  private mutating func lowerConcatenate(_ position: Int, _ axis: Int) {
    let parts = graph.instructions[position].operands.map { view($0) }
    let target = result(of: position)
    var start = 0
    for part in parts {
      var place = target
      place.offset += start * target.strides[axis]
      emitCopy(from: part, to: place, label: "concatenate")
      start += part.shape[axis]
    }
  }

  /// The reduced axes as a run, where no kept ones are between them; those of size one do not count.
  func reducedRun(_ shape: Shape, _ axes: [Int]) -> ClosedRange<Int>? {
    let real = axes.filter { shape[$0] != 1 }.sorted()
    guard let first = real.first, let last = real.last else { return axes.first.map { $0...$0 } }
    return (first...last).contains { !axes.contains($0) && shape[$0] != 1 } ? nil : first...last
  }

  private mutating func lowerReduce(_ position: Int, _ reduction: Reduction, _ axes: [Int]) {
    var source = view(graph.instructions[position].operands[0])
    let kept = source.shape.indices.filter { !axes.contains($0) }
    let inPlace = reducedRun(source.shape, axes)
    // Reduced axes with kept ones between them are brought to the end first.
    if inPlace == nil { source = source.transposed(kept + axes) }
    source = dense(source)
    let target = result(of: position)
    if target.shape.elementCount == 0 { return }
    let run = inPlace ?? kept.count...(source.shape.rank - 1)
    let (outer, inner) = extents(source.shape, run)
    let reduced = source.shape[run].reduce(1, *)
    let scratch = apus_reduce_scratch(source.dtype.kernelType, outer, reduced, inner)
    emit(
      .reduce(reduction.kernel, source.dtype, outer: outer, reduced: reduced, inner: inner), [source], target,
      scratch: scratch, label: "reduce \(reduction)")
  }
}
