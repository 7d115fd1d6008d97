import ApusCore

/// One step of a gated recurrent unit (Cho et al. 2014), with PyTorch's layout of weights: gates in the order reset,
/// update, new.
///
/// - Parameters:
///   - x: `[batch, features]`.
///   - hidden: `[batch, hidden]`.
///   - weightInput: `[3 · hidden, features]`.
///   - weightHidden: `[3 · hidden, hidden]`.
///   - biasInput: `[3 · hidden]`, added to the input's product.
///   - biasHidden: `[3 · hidden]`, added to the hidden state's product.
///   - resetsAfterProduct: Whether the reset gate scales the hidden state's product with its weight (PyTorch, cuDNN),
///     or the hidden state before it, as in the paper.
/// - Returns: The next hidden state, `[batch, hidden]`.
public func gruCell(
  _ x: Tensor, _ hidden: Tensor, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, resetsAfterProduct: Bool = true
) -> Tensor {
  let gates = Recurrence.gates(x, weightInput, [biasInput], rank: 2, "gru")
  if Mistakes.hasFailed { return gates }
  return gruStep(gates, hidden, weightHidden, biasHidden, resetsAfterProduct)
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
///   - biasHidden: `[3 · hidden]`, added to the hidden state's product.
///   - resetsAfterProduct: Whether the reset gate scales the hidden state's product with its weight (PyTorch, cuDNN),
///     or the hidden state before it, as in the paper.
///   - lengths: How long each sequence is, integers `[batch]`: outputs beyond the end are zero, the last state is that
///     at the end, and the reverse direction starts there.
///   - reversed: From the last time to the first; the outputs stay at their times.
/// - Returns: The hidden states `[batch, time, hidden]` and the last one, `[batch, hidden]`.
public func gru(
  _ x: Tensor, initial: Tensor? = nil, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, resetsAfterProduct: Bool = true, lengths: Tensor? = nil, reversed: Bool = false
) -> (outputs: Tensor, state: Tensor) {
  let gates = Recurrence.gates(x, weightInput, [biasInput], rank: 3, "gru")
  let start = initial ?? Recurrence.zeroState(x, weightHidden, "gru")
  if Mistakes.hasFailed { return (gates, start) }
  let recurrence = Recurrence(name: "gru", lengths: lengths, isReversed: reversed)
  let (outputs, states) = recurrence.run([start], over: gates) { gates, states in
    [gruStep(gates, states[0], weightHidden, biasHidden, resetsAfterProduct)]
  }
  return (outputs, states[0])
}

private func gruStep(
  _ gates: Tensor, _ hidden: Tensor, _ weight: Tensor, _ bias: Tensor?, _ resetsAfterProduct: Bool
) -> Tensor {
  guard !resetsAfterProduct else {
    let operands = [gates, hidden, weight] + (bias.map { [$0] } ?? [])
    return results(.block(AnyBlock(GRUCell())), operands.map(\.node), count: 2)[0]
  }
  let size = hidden.shape.last ?? 0
  guard hidden.rank == 2, weight.shape == [3 * size, size], gates.shape == [hidden.shape[0], 3 * size] else {
    let message = "gru: hidden state \(hidden.shape), its weight \(weight.shape) and gates \(gates.shape)"
    return Mistakes.report(OpError("\(message), expected [batch, hidden], [3·hidden, hidden] and [batch, 3·hidden]"))
  }
  // The last third waits for the reset.
  let both = 2 * size
  var sums = gates[TensorIndex.all, ..<both] + hidden.matmul(weight[..<both].transposed())
  if let bias { sums = sums + bias[..<both] }
  let (reset, update) = (sums[TensorIndex.all, ..<size].sigmoid(), sums[TensorIndex.all, size...].sigmoid())
  var new = gates[TensorIndex.all, both...] + (reset * hidden).matmul(weight[both...].transposed())
  if let bias { new = new + bias[both...] }
  new = new.tanh()
  return new + update * (hidden - new)
}
