import ApusCore

/// The state of a long short-term memory: the hidden state `[batch, hidden]`, or `[batch, projection]` where there is a
/// projection, and the cell state `[batch, hidden]`.
public typealias LSTMState = (hidden: Tensor, cell: Tensor)

/// One step of a long short-term memory (Hochreiter & Schmidhuber 1997; with forget gates, Gers et al. 2000), with
/// PyTorch's layout of weights: gates in the order input, forget, cell, output.
///
/// - Parameters:
///   - x: `[batch, features]`.
///   - state: The hidden and the cell state, `[batch, hidden]` each.
///   - weightInput: `[4 · hidden, features]`.
///   - weightHidden: `[4 · hidden, hidden]`, with a projection `[4 · hidden, projection]`.
///   - biasInput: `[4 · hidden]`, added to the gates.
///   - biasHidden: `[4 · hidden]`, added to the gates too.
///   - weightProjection: `[projection, hidden]`: what the hidden state is multiplied with before it goes on (Sak et al.
///     2014).
/// - Returns: The next hidden and cell state.
public func lstmCell(
  _ x: Tensor, _ state: LSTMState, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, weightProjection: Tensor? = nil
) -> LSTMState {
  let gates = Recurrence.gates(x, weightInput, [biasInput, biasHidden], rank: 2, "lstm")
  if Mistakes.hasFailed { return state }
  return lstmStep(gates, state, weightHidden, weightProjection)
}

/// A long short-term memory over a sequence (Hochreiter & Schmidhuber 1997): `lstmCell` at each time, the product of the
/// whole input with its weight done at once.
///
/// - Parameters:
///   - x: `[batch, time, features]`.
///   - initial: The first hidden and cell state, `[batch, hidden]` each; zeros unless given.
///   - weightInput: `[4 · hidden, features]`, gates in the order input, forget, cell, output.
///   - weightHidden: `[4 · hidden, hidden]`, with a projection `[4 · hidden, projection]`.
///   - biasInput: `[4 · hidden]`, added to the gates.
///   - biasHidden: `[4 · hidden]`, added to the gates too.
///   - weightProjection: `[projection, hidden]`: what the hidden state is multiplied with before it goes on (Sak et al.
///     2014); its sizes are then `projection`.
///   - lengths: How long each sequence is, integers `[batch]`: outputs beyond the end are zero, the last state is that
///     at the end, and the reverse direction starts there.
///   - reversed: From the last time to the first; the outputs stay at their times.
/// - Returns: The hidden states `[batch, time, hidden]` and the last state.
public func lstm(
  _ x: Tensor, initial: LSTMState? = nil, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, weightProjection: Tensor? = nil, lengths: Tensor? = nil, reversed: Bool = false
) -> (outputs: Tensor, state: LSTMState) {
  let gates = Recurrence.gates(x, weightInput, [biasInput, biasHidden], rank: 3, "lstm")
  let hidden = Recurrence.zeroState(x, weightHidden, "lstm")
  let size = weightProjection?.shape.last ?? hidden.shape.last ?? 1
  let start = initial ?? (hidden, .zeros([x.shape.first ?? 1, size], dtype: x.dtype))
  if Mistakes.hasFailed { return (gates, start) }
  let recurrence = Recurrence(name: "lstm", lengths: lengths, isReversed: reversed)
  let (outputs, states) = recurrence.run([start.hidden, start.cell], over: gates) { gates, states in
    let next = lstmStep(gates, (states[0], states[1]), weightHidden, weightProjection)
    return [next.hidden, next.cell]
  }
  return (outputs, (states[0], states[1]))
}

private func lstmStep(_ gates: Tensor, _ state: LSTMState, _ weight: Tensor, _ projection: Tensor?) -> LSTMState {
  guard let projection else {
    let operands = [gates, state.hidden, state.cell, weight].map(\.node)
    let all = results(.block(AnyBlock(LSTMCell())), operands, count: 3)
    return (all[0], all[1])
  }
  let (batch, hidden) = (gates.shape[0], gates.shape[1] / 4)
  let small = projection.shape.first ?? 0
  guard projection.shape == [small, hidden], weight.shape == [4 * hidden, small] else {
    let message = "lstm: projection \(projection.shape) and the hidden state's weight \(weight.shape), expected "
    return (Mistakes.report(OpError("\(message)[projection, \(hidden)] and [\(4 * hidden), projection]")), state.cell)
  }
  guard state.hidden.shape == [batch, small], state.cell.shape == [batch, hidden] else {
    let message = "lstm: hidden state \(state.hidden.shape) and cell state \(state.cell.shape), expected "
    return (Mistakes.report(OpError("\(message)[\(batch), \(small)] and [\(batch), \(hidden)]")), state.cell)
  }
  let sums = gates + state.hidden.matmul(weight.transposed())
  let all = results(.block(AnyBlock(LSTMUpdate())), [sums.node, state.cell.node], count: 3)
  return (all[0].matmul(projection.transposed()), all[1])
}

extension Array where Element == (hidden: Tensor, cell: Tensor) {
  /// The same states, with no gradient through them: what truncated back-propagation through time hands from one
  /// stretch of a sequence to the next (Williams & Peng 1990).
  public func stoppingGradient() -> [LSTMState] {
    map { ($0.hidden.stoppingGradient(), $0.cell.stoppingGradient()) }
  }
}

extension Array where Element == Tensor {
  /// The same tensors, with no gradient through them: what truncated back-propagation through time hands from one
  /// stretch of a sequence to the next (Williams & Peng 1990).
  public func stoppingGradient() -> [Tensor] { map { $0.stoppingGradient() } }
}
