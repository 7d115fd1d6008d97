import ApusTensor

/// A gated recurrent unit in one or more layers (Cho et al. 2014): `[batch, time, features]` to
/// `[batch, time, directions · hidden]`, PyTorch's weights and keys.
public final class GRU: Module, Layer {
  public let hidden: Int
  public let isBidirectional: Bool
  public let resetsAfterProduct: Bool
  private let stack: RecurrentStack
  /// How many layers and directions have a state.
  var stateCount: Int { stack.directions.count }

  public override var stateKeys: [String: StateKey] { ["stack": .merged] }

  /// - Parameters:
  ///   - layers: How many are stacked.
  ///   - dropout: The probability with which each output of a layer but the last is dropped.
  ///   - resetsAfterProduct: Whether the reset gate scales the hidden state's product with its weight (PyTorch, cuDNN),
  ///     or the hidden state before it, as in the paper.
  public init(
    _ features: Int, _ hidden: Int, layers: Int = 1, bias: Bool = true, dropout: Double = 0,
    isBidirectional: Bool = false, resetsAfterProduct: Bool = true, key: inout RandomKey
  ) {
    (self.hidden, self.isBidirectional, self.resetsAfterProduct) = (hidden, isBidirectional, resetsAfterProduct)
    stack = RecurrentStack(
      features, hidden, gates: 3, layers: layers, bias: bias, dropout: dropout, isBidirectional: isBidirectional,
      name: "GRU", key: &key)
  }

  /// The outputs at each time.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, initial: nil).outputs }

  /// The outputs at each time, and the last state `[batch, hidden]` of each layer and direction.
  ///
  /// - Parameters:
  ///   - initial: The first state of each layer and direction, zeros unless given.
  ///   - lengths: How long each sequence is, integers `[batch]`: outputs beyond the end are zero, the last states are
  ///     those at the end, and the reverse direction starts there.
  public func callAsFunction(
    _ x: Tensor, initial: [Tensor]? = nil, lengths: Tensor? = nil
  ) -> (outputs: Tensor, states: [Tensor]) {
    let (outputs, states) = stack(x, initial: initial, name: "GRU") { x, initial, weights, reversed in
      gru(
        x, initial: initial, weightInput: weights.weightInput, weightHidden: weights.weightHidden,
        biasInput: weights.biasInput, biasHidden: weights.biasHidden, resetsAfterProduct: resetsAfterProduct,
        lengths: lengths, reversed: reversed)
    }
    return (traced(outputs, multiplyAdds: stack.multiplyAdds(x)), states)
  }
}

/// One step of a gated recurrent unit (Cho et al. 2014): `[batch, features]` and the state `[batch, hidden]` to the next
/// state, PyTorch's weights and keys.
public final class GRUCell: Module {
  public let resetsAfterProduct: Bool
  private let weights: RecurrentWeights

  public override var stateKeys: [String: StateKey] { ["weights": .merged] }

  /// - Parameter resetsAfterProduct: Whether the reset gate scales the hidden state's product with its weight (PyTorch,
  ///   cuDNN), or the hidden state before it, as in the paper.
  public init(
    _ features: Int, _ hidden: Int, bias: Bool = true, resetsAfterProduct: Bool = true, key: inout RandomKey
  ) {
    self.resetsAfterProduct = resetsAfterProduct
    weights = RecurrentWeights(features, hidden, gates: 3, bias: bias, key: &key)
  }

  /// The next state, from zeros where none is given.
  public func callAsFunction(_ x: Tensor, _ state: Tensor? = nil) -> Tensor {
    let batch = x.shape.first ?? 1
    let next = gruCell(
      x, state ?? .zeros([batch, weights.weightHidden.shape[1]], dtype: x.dtype), weightInput: weights.weightInput,
      weightHidden: weights.weightHidden, biasInput: weights.biasInput, biasHidden: weights.biasHidden,
      resetsAfterProduct: resetsAfterProduct)
    return traced(next, multiplyAdds: batch * weights.multiplyAdds)
  }
}
