import ApusCore
import ApusRuntime

/// An n-dimensional array of numbers.
///
/// A tensor is a value: operations make new ones. They are lazy: an operation only notes what is to be done, and
/// reading a number (`scalars`, `item()`, `description`) does the pending work in one go.
///
/// ```swift
/// let x: Tensor = [[1, 2], [3, 4]]
/// let y = x.matmul(x.transposed()) + 1
/// print(y)
/// ```
public struct Tensor: Sendable {
  /// The graph node behind the tensor.
  package internal(set) var node: Node

  package init(_ node: Node) { self.node = node }

  /// The sizes of the axes, outermost first.
  public var shape: Shape { node.shape }
  /// The type of the elements.
  public var dtype: DType { node.dtype }
  /// How many axes there are.
  public var rank: Int { shape.rank }
  /// How many elements there are.
  public var count: Int { shape.elementCount }
}

/// How many operations may wait in one chain: beyond that they are evaluated, so that a value that is never read
/// cannot keep the work and the memory of a whole run waiting.
private let pendingDepthLimit = 1_000

extension Tensor {
  /// The operation on tensors, its shapes checked at the call. A mistake stops the program with the operation, the
  /// shapes and a hint; inside `checked { }` it is thrown.
  package static func apply(_ op: Op, _ operands: Tensor...) -> Tensor { apply(op, operands) }

  package static func apply(_ op: Op, _ operands: [Tensor]) -> Tensor {
    do throws(OpError) {
      let node = try Node.make(op, operands.map(\.node))
      if node.depth > pendingDepthLimit, !node.isSymbolic, !node.isTracked { try Evaluator.evaluate([node]) }
      return Tensor(node)
    } catch {
      return Mistakes.report(error)
    }
  }

  /// Does the pending work now. Reading a number does the same.
  @discardableResult
  public func evaluated() -> Tensor {
    Tensor.evaluate([self])
    return self
  }

  /// Does the pending work of several tensors in one go.
  public static func evaluate(_ tensors: [Tensor]) {
    if let symbolic = tensors.first(where: { $0.node.isSymbolic }) {
      Mistakes.require(
        false,
        "the value of a \(symbolic.node.type) is read while its function is traced: return it instead, or compute it "
          + "outside")
      return
    }
    do throws(OpError) {
      try Evaluator.evaluate(tensors.map(\.node))
    } catch {
      _ = Mistakes.report(error)
    }
  }

  package var buffer: Buffer {
    evaluated()
    // There is no value after a mistake alone.
    return node.value == nil && Mistakes.hasFailed ? Mistakes.standInBuffer(node.type) : Evaluator.buffer(node)
  }
}
