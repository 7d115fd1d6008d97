import ApusCore
import ApusGradients

/// `f` at `inputs`, its intermediate values not kept for the gradient but computed again when it is asked for: less
/// memory for about a third more time (Chen et al. 2016).
public func checkpoint(_ inputs: [Tensor], _ f: ([Tensor]) -> [Tensor]) -> [Tensor] {
  let traced = TracedFunction(inputs.map(\.node.type), f)
  return results(
    .block(AnyBlock(Checkpoint(Subgraph(traced.graph)))), inputs.map(\.node) + traced.captured,
    count: traced.outputs.count)
}

/// `checkpoint` for a function of one tensor, such as a layer.
public func checkpoint(_ input: Tensor, _ f: (Tensor) -> Tensor) -> Tensor {
  checkpoint([input]) { [f($0[0])] }[0]
}

/// `f` at `inputs`, with a gradient of your own in place of the one that its operations have.
///
/// - Parameter gradient: The gradients of the floating-point inputs, in order, from the inputs, the outputs and the
///   cotangents of the floating-point outputs. It is traced once and may be differentiated in turn.
public func customGradient(
  _ inputs: [Tensor], _ f: ([Tensor]) -> [Tensor],
  gradient: (_ inputs: [Tensor], _ outputs: [Tensor], _ cotangents: [Tensor]) -> [Tensor]
) -> [Tensor] {
  let types = inputs.map(\.node.type)
  let function = TracedFunction(types, f)
  let floats = function.outputs.filter(\.dtype.isFloat)
  // What either function takes from outside is an operand; no gradient goes there.
  let all = types + function.captured.map(\.type)
  let (first, second) = (all.count, all.count + function.outputs.count)
  let backward = TracedFunction(all + function.outputs + floats) { arguments in
    let gradients = gradient(
      Array(arguments[..<inputs.count]), Array(arguments[first..<second]), Array(arguments[second...]))
    let wanted = inputs.filter(\.dtype.isFloat)
    Mistakes.require(
      gradients.map(\.node.type) == wanted.map(\.node.type),
      "customGradient: gradients \(gradients.map(\.node.type)) for inputs \(wanted.map(\.node.type))")
    return gradients + function.captured.filter(\.dtype.isFloat).map { Tensor(.filled(0, $0.type)) }
  }
  if Mistakes.hasFailed { return f(inputs) }
  // The backward function's own captures become operands that the function does not use.
  let operands = inputs.map(\.node) + function.captured + backward.captured
  let parameters = operands.map { Node.build(.parameter($0.type)) }
  let forward = Graph.capture(function.graph.instantiate(on: Array(parameters[..<first])), parameters: parameters).graph
  let others = (function.outputs + floats).map { Node.build(.parameter($0)) }
  let extra = Array(parameters[first...])
  let gradients = backward.graph.instantiate(on: Array(parameters[..<first]) + others + extra)
  let zeros = backward.captured.filter(\.dtype.isFloat).map { Node.filled(0, $0.type) }
  let back = Graph.capture(gradients + zeros, parameters: parameters + others).graph
  let block = CustomGradient(Subgraph(forward), backward: Subgraph(back))
  return results(.block(AnyBlock(block)), operands, count: function.outputs.count)
}
