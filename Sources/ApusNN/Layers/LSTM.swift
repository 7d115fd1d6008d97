import ApusTensor

/// A long short-term memory in one or more layers (Hochreiter & Schmidhuber 1997): `[batch, time, features]` to
/// `[batch, time, directions · hidden]`, PyTorch's weights and keys.
public final class LSTM: Module, Layer {
  public let hidden: Int
  public let isBidirectional: Bool
  private let stack: RecurrentStack
  /// How many layers and directions have a state.
  var stateCount: Int { stack.directions.count }
  /// How wide a hidden state is.
  var outputWidth: Int { stack.directions[0].weightHidden.shape[1] }

  public override var stateKeys: [String: StateKey] { ["stack": .merged] }

  /// - Parameters:
  ///   - layers: How many are stacked.
  ///   - dropout: The probability with which each output of a layer but the last is dropped.
  ///   - projection: To how many features the hidden state is brought down by a product of its own (Sak et al. 2014);
  ///     outputs are then `directions · projection` wide.
  public init(
    _ features: Int, _ hidden: Int, layers: Int = 1, bias: Bool = true, dropout: Double = 0,
    isBidirectional: Bool = false, projection: Int? = nil, key: inout RandomKey
  ) {
    (self.hidden, self.isBidirectional) = (hidden, isBidirectional)
    stack = RecurrentStack(
      features, hidden, gates: 4, layers: layers, bias: bias, dropout: dropout, isBidirectional: isBidirectional,
      projection: projection, name: "LSTM", key: &key)
  }

  /// The outputs at each time.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, initial: nil).outputs }

  /// The outputs at each time, and the last state of each layer and direction.
  ///
  /// - Parameters:
  ///   - initial: The first state of each layer and direction, zeros unless given.
  ///   - lengths: How long each sequence is, integers `[batch]`: outputs beyond the end are zero, the last states are
  ///     those at the end, and the reverse direction starts there.
  public func callAsFunction(
    _ x: Tensor, initial: [LSTMState]? = nil, lengths: Tensor? = nil
  ) -> (outputs: Tensor, states: [LSTMState]) {
    let (outputs, states) = stack(x, initial: initial, name: "LSTM") { x, initial, weights, reversed in
      lstm(
        x, initial: initial, weightInput: weights.weightInput, weightHidden: weights.weightHidden,
        biasInput: weights.biasInput, biasHidden: weights.biasHidden, weightProjection: weights.weightProjection,
        lengths: lengths, reversed: reversed)
    }
    return (traced(outputs, multiplyAdds: stack.multiplyAdds(x)), states)
  }
}

/// One step of a long short-term memory (Hochreiter & Schmidhuber 1997): `[batch, features]` and the state to the next
/// state, PyTorch's weights and keys.
public final class LSTMCell: Module {
  private let weights: RecurrentWeights

  public override var stateKeys: [String: StateKey] { ["weights": .merged] }

  public init(_ features: Int, _ hidden: Int, bias: Bool = true, key: inout RandomKey) {
    weights = RecurrentWeights(features, hidden, gates: 4, bias: bias, key: &key)
  }

  /// The next state.
  ///
  /// - Parameter state: `[batch, hidden]` twice, zeros unless given.
  public func callAsFunction(_ x: Tensor, _ state: LSTMState? = nil) -> LSTMState {
    let zeros = Tensor.zeros([x.shape.first ?? 1, weights.weightHidden.shape[1]], dtype: x.dtype)
    let next = lstmCell(
      x, state ?? (zeros, zeros), weightInput: weights.weightInput, weightHidden: weights.weightHidden,
      biasInput: weights.biasInput, biasHidden: weights.biasHidden)
    return (traced(next.hidden, multiplyAdds: (x.shape.first ?? 1) * weights.multiplyAdds), next.cell)
  }
}
