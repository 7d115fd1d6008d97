import ApusCore

/// What a simple recurrent net bends its sums with.
public enum RecurrentActivation: Hashable, Sendable {
  case tanh, relu

  /// The function, of the tensor's shape.
  public func callAsFunction(_ x: Tensor) -> Tensor { self == .tanh ? x.tanh() : x.relu() }
}

/// One step of a simple recurrent net (Elman 1990): activation(W·x + b + U·h + c).
///
/// - Parameters:
///   - x: `[batch, features]`.
///   - hidden: `[batch, hidden]`.
///   - weightInput: W, `[hidden, features]`.
///   - weightHidden: U, `[hidden, hidden]`.
///   - biasInput: b, `[hidden]`.
///   - biasHidden: c, `[hidden]`.
/// - Returns: The next hidden state, `[batch, hidden]`.
public func rnnCell(
  _ x: Tensor, _ hidden: Tensor, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, activation: RecurrentActivation = .tanh
) -> Tensor {
  let sums = Recurrence.gates(x, weightInput, [biasInput, biasHidden], rank: 2, "rnn")
  if Mistakes.hasFailed { return sums }
  return rnnStep(sums, hidden, weightHidden, activation)
}

/// A simple recurrent net over a sequence (Elman 1990): `rnnCell` at each time, the product of the whole input with its
/// weight done at once.
///
/// - Parameters:
///   - x: `[batch, time, features]`.
///   - initial: The first hidden state, `[batch, hidden]`; zeros unless given.
///   - weightInput: `[hidden, features]`.
///   - weightHidden: `[hidden, hidden]`.
///   - biasInput: `[hidden]`.
///   - biasHidden: `[hidden]`, added too.
///   - lengths: How long each sequence is, integers `[batch]`: outputs beyond the end are zero, the last state is that
///     at the end, and the reverse direction starts there.
///   - reversed: From the last time to the first; the outputs stay at their times.
/// - Returns: The hidden states `[batch, time, hidden]` and the last one, `[batch, hidden]`.
public func rnn(
  _ x: Tensor, initial: Tensor? = nil, weightInput: Tensor, weightHidden: Tensor, biasInput: Tensor? = nil,
  biasHidden: Tensor? = nil, activation: RecurrentActivation = .tanh, lengths: Tensor? = nil, reversed: Bool = false
) -> (outputs: Tensor, state: Tensor) {
  let sums = Recurrence.gates(x, weightInput, [biasInput, biasHidden], rank: 3, "rnn")
  let start = initial ?? Recurrence.zeroState(x, weightHidden, "rnn")
  if Mistakes.hasFailed { return (sums, start) }
  let recurrence = Recurrence(name: "rnn", lengths: lengths, isReversed: reversed)
  let (outputs, states) = recurrence.run([start], over: sums) { sums, states in
    [rnnStep(sums, states[0], weightHidden, activation)]
  }
  return (outputs, states[0])
}

private func rnnStep(
  _ sums: Tensor, _ hidden: Tensor, _ weight: Tensor, _ activation: RecurrentActivation
) -> Tensor {
  guard hidden.shape == sums.shape, hidden.rank == 2, weight.shape == [hidden.shape[1], hidden.shape[1]] else {
    let message = "rnn: hidden state \(hidden.shape), its weight \(weight.shape) and the input's share \(sums.shape)"
    return Mistakes.report(OpError("\(message), expected [batch, hidden], [hidden, hidden] and [batch, hidden]"))
  }
  return activation(sums + hidden.matmul(weight.transposed()))
}
