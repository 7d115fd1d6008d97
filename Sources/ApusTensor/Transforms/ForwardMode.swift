import ApusCore
import ApusGradients

/// The Jacobian–vector product by forward mode: `f`'s values at `inputs`, and how they change when the inputs move
/// along `tangents`. The cost is about that of `f` twice, and nothing is kept.
public func jvp(
  at inputs: [Tensor], tangents: [Tensor], _ f: ([Tensor]) throws -> [Tensor]
) rethrows -> (values: [Tensor], tangents: [Tensor]) {
  guard inputs.map(\.node.type) == tangents.map(\.node.type) else {
    let error = OpError("jvp: tangents \(tangents.map(\.node.type)) for inputs \(inputs.map(\.node.type))")
    return ([Mistakes.report(error)], tangents)
  }
  let scope = TraceScope(parent: inputs.reduce(nil) { TraceScope.deeper($0, $1.node.scope) })
  defer { scope.close() }
  let variables = inputs.map { Node.variable($0.node, in: scope) }
  let values = try f(variables.map(Tensor.init))
  let moved = jacobianVectorProduct(of: values.map(\.node), variables: variables, tangents: tangents.map(\.node))
  return (values, zip(values, moved).map { $1.map(Tensor.init) ?? .zeros(like: $0) })
}

/// `jvp` for a function of one tensor.
public func jvp(at input: Tensor, tangent: Tensor, _ f: (Tensor) throws -> Tensor) rethrows -> (
  value: Tensor, tangent: Tensor
) {
  let (values, tangents) = try jvp(at: [input], tangents: [tangent]) { [try f($0[0])] }
  return (values[0], tangents[0])
}

/// The Hessian of a scalar function at `x`, times a vector: forward over reverse mode (Pearlmutter 1994).
public func hessianVectorProduct(at x: Tensor, _ vector: Tensor, _ f: (Tensor) -> Tensor) -> Tensor {
  jvp(at: x, tangent: vector) { point in valueAndGradient(at: [point]) { f($0[0]) }.gradients[0] }.tangent
}

/// The Jacobian of `f` at `x`: `f`'s shape, then `x`'s. One backward pass, vectorised over the outputs.
public func jacobian(at x: Tensor, _ f: @escaping (Tensor) -> Tensor) -> Tensor {
  let value = f(x)
  let basis = Tensor.eye(value.count, dtype: value.dtype).reshaped(to: Shape([value.count] + Array(value.shape)))
  let rows = vmap { (cotangent: Tensor) in vjp(at: [x], cotangent: cotangent) { f($0[0]) }.gradients[0] }(basis)
  return rows.reshaped(to: Shape(Array(value.shape) + Array(x.shape)))
}

/// The Hessian of a scalar function at `x`: `x`'s shape twice.
public func hessian(at x: Tensor, _ f: @escaping (Tensor) -> Tensor) -> Tensor {
  jacobian(at: x) { point in valueAndGradient(at: [point]) { f($0[0]) }.gradients[0] }
}
