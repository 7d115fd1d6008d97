import ApusCore

/// The state of a long short-term memory: two tensors `[batch, hidden]`.
public typealias LSTMState = (hidden: Tensor, cell: Tensor)

/// One step of a long short-term memory (Hochreiter & Schmidhuber 1997; with forget gates, Gers et al. 2000), with
/// PyTorch's layout of weights: gates in the order input, forget, cell, output.
///
/// - Parameters:
///   - x: `[batch, features]`.
///   - state: The hidden and the cell state, `[batch, hidden]` each.
///   - weightInput: `[4 · hidden, features]`.
///   - weightHidden: `[4 · hidden, hidden]`.
///   - biasInput: `[4 · hidden]`, added to the gates.
///   - biasHidden: `[4 · hidden]`, added to the gates too.
/// - Returns: The next hidden and cell state.
public func lstmCell(
  _ x: Tensor, _ state: LSTMState, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil
) -> LSTMState {
  let gates = inputGates(x, weightInput, [biasInput, biasHidden], rank: 2, "lstm")
  return lstmStep(gates, state, weightHidden)
}

/// A long short-term memory over a sequence (Hochreiter & Schmidhuber 1997): `lstmCell` at each time, the product of the
/// whole input with its weight done at once.
///
/// - Parameters:
///   - x: `[batch, time, features]`.
///   - initial: The first hidden and cell state, `[batch, hidden]` each; zeros unless given.
///   - weightInput: `[4 · hidden, features]`, gates in the order input, forget, cell, output.
///   - weightHidden: `[4 · hidden, hidden]`.
///   - biasInput: `[4 · hidden]`, added to the gates.
///   - biasHidden: `[4 · hidden]`, added to the gates too.
///   - reversed: From the last time to the first; the outputs stay at their times.
/// - Returns: The hidden states `[batch, time, hidden]` and the last state.
public func lstm(
  _ x: Tensor, initial: LSTMState? = nil, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, reversed: Bool = false
) -> (outputs: Tensor, state: LSTMState) {
  let gates = inputGates(x, weightInput, [biasInput, biasHidden], rank: 3, "lstm")
  let zeros = zeroState(x, weightHidden, "lstm")
  let start = initial ?? (zeros, zeros)
  if Mistakes.hasFailed { return (gates, start) }
  let (carries, outputs) = scan([start.hidden, start.cell], over: [gates], reversed: reversed) { carries, elements in
    let next = lstmStep(elements[0], (carries[0], carries[1]), weightHidden)
    return ([next.hidden, next.cell], [next.hidden])
  }
  if Mistakes.hasFailed { return (gates, start) }
  return (outputs[0].swapping(0, 1), (carries[0], carries[1]))
}

/// One step of a gated recurrent unit (Cho et al. 2014), with PyTorch's layout of weights: gates in the order reset,
/// update, new, the reset applied after the product.
///
/// - Parameters:
///   - x: `[batch, features]`.
///   - hidden: `[batch, hidden]`.
///   - weightInput: `[3 · hidden, features]`.
///   - weightHidden: `[3 · hidden, hidden]`.
///   - biasInput: `[3 · hidden]`, added to the input's product.
///   - biasHidden: `[3 · hidden]`, added to the hidden state's product, before the reset.
/// - Returns: The next hidden state, `[batch, hidden]`.
public func gruCell(
  _ x: Tensor, _ hidden: Tensor, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil
) -> Tensor {
  gruStep(inputGates(x, weightInput, [biasInput], rank: 2, "gru"), hidden, weightHidden, biasHidden)
}

/// A gated recurrent unit over a sequence (Cho et al. 2014): `gruCell` at each time, the product of the whole input with
/// its weight done at once.
///
/// - Parameters:
///   - x: `[batch, time, features]`.
///   - initial: The first hidden state, `[batch, hidden]`; zeros unless given.
///   - weightInput: `[3 · hidden, features]`, gates in the order reset, update, new.
///   - weightHidden: `[3 · hidden, hidden]`.
///   - biasInput: `[3 · hidden]`, added to the input's product.
///   - biasHidden: `[3 · hidden]`, added to the hidden state's product, before the reset.
///   - reversed: From the last time to the first; the outputs stay at their times.
/// - Returns: The hidden states `[batch, time, hidden]` and the last one, `[batch, hidden]`.
public func gru(
  _ x: Tensor, initial: Tensor? = nil, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, reversed: Bool = false
) -> (outputs: Tensor, state: Tensor) {
  let gates = inputGates(x, weightInput, [biasInput], rank: 3, "gru")
  let start = initial ?? zeroState(x, weightHidden, "gru")
  if Mistakes.hasFailed { return (gates, start) }
  let (carries, outputs) = scan([start], over: [gates], reversed: reversed) { carries, elements in
    let next = gruStep(elements[0], carries[0], weightHidden, biasHidden)
    return ([next], [next])
  }
  if Mistakes.hasFailed { return (gates, start) }
  return (outputs[0].swapping(0, 1), carries[0])
}

private func lstmStep(_ gates: Tensor, _ state: LSTMState, _ weight: Tensor) -> LSTMState {
  let operands = [gates, state.hidden, state.cell, weight].map(\.node)
  let all = results(.block(AnyBlock(LSTMCell())), operands, count: 3)
  return (all[0], all[1])
}

private func gruStep(_ gates: Tensor, _ hidden: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
  let operands = [gates, hidden, weight] + (bias.map { [$0] } ?? [])
  return results(.block(AnyBlock(GRUCell())), operands.map(\.node), count: 2)[0]
}

/// The input's share of the gates: `[batch, gates]`, or for a sequence with the time in front, where a loop cuts.
private func inputGates(_ x: Tensor, _ weight: Tensor, _ biases: [Tensor?], rank: Int, _ name: String) -> Tensor {
  guard x.rank == rank, weight.rank == 2, x.shape[rank - 1] == weight.shape[1] else {
    let expected = rank == 2 ? "[batch, features]" : "[batch, time, features]"
    return Mistakes.report(
      OpError("\(name): input \(x.shape) and its weight \(weight.shape), expected \(expected) and [gates, features]"))
  }
  let product = (rank == 3 ? x.swapping(0, 1) : x).matmul(weight.transposed())
  let given = biases.compactMap { $0 }
  for bias in given where bias.shape != [weight.shape[0]] {
    return Mistakes.report(
      OpError("\(name): bias \(bias.shape) for a weight \(weight.shape), expected [\(weight.shape[0])]"))
  }
  // One vector is added to all rows, not one after the other.
  return given.isEmpty ? product : product + given.dropFirst().reduce(given[0], +)
}

private func zeroState(_ x: Tensor, _ weight: Tensor, _ name: String) -> Tensor {
  guard weight.rank == 2 else {
    return Mistakes.report(
      OpError("\(name): the hidden state's weight \(weight.shape), expected [gates, hidden]"))
  }
  return .zeros([x.shape.first ?? 1, weight.shape[1]], dtype: x.dtype)
}
