import ApusCore

/// What a recurrence over a sequence `[batch, time, …]` is made of, whatever its cell.
struct Recurrence {
  /// What errors call it.
  let name: String
  /// The sizes `[batch]` of the sequences, or nil where all are whole.
  let lengths: Tensor?
  let isReversed: Bool

  /// The input's share of the gates: `[batch, gates]`, or for a sequence with the time in front, where a loop cuts.
  ///
  /// - Parameter rank: Of the input: 2 for one step, 3 for a sequence.
  static func gates(_ x: Tensor, _ weight: Tensor, _ biases: [Tensor?], rank: Int, _ name: String) -> Tensor {
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

  /// The state before the first step: zeros for each example and column of the hidden state's weight.
  static func zeroState(_ x: Tensor, _ weight: Tensor, _ name: String) -> Tensor {
    guard weight.rank == 2 else {
      return Mistakes.report(
        OpError("\(name): the hidden state's weight \(weight.shape), expected [gates, hidden]"))
    }
    return .zeros([x.shape.first ?? 1, weight.shape[1]], dtype: x.dtype)
  }

  /// `step` at each time of `gates` `[time, batch, …]`.
  ///
  /// Beyond the end of a sequence its states stay as they are and its output is zero. Backwards, a short sequence's
  /// first state therefore waits until its end comes.
  ///
  /// - Parameter step: The next states from the gates `[batch, …]` of a time and the states; the first state is the
  ///   output.
  /// - Returns: The outputs `[batch, time, …]`, and the last states.
  func run(
    _ start: [Tensor], over gates: Tensor, _ step: (_ gates: Tensor, _ states: [Tensor]) -> [Tensor]
  ) -> (outputs: Tensor, states: [Tensor]) {
    guard let lengths else {
      let (states, outputs) = scan(start, over: [gates], reversed: isReversed) { states, elements in
        let next = step(elements[0], states)
        return (next, [next[0]])
      }
      return Mistakes.hasFailed ? (gates, start) : (outputs[0].swapping(0, 1), states)
    }
    let (time, batch) = (gates.shape[0], gates.shape[1])
    guard lengths.shape == [batch], lengths.dtype.isInteger else {
      let given = lengths.node.type
      return (
        Mistakes.report(OpError("\(name): lengths \(given), expected integers [\(batch)], one a sequence")), start
      )
    }
    let places = Tensor.range(time).reshaped(to: [time, 1, 1])
    let isRunning = places .< lengths.cast(to: .int32).reshaped(to: [1, batch, 1])
    let (states, outputs) = scan(start, over: [gates, isRunning], reversed: isReversed) { states, elements in
      let next = step(elements[0], states)
      let kept = zip(next, states).map { select(elements[1], $0, $1) }
      return (kept, [select(elements[1], next[0], 0)])
    }
    return Mistakes.hasFailed ? (gates, start) : (outputs[0].swapping(0, 1), states)
  }
}
