import ApusCore

/// A traced function whose intermediate values are not kept for its gradient but computed again (Chen et al. 2016).
public struct Checkpoint: Block {
  public static let name = "checkpoint"
  public let function: Subgraph

  public init(_ function: Subgraph) { self.function = function }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    guard operands == function.inputTypes else {
      throw OpError("checkpoint: operands \(operands) for a function of \(function.inputTypes)")
    }
    return function.outputTypes
  }

  public func body(_ operands: [Node]) -> [Node] { function.graph.instantiate(on: operands) }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    // Behind a barrier that waits for the cotangents, so that nobody finds that it was computed before.
    let again = operands.map { Node.build(.barrier, [$0] + cotangents) }
    let scope = TraceScope(parent: again.reduce(nil) { TraceScope.deeper($0, $1.scope) })
    defer { scope.close() }
    let variables = again.map { Node.variable($0, in: scope) }
    let outputs = body(variables)
    let floats = outputs.indices.filter { outputs[$0].dtype.isFloat }
    return vectorJacobianProduct(
      of: floats.map { outputs[$0] }, cotangents: floats.map { cotangents[$0] }, withRespectTo: variables)
  }
}

/// A traced function with a gradient of the user's own, traced too: it takes the operands, the results and the
/// cotangents of the floating-point results, and gives the gradients of the floating-point operands.
public struct CustomGradient: Block {
  public static let name = "custom_gradient"
  public let function: Subgraph
  public let backward: Subgraph

  public init(_ function: Subgraph, backward: Subgraph) {
    self.function = function
    self.backward = backward
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    guard operands == function.inputTypes else {
      throw OpError("customGradient: operands \(operands) for a function of \(function.inputTypes)")
    }
    return function.outputTypes
  }

  public func body(_ operands: [Node]) -> [Node] { function.graph.instantiate(on: operands) }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let seeds = zip(cotangents, function.outputTypes).filter { $1.dtype.isFloat }.map(\.0)
    var gradients = backward.graph.instantiate(on: operands + results + seeds).makeIterator()
    return operands.map { $0.dtype.isFloat ? gradients.next() : nil }
  }
}
