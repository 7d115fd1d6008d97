import ApusCore
import CApusKernels

extension Lowering {
  mutating func lowerProduct(_ fused: Epilogues.Fused, result position: Int) throws(OpError) {
    let instruction = graph.instructions[fused.product]
    let (left, right) = (view(instruction.operands[0]), view(instruction.operands[1]))
    let bias = fused.bias.map { dense($0) }
    switch instruction.op {
    case .dotGeneral(let dimensions): lowerDot(dimensions, left, right, bias, fused.activation, position)
    case .convolution(let dimensions):
      lowerConvolution(dimensions, left, right, bias, fused.activation, position)
    default: throw OpError("cpu: \(instruction.op.name) is not a product")
    }
  }

  private mutating func lowerDot(
    _ d: DotDimensions, _ a: View, _ b: View, _ bias: View?, _ activation: apus_activation, _ position: Int
  ) {
    let left = matrix(a, batch: d.leftBatch, rows: d.leftFree(rank: a.shape.rank), columns: d.leftContracting)
    let right = matrix(b, batch: d.rightBatch, rows: d.rightContracting, columns: d.rightFree(rank: b.shape.rank))
    let target = result(of: position)
    if target.shape.elementCount == 0 { return }
    var shape = apus_matmul_shape(
      batch: left.batch.size, rows: left.rows.size, columns: right.columns.size, inner: left.columns.size,
      a_batch: left.batch.stride, a_row: left.rows.stride, a_column: left.columns.stride,
      b_batch: right.batch.stride, b_row: right.rows.stride, b_column: right.columns.stride)
    let scratch = a.dtype == .float32 ? apus_matmul_f32_scratch(&shape) : 0
    emit(
      .matmul(shape, a.dtype, activation), [left.view, right.view] + (bias.map { [$0] } ?? []), target,
      scratch: scratch, label: "dot_general")
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
