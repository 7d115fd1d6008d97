import ApusCore
import CApusKernels

/// A matrix that a loop's products take packed: which of the body's inputs it is, and along which axis they sum.
struct PackedConstant: Hashable {
  let input: Int
  let contracting: Int
}

/// A loop's body in which products take the matrices that are the same in every step as they were packed before the
/// loop, and what it takes so, after its other inputs.
///
/// `constants` are the numbers of the inputs that are the same in every step.
func packingConstants(_ body: Graph, constants: Range<Int>) -> (graph: Graph, packed: [PackedConstant]) {
  let numbers = Dictionary(uniqueKeysWithValues: constants.map { (body.inputs[$0], $0) })
  var packed: [PackedConstant] = []
  for instruction in body.instructions {
    if let constant = instruction.packable(numbers, body), !packed.contains(constant) { packed.append(constant) }
  }
  if packed.isEmpty { return (body, []) }

  // Inputs come first in the new graph, so that all instructions move by as many.
  var result = body
  result.instructions = packed.map { constant in
    let type = body.type(body.inputs[constant.input]).packed(contracting: constant.contracting)
    return Graph.Instruction(op: .parameter(type), operands: [], types: [type])
  }
  for instruction in body.instructions {
    var moved = instruction
    moved.operands = instruction.operands.map { $0 + packed.count }
    if let constant = instruction.packable(numbers, body) {
      var product = FusedProduct(instruction.op)
      product.packed = body.type(instruction.operands[1])
      moved.op = .block(AnyBlock(product))
      moved.operands[1] = packed.firstIndex(of: constant)!
    }
    result.instructions.append(moved)
  }
  result.inputs = body.inputs.map { $0 + packed.count } + Array(packed.indices)
  result.outputs = body.outputs.map { $0 + packed.count }
  return (result, packed)
}

extension Graph.Instruction {
  /// The constant that the instruction, a product of matrices, has on its right.
  fileprivate func packable(_ numbers: [Int: Int], _ graph: Graph) -> PackedConstant? {
    guard case .dotGeneral(let dimensions) = op, dimensions.rightBatch.isEmpty, dimensions.rightContracting.count == 1,
      type.dtype == .float32, type.shape.elementCount > 0, let number = numbers[operands[1]],
      graph.type(operands[1]).shape.rank == 2, graph.type(operands[1]).shape.elementCount > 0
    else { return nil }
    return PackedConstant(input: number, contracting: dimensions.rightContracting[0])
  }
}

extension TensorType {
  /// What the kernels make of a matrix for products that sum along an axis of it.
  func packed(contracting: Int) -> TensorType {
    var sizes = apus_matmul_shape()
    (sizes.inner, sizes.columns) = (shape[contracting], shape[1 - contracting])
    return TensorType([apus_matmul_f32_packed_bytes(&sizes) / dtype.byteCount], dtype)
  }
}

extension Lowering {
  /// Packs the matrix before the loop.
  mutating func pack(_ matrix: View, contracting: Int) -> View {
    let target = addStorage(.arena, type: TensorType(matrix.shape, matrix.dtype).packed(contracting: contracting))
    var shape = apus_matmul_shape()
    (shape.inner, shape.columns) = (matrix.shape[contracting], matrix.shape[1 - contracting])
    (shape.b_row, shape.b_column) = (matrix.strides[contracting], matrix.strides[1 - contracting])
    emit(.packMatrix(shape), [matrix], target, label: "pack")
    return target
  }
}
