import ApusCore
import ApusGradients

/// The value of `f` at `inputs`, and its gradient with respect to each of them: zeros where the value does not depend
/// on one. `f` must return a scalar.
///
/// The gradients are tensors like others: they can be differentiated again.
public func valueAndGradient(at inputs: [Tensor], _ f: ([Tensor]) throws -> Tensor) rethrows -> (
  value: Tensor, gradients: [Tensor]
) {
  let scope = TraceScope(parent: inputs.reduce(nil) { TraceScope.deeper($0, $1.node.scope) })
  defer { scope.close() }
  let variables = inputs.map { Node.variable($0.node, in: scope) }
  for input in inputs where !input.dtype.isFloat {
    _ = Mistakes.report(OpError("gradient: with respect to \(input.node.type), which is not floating point"))
  }
  let value = try f(variables.map(Tensor.init))
  guard value.shape.rank == 0, value.dtype.isFloat else {
    let message = "gradient: of \(value.node.type), expected a floating-point scalar. Take its `sum()` or `mean()`"
    return (Mistakes.report(OpError(message)), inputs.map { .zeros(like: $0) })
  }
  let gradients = vectorJacobianProduct(
    of: [value.node], cotangents: [.constant(1, value.dtype)], withRespectTo: variables)
  return (value, zip(gradients, inputs).map { $0.map(Tensor.init) ?? .zeros(like: $1) })
}

/// The vector–Jacobian product: `f`'s value and the gradients of its inputs given the cotangent of the value.
public func vjp(
  at inputs: [Tensor], cotangent: Tensor, _ f: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  var value = cotangent
  let (_, gradients) = try valueAndGradient(at: inputs) { variables in
    value = try f(variables)
    return (value * cotangent).sum()
  }
  return (value, gradients)
}

/// The gradient of a scalar function.
public func grad(_ f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
  { x in valueAndGradient(at: [x]) { f($0[0]) }.gradients[0] }
}

/// The gradients of a scalar function of two tensors.
public func grad(_ f: @escaping (Tensor, Tensor) -> Tensor) -> (Tensor, Tensor) -> (Tensor, Tensor) {
  { x, y in
    let gradients = valueAndGradient(at: [x, y]) { f($0[0], $0[1]) }.gradients
    return (gradients[0], gradients[1])
  }
}

/// The value and the gradient of a scalar function.
public func valueAndGrad(_ f: @escaping (Tensor) -> Tensor) -> (Tensor) -> (value: Tensor, gradient: Tensor) {
  { x in
    let (value, gradients) = valueAndGradient(at: [x]) { f($0[0]) }
    return (value, gradients[0])
  }
}
