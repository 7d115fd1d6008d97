import ApusTensor

/// A layer that goes through time with a state: inputs `[batch, time, features]` to outputs
/// `[batch, time, …]`. What one stretch of a sequence ends with is what the next one begins with.
public protocol RecurrentLayer: Layer {
  /// The state before the first input: tensors whose first axis is the batch.
  func initialState(batch: Int, dtype: DType) -> [Tensor]
  /// The outputs at each time, and the state at the end.
  ///
  /// - Parameter lengths: How long each sequence is, integers `[batch]`; nil for the whole time. Not every layer takes it.
  func callAsFunction(_ x: Tensor, state: [Tensor], lengths: Tensor?) -> (outputs: Tensor, state: [Tensor])
}

extension RecurrentLayer {
  public func callAsFunction(_ x: Tensor, state: [Tensor]) -> (outputs: Tensor, state: [Tensor]) {
    self(x, state: state, lengths: nil)
  }
}

extension RNN: RecurrentLayer {
  public func initialState(batch: Int, dtype: DType) -> [Tensor] {
    (0..<stateCount).map { _ in .zeros([batch, hidden], dtype: dtype) }
  }

  public func callAsFunction(
    _ x: Tensor, state: [Tensor], lengths: Tensor?
  ) -> (outputs: Tensor, state: [Tensor]) {
    let (outputs, states) = self(x, initial: state, lengths: lengths)
    return (outputs, states)
  }
}

extension GRU: RecurrentLayer {
  public func initialState(batch: Int, dtype: DType) -> [Tensor] {
    (0..<stateCount).map { _ in .zeros([batch, hidden], dtype: dtype) }
  }

  public func callAsFunction(
    _ x: Tensor, state: [Tensor], lengths: Tensor?
  ) -> (outputs: Tensor, state: [Tensor]) {
    let (outputs, states) = self(x, initial: state, lengths: lengths)
    return (outputs, states)
  }
}

extension LSTM: RecurrentLayer {
  /// Hidden state and cell of each layer, one after the other.
  public func initialState(batch: Int, dtype: DType) -> [Tensor] {
    (0..<stateCount).flatMap { _ in
      [Tensor.zeros([batch, outputWidth], dtype: dtype), .zeros([batch, hidden], dtype: dtype)]
    }
  }

  public func callAsFunction(
    _ x: Tensor, state: [Tensor], lengths: Tensor?
  ) -> (outputs: Tensor, state: [Tensor]) {
    guard state.count == 2 * stateCount else {
      return (.mistake("LSTM: \(state.count) tensors of state, expected \(2 * stateCount)"), state)
    }
    let initial: [LSTMState] = (0..<stateCount).map { (state[2 * $0], state[2 * $0 + 1]) }
    let (outputs, states) = self(x, initial: initial, lengths: lengths)
    return (outputs, states.flatMap { [$0.hidden, $0.cell] })
  }
}

extension Jordan: RecurrentLayer {
  public func initialState(batch: Int, dtype: DType) -> [Tensor] { [.zeros([batch, outputs], dtype: dtype)] }

  public func callAsFunction(
    _ x: Tensor, state: [Tensor], lengths: Tensor?
  ) -> (outputs: Tensor, state: [Tensor]) {
    guard lengths == nil else {
      let mistake = Tensor.mistake("Jordan: no lengths are taken; cut the sequences")
      return (mistake, [mistake])
    }
    let (outputs, last) = self(x, initial: state.first)
    return (outputs, [last])
  }
}

/// Which net of those whose hidden state is fed back.
public enum RecurrentKind: String, CaseIterable, Hashable, Sendable {
  /// Elman 1990: `RNN`.
  case elman
  /// Cho et al. 2014.
  case gru
  /// Hochreiter & Schmidhuber 1997.
  case lstm

  /// A layer, or several stacked: `[batch, time, features]` to `[batch, time, directions · hidden]`.
  public func layer(
    _ features: Int, _ hidden: Int, layers: Int = 1, dropout: Double = 0, isBidirectional: Bool = false,
    key: inout RandomKey
  ) -> any RecurrentLayer {
    switch self {
    case .elman:
      RNN(features, hidden, layers: layers, dropout: dropout, isBidirectional: isBidirectional, key: &key)
    case .gru: GRU(features, hidden, layers: layers, dropout: dropout, isBidirectional: isBidirectional, key: &key)
    case .lstm: LSTM(features, hidden, layers: layers, dropout: dropout, isBidirectional: isBidirectional, key: &key)
    }
  }
}
