import ApusTensor

/// A long short-term memory in one or more layers (Hochreiter & Schmidhuber 1997): `[batch, time, features]` to
/// `[batch, time, directions · hidden]`, PyTorch's weights and keys.
public final class LSTM: Module, Layer {
  public let hidden: Int
  public let isBidirectional: Bool
  private let directions: [RecurrentWeights]
  private let dropouts: [Dropout]

  public override var stateKeys: [String: StateKey] { ["directions": .merged] }

  /// - Parameters:
  ///   - layers: How many are stacked.
  ///   - dropout: The probability with which each output of a layer but the last is dropped.
  public init(
    _ features: Int, _ hidden: Int, layers: Int = 1, bias: Bool = true, dropout: Double = 0,
    isBidirectional: Bool = false, key: inout RandomKey
  ) {
    (self.hidden, self.isBidirectional) = (hidden, isBidirectional)
    let count = isBidirectional ? 2 : 1
    directions = (0..<layers * count).map { place in
      let suffix = "_l\(place / count)" + (place % count == 1 ? "_reverse" : "")
      return RecurrentWeights(
        place < count ? features : count * hidden, hidden, gates: 4, bias: bias, suffix: suffix, key: &key)
    }
    dropouts = dropout > 0 ? (1..<max(1, layers)).map { _ in Dropout(dropout, key: &key) } : []
  }

  /// The outputs at each time.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, initial: nil).outputs }

  /// The outputs at each time, and the last state of each layer and direction.
  ///
  /// - Parameter initial: The first state of each layer and direction, zeros unless given.
  public func callAsFunction(_ x: Tensor, initial: [LSTMState]?) -> (outputs: Tensor, states: [LSTMState]) {
    let count = isBidirectional ? 2 : 1
    if let initial, initial.count != directions.count {
      return (.mistake("LSTM: \(initial.count) initial states, expected \(directions.count)"), initial)
    }
    var (h, states): (Tensor, [LSTMState]) = (x, [])
    for layer in 0..<directions.count / count {
      var outputs: [Tensor] = []
      for direction in 0..<count {
        let place = layer * count + direction
        let weights = directions[place]
        let result = lstm(
          h, initial: initial?[place], weightInput: weights.weightInput, weightHidden: weights.weightHidden,
          biasInput: weights.biasInput, biasHidden: weights.biasHidden, reversed: direction == 1)
        outputs.append(result.outputs)
        states.append(result.state)
      }
      h = count == 1 ? outputs[0] : concatenate(outputs, axis: 2)
      if layer < dropouts.count { h = dropouts[layer](h) }
    }
    let weights = directions.reduce(0) { $0 + $1.weightInput.count + $1.weightHidden.count }
    return (traced(h, multiplyAdds: x.shape[0] * x.shape[1] * weights), states)
  }
}

/// The weights of one layer and direction of a recurrent net.
final class RecurrentWeights: Module {
  /// `[gates · hidden, features]`
  @Parameter var weightInput: Tensor
  /// `[gates · hidden, hidden]`
  @Parameter var weightHidden: Tensor
  /// `[gates · hidden]`
  @Parameter var biasInput: Tensor?
  /// `[gates · hidden]`
  @Parameter var biasHidden: Tensor?
  private let suffix: String

  override var stateKeys: [String: StateKey] {
    [
      "weightInput": .named("weight_ih\(suffix)"), "weightHidden": .named("weight_hh\(suffix)"),
      "biasInput": .named("bias_ih\(suffix)"), "biasHidden": .named("bias_hh\(suffix)"),
    ]
  }

  /// Uniform in ±1/√hidden, as PyTorch's.
  init(_ features: Int, _ hidden: Int, gates: Int, bias: Bool, suffix: String, key: inout RandomKey) {
    self.suffix = suffix
    let initializer = Initializer.uniform(1 / Double(max(1, hidden)).squareRoot())
    func draw(_ shape: Shape) -> Tensor { initializer(shape, fanIn: hidden, fanOut: hidden, key: &key) }
    weightInput = draw([gates * hidden, features])
    weightHidden = draw([gates * hidden, hidden])
    biasInput = bias ? draw([gates * hidden]) : nil
    biasHidden = bias ? draw([gates * hidden]) : nil
  }
}
