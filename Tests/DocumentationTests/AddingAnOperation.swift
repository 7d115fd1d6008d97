import Apus
import ApusCore

// The examples of Documentation/Contributing/AddingAnOperation.md; `ContributingTests` checks that they are the same
// and that they work.

// Composite begins
extension Tensor {
  /// x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019): a cheap stand-in for SiLU.
  func hardSwish() -> Tensor { self * (self + 3).clamped(0, 6) / 6 }
}
// Composite ends

// Custom begins
/// x³ by a loop of one's own.
struct Cube: CustomOperation {
  var name: String { "cube" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    guard inputs[0].dtype == .float32 else { throw OpError("cube: of \(inputs[0]), expected float32") }
    return inputs
  }

  func run(
    _ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]
  ) {
    let (x, y) = (inputs[0].bindMemory(to: Float.self), outputs[0].bindMemory(to: Float.self))
    for place in x.indices { y[place] = x[place] * x[place] * x[place] }
  }

  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    [cotangents[0] * inputs[0].squared() * 3]
  }
}

func cube(_ x: Tensor) -> Tensor { Tensor.custom(Cube(), [x])[0] }
// Custom ends

// Block begins
/// log(1 + eˣ), without overflow.
struct SoftplusBlock: Block {
  static let name = "documented_softplus"

  var isElementwise: Bool { true }

  func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    guard operands[0].dtype.isFloat else { throw OpError("softplus: is not defined on \(operands[0].dtype)") }
    return [operands[0]]
  }

  func body(_ operands: [Node]) -> [Node] {
    let x = operands[0]
    return [x.binary(.maximum, 0) + (-x.unary(.abs)).unary(.exp).unary(.log1p)]
  }

  func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    [cotangents[0] * operands[0].unary(.logistic)]
  }
}
// Block ends
