import ApusCore
import CApusKernels

extension Lowering {
  mutating func lowerProduct(_ fused: FusedProduct, _ position: Int) throws(OpError) {
    let operands = graph.instructions[position].operands
    let (left, right) = (view(operands[0]), view(operands[1]))
    let others = operands.dropFirst(2).map { dense($0) }
    let targets = results(of: position)
    switch fused.product {
    case .dotGeneral(let dimensions): lowerDot(dimensions, left, right, fused, others, targets)
    case .convolution(let dimensions): lowerConvolution(dimensions, left, right, fused, others, targets[0])
    default: throw OpError("cpu: \(fused.product.name) is not a product")
    }
  }

  private mutating func lowerDot(
    _ d: DotDimensions, _ a: View, _ b: View, _ fused: FusedProduct, _ others: [View], _ targets: [View]
  ) {
    if targets[0].shape.elementCount == 0 { return }
    let left = matrix(a, batch: d.leftBatch, rows: d.leftFree(rank: a.shape.rank), columns: d.leftContracting)
    if let packed = fused.packed {
      var shape = apus_matmul_shape()
      (shape.batch, shape.rows, shape.inner) = (left.batch.size, left.rows.size, left.columns.size)
      (shape.a_batch, shape.a_row, shape.a_column) = (left.batch.stride, left.rows.stride, left.columns.stride)
      shape.columns = packed.shape[1 - d.rightContracting[0]]
      emit(
        .matmulPacked(shape, Epilogue(fused)), reads: ([left.view, b] + others).map(\.reference),
        writes: targets.map(\.reference), scratch: apus_matmul_f32_packed_scratch(&shape), label: fused.label)
      return
    }
    let right = matrix(b, batch: d.rightBatch, rows: d.rightContracting, columns: d.rightFree(rank: b.shape.rank))
    var shape = apus_matmul_shape(
      batch: left.batch.size, rows: left.rows.size, columns: right.columns.size, inner: left.columns.size,
      a_batch: left.batch.stride, a_row: left.rows.stride, a_column: left.columns.stride,
      b_batch: right.batch.stride, b_row: right.rows.stride, b_column: right.columns.stride)
    let scratch = a.dtype == .float32 ? apus_matmul_f32_scratch(&shape) : 0
    emit(
      .matmul(shape, a.dtype, Epilogue(fused)), reads: ([left.view, right.view] + others).map(\.reference),
      writes: targets.map(\.reference), scratch: scratch, label: fused.label)
  }

  private typealias Extent = (size: Int, stride: Int)

  /// The operand as a batch of matrices, copied when its axes don't merge.
  private mutating func matrix(
    _ view: View, batch: [Int], rows: [Int], columns: [Int]
  ) -> (view: View, batch: Extent, rows: Extent, columns: Extent) {
    if let b = view.merged(batch), let r = view.merged(rows), let c = view.merged(columns) { return (view, b, r, c) }
    let ordered = dense(view.transposed(batch + rows + columns))
    let (first, second) = (batch.count, batch.count + rows.count)
    return (
      ordered, ordered.merged(Array(0..<first))!, ordered.merged(Array(first..<second))!,
      ordered.merged(Array(second..<ordered.shape.rank))!
    )
  }
}
