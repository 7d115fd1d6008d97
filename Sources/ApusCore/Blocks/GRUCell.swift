/// One step of a gated recurrent unit (Cho et al. 2014), gates in PyTorch's order: reset, update, new. The reset gate is
/// applied after the product with the hidden state, so that one product is enough.
///
/// Operands: the input's share of the gates `[batch, 3 · hidden]` with its bias, the hidden state `[batch, hidden]`, its
/// weight `[3 · hidden, hidden]`, and where there is one its bias `[3 · hidden]`. Results: the next hidden state, and
/// `[batch, 4 · hidden]`: the gates after their activations, and the hidden state's share of the new gate before its reset.
public struct GRUCell: Block {
  public static let name = "gru_cell"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 3...4, "gru")
    let hidden = operands[1]
    try requireRecurrent(operands[0], hidden: hidden, weight: operands[2], gates: 3, "gru")
    if operands.count > 3 {
      try operands[3].require(
        TensorType([3 * hidden.shape[1]], hidden.dtype), "gru", "bias of the hidden state",
        for: "hidden state \(hidden)")
    }
    return [hidden, TensorType([hidden.shape[0], 4 * hidden.shape[1]], hidden.dtype)]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let h = operands[1].wide
    var product = h.timesTransposed(operands[2].wide)
    if operands.count > 3 { product = product + operands[3].wide.broadcast(to: product.shape, axes: [1]) }
    let update = Node.build(.block(AnyBlock(GRUUpdate())), operands[0].wide, product, h)
    return (0..<2).map { update.output($0).convert(operands[0].dtype) }
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let node = Node.build(.block(AnyBlock(GRUCellGradient())), [results[1], operands[1]] + cotangents)
    let (inputs, hidden, direct) = (node.output(0), node.output(1), node.output(2))
    let gradients = [inputs, direct + hidden.times(operands[2]), hidden.transposedTimes(operands[1])]
    return operands.count > 3 ? gradients + [hidden.sum(axes: [0])] : gradients
  }
}

/// What `GRUCell` does after its product. Operands: the shares of the input and of the hidden state in the gates
/// `[batch, 3 · hidden]`, and the hidden state `[batch, hidden]`. Results: those of the cell.
public struct GRUUpdate: Block {
  public static let name = "gru_update"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 3...3, "gru update")
    let hidden = operands[2]
    guard hidden.shape.rank == 2, hidden.dtype.isFloat else {
      throw OpError("gru update: hidden state \(hidden), expected a floating-point [batch, hidden]")
    }
    let shares = TensorType([hidden.shape[0], 3 * hidden.shape[1]], hidden.dtype)
    for place in 0..<2 { try operands[place].require(shares, "gru update", "gates", for: "hidden state \(hidden)") }
    return [hidden, TensorType([hidden.shape[0], 4 * hidden.shape[1]], hidden.dtype)]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (inputs, hidden) = (operands[0].wide.gates(3), operands[1].wide.gates(3))
    let h = operands[2].wide
    let r = (inputs[0] + hidden[0]).unary(.logistic)
    let z = (inputs[1] + hidden[1]).unary(.logistic)
    let n = (inputs[2] + r * hidden[2]).unary(.tanh)
    let all = Node.build(.concatenate(axis: 1), r, z, n, hidden[2])
    return [n + z * (h - n), all].map { $0.convert(operands[0].dtype) }
  }
}

/// The gradients of `GRUCell` up to its product: of the input's and of the hidden state's share of the gates
/// `[batch, 3 · hidden]`, and of the hidden state `[batch, hidden]` on the way past the gates.
///
/// Operands: the cell's second result, the hidden state before the step, and the cotangents of the cell's two results.
public struct GRUCellGradient: Block {
  public static let name = "gru_cell_gradient"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 4...4, "gru gradient")
    let hidden = operands[1]
    guard hidden.shape.rank == 2, hidden.dtype.isFloat else {
      throw OpError("gru gradient: hidden state \(hidden), expected a floating-point [batch, hidden]")
    }
    try operands[2].require(hidden, "gru gradient", "cotangent", for: "\(hidden)")
    let gates = TensorType([hidden.shape[0], 4 * hidden.shape[1]], hidden.dtype)
    for place in [0, 3] { try operands[place].require(gates, "gru gradient", "gates", for: "\(hidden)") }
    let sums = TensorType([hidden.shape[0], 3 * hidden.shape[1]], hidden.dtype)
    return [sums, sums, hidden]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (h, g) = (operands[1].wide, operands[2].wide)
    let (gates, given) = (operands[0].wide.gates(4), operands[3].wide.gates(4))
    let (r, z, n, hidden) = (gates[0], gates[1], gates[2], gates[3])
    let one = Node.ones(h.type)
    let new = (g * (one - z) + given[2]) * (one - n * n)
    let update = (g * (h - n) + given[1]) * z * (one - z)
    let reset = (new * hidden + given[0]) * r * (one - r)
    let inputs = Node.build(.concatenate(axis: 1), reset, update, new)
    let hiddens = Node.build(.concatenate(axis: 1), reset, update, new * r + given[3])
    return [inputs, hiddens, g * z].map { $0.convert(operands[0].dtype) }
  }
}
