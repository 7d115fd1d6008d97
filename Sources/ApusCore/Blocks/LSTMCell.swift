/// One step of a long short-term memory (Hochreiter & Schmidhuber 1997; with forget gates, Gers et al. 2000), gates in
/// PyTorch's order: input, forget, cell, output.
///
/// Operands: the input's share of the gates `[batch, 4 · hidden]` with all biases in it, the hidden and the cell state
/// `[batch, hidden]`, and the hidden state's weight `[4 · hidden, hidden]`. Results: the next hidden and cell state, and the
/// gates after their activations, which are all that the gradient needs of the way there.
public struct LSTMCell: Block {
  public static let name = "lstm_cell"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 4...4, "lstm")
    try requireRecurrent(operands[0], hidden: operands[1], weight: operands[3], gates: 4, "lstm")
    try operands[2].require(operands[1], "lstm", "cell state", for: "hidden state \(operands[1])")
    return [operands[1], operands[1], operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (h, c) = (operands[1].wide, operands[2].wide)
    let sums = operands[0].wide + h.timesTransposed(operands[3].wide)
    let update = Node.build(.block(AnyBlock(LSTMUpdate())), sums, c)
    return (0..<3).map { update.output($0).convert(operands[0].dtype) }
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let node = Node.build(
      .block(AnyBlock(LSTMCellGradient())), [results[2], operands[2], results[1]] + cotangents)
    let (sums, h, weight) = (node.output(0), operands[1], operands[3])
    return [sums, sums.times(weight), node.output(1), sums.transposedTimes(h)]
  }
}

/// What `LSTMCell` does after its product. Operands: the gates before their activations `[batch, 4 · hidden]` and the cell
/// state `[batch, hidden]`. Results: those of the cell.
public struct LSTMUpdate: Block {
  public static let name = "lstm_update"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 2...2, "lstm update")
    guard operands[1].shape.rank == 2, operands[1].dtype.isFloat else {
      throw OpError("lstm update: cell state \(operands[1]), expected a floating-point [batch, hidden]")
    }
    let gates = TensorType([operands[1].shape[0], 4 * operands[1].shape[1]], operands[1].dtype)
    try operands[0].require(gates, "lstm update", "gates", for: "cell state \(operands[1])")
    return [operands[1], operands[1], gates]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let parts = operands[0].wide.gates(4)
    let (i, f, o) = (parts[0].unary(.logistic), parts[1].unary(.logistic), parts[3].unary(.logistic))
    let g = parts[2].unary(.tanh)
    let next = f * operands[1].wide + i * g
    let all = Node.build(.concatenate(axis: 1), i, f, g, o)
    return [o * next.unary(.tanh), next, all].map { $0.convert(operands[0].dtype) }
  }
}

/// The gradients of `LSTMCell` up to its product: of the gates before their activations `[batch, 4 · hidden]` and of the
/// cell state `[batch, hidden]`.
///
/// Operands: the gates after their activations, the cell state before and after the step, and the cotangents of the cell's
/// three results.
public struct LSTMCellGradient: Block {
  public static let name = "lstm_cell_gradient"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 6...6, "lstm gradient")
    for place in [2, 3, 4] {
      try operands[place].require(operands[1], "lstm gradient", "operand", for: "\(operands[1])")
    }
    guard operands[1].shape.rank == 2, operands[1].dtype.isFloat else {
      throw OpError("lstm gradient: cell state \(operands[1]), expected a floating-point [batch, hidden]")
    }
    let gates = TensorType([operands[1].shape[0], 4 * operands[1].shape[1]], operands[1].dtype)
    for place in [0, 5] { try operands[place].require(gates, "lstm gradient", "gates", for: "\(operands[1])") }
    return [gates, operands[1]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let wide = operands.map(\.wide)
    let (gates, given) = (wide[0].gates(4), wide[5].gates(4))
    let (i, f, g, o) = (gates[0], gates[1], gates[2], gates[3])
    let t = wide[2].unary(.tanh)
    let one = Node.ones(t.type)
    let cell = wide[4] + wide[3] * o * (one - t * t)
    let sums = Node.build(
      .concatenate(axis: 1),
      (cell * g + given[0]) * i * (one - i),
      (cell * wide[1] + given[1]) * f * (one - f),
      (cell * i + given[2]) * (one - g * g),
      (wide[3] * t + given[3]) * o * (one - o))
    return [sums, cell * f].map { $0.convert(operands[0].dtype) }
  }
}

extension Node {
  /// The equal parts of the last of two axes.
  func gates(_ count: Int) -> [Node] {
    let size = shape[1] / count
    return (0..<count).map { part(axis: 1, $0 * size..<($0 + 1) * size) }
  }

  private func product(_ other: Node, _ left: Int, _ right: Int) -> Node {
    .build(.dotGeneral(DotDimensions(leftContracting: [left], rightContracting: [right])), self, other)
  }

  func times(_ other: Node) -> Node { product(other, 1, 0) }
  func timesTransposed(_ other: Node) -> Node { product(other, 1, 1) }
  func transposedTimes(_ other: Node) -> Node { product(other, 0, 0) }
}

/// Throws unless the operands of a recurrent cell fit.
func requireRecurrent(
  _ input: TensorType, hidden: TensorType, weight: TensorType, gates: Int, _ name: String
) throws(OpError) {
  guard hidden.shape.rank == 2, hidden.dtype.isFloat else {
    throw OpError("\(name): hidden state \(hidden), expected a floating-point [batch, hidden]")
  }
  let (batch, size) = (hidden.shape[0], hidden.shape[1])
  try weight.require(
    TensorType([gates * size, size], hidden.dtype), name, "weight of the hidden state", for: "hidden state \(hidden)")
  try input.require(
    TensorType([batch, gates * size], hidden.dtype), name, "gates of the input", for: "hidden state \(hidden)")
}
