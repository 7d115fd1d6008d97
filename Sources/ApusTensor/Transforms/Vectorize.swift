import ApusCore
import ApusGradients

/// `f`, which is written for one example, on a batch of them.
///
/// - Parameters:
///   - inAxes: The batch axis of each input, 0 unless given; nil for an input that all examples share.
///   - outAxis: Where the batch axis of the outputs is.
public func vmap(
  inAxes: [Int?]? = nil, outAxis: Int = 0, _ f: @escaping ([Tensor]) -> [Tensor]
) -> ([Tensor]) -> [Tensor] {
  { inputs in
    let axes = inAxes ?? inputs.map { _ in 0 }
    guard axes.count == inputs.count else {
      return [Mistakes.report(OpError("vmap: \(axes.count) axes for \(inputs.count) inputs"))]
    }
    for (input, axis) in zip(inputs, axes) where axis != nil && input.rank == 0 {
      let message = "vmap: over a \(input.node.type), which has no axis to go along. Share it by nil in `inAxes`"
      return [Mistakes.report(OpError(message))]
    }
    let sizes = zip(inputs, axes).compactMap { input, axis in axis.map { input.shape[input.axis($0, "vmap")] } }
    guard let size = sizes.first, sizes.allSatisfy({ $0 == size }) else {
      let message = sizes.isEmpty ? "no input has a batch axis" : "batch sizes \(sizes) differ"
      return [Mistakes.report(OpError("vmap: \(message)"))]
    }
    let moved = zip(inputs, axes).map { input, axis in axis.map { input.movingAxis($0, to: 0) } ?? input }
    let types = zip(moved, axes).map { input, axis in
      axis == nil ? input.node.type : TensorType(Shape(input.shape.dropFirst()), input.dtype)
    }
    let traced = TracedFunction(types, f)
    let operands =
      zip(moved, axes).map { Batched($0.node, isBatched: $1 != nil) }
      + traced.captured.map { Batched($0, isBatched: false) }
    return vectorized(traced.graph, operands, size: size).map { result in
      let node = result.node
      let wide =
        result.isBatched ? Tensor(node) : Tensor(node).expandingAxis(0).broadcast(to: Shape([size] + Array(node.shape)))
      return wide.movingAxis(0, to: outAxis)
    }
  }
}

/// `vmap` for a function of one tensor.
public func vmap(_ f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
  let wide = vmap { [f($0[0])] }
  return { wide([$0])[0] }
}

/// `vmap` for a function of two tensors.
public func vmap(_ f: @escaping (Tensor, Tensor) -> Tensor) -> (Tensor, Tensor) -> Tensor {
  let wide = vmap { [f($0[0], $0[1])] }
  return { wide([$0, $1])[0] }
}
