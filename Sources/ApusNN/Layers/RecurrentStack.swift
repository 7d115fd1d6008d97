import ApusTensor

/// The weights of one layer and direction of a recurrent net.
final class RecurrentWeights: Module {
  /// `[gates · hidden, features]`
  @Parameter var weightInput: Tensor
  /// `[gates · hidden, hidden]`, with a projection `[gates · hidden, projection]`.
  @Parameter var weightHidden: Tensor
  /// `[gates · hidden]`
  @Parameter var biasInput: Tensor?
  /// `[gates · hidden]`
  @Parameter var biasHidden: Tensor?
  /// `[projection, hidden]`
  @Parameter var weightProjection: Tensor?
  private let suffix: String

  override var stateKeys: [String: StateKey] {
    [
      "weightInput": .named("weight_ih\(suffix)"), "weightHidden": .named("weight_hh\(suffix)"),
      "biasInput": .named("bias_ih\(suffix)"), "biasHidden": .named("bias_hh\(suffix)"),
      "weightProjection": .named("weight_hr\(suffix)"),
    ]
  }

  /// How many multiplications with addition one step of one example takes.
  var multiplyAdds: Int { weightInput.count + weightHidden.count + (weightProjection?.count ?? 0) }

  /// Uniform in ±1/√hidden, as PyTorch's.
  ///
  /// - Parameter suffix: What follows the names in the keys of checkpoints: `_l0_reverse`.
  init(
    _ features: Int, _ hidden: Int, gates: Int, bias: Bool, projection: Int? = nil, suffix: String = "",
    key: inout RandomKey
  ) {
    self.suffix = suffix
    let initializer = Initializer.uniform(1 / Double(max(1, hidden)).squareRoot())
    func draw(_ shape: Shape) -> Tensor { initializer(shape, fanIn: hidden, fanOut: hidden, key: &key) }
    weightInput = draw([gates * hidden, features])
    weightHidden = draw([gates * hidden, projection ?? hidden])
    biasInput = bias ? draw([gates * hidden]) : nil
    biasHidden = bias ? draw([gates * hidden]) : nil
    weightProjection = projection.map { draw([$0, hidden]) }
  }
}

/// The layers of a recurrent net one over the other, each in one direction or in both, with dropout between them.
final class RecurrentStack: Module {
  let directions: [RecurrentWeights]
  let dropouts: [Dropout]
  let isBidirectional: Bool

  override var stateKeys: [String: StateKey] { ["directions": .merged] }

  init(
    _ features: Int, _ hidden: Int, gates: Int, layers: Int, bias: Bool, dropout: Double, isBidirectional: Bool,
    projection: Int? = nil, name: String, key: inout RandomKey
  ) {
    isPossible(layers > 0, "\(name): \(layers) layers, expected at least 1")
    let layers = max(1, layers)
    if let projection {
      isPossible(
        (1..<max(2, hidden)).contains(projection),
        "\(name): projection \(projection), expected 1 to \(hidden - 1), fewer than the hidden state has")
    }
    self.isBidirectional = isBidirectional
    let count = isBidirectional ? 2 : 1
    directions = (0..<layers * count).map { place in
      let suffix = "_l\(place / count)" + (place % count == 1 ? "_reverse" : "")
      return RecurrentWeights(
        place < count ? features : count * (projection ?? hidden), hidden, gates: gates, bias: bias,
        projection: projection, suffix: suffix, key: &key)
    }
    dropouts = dropout > 0 ? (1..<layers).map { _ in Dropout(dropout, key: &key) } : []
  }

  /// How many multiplications with addition the weights take for an input `[batch, time, features]`.
  func multiplyAdds(_ x: Tensor) -> Int {
    x.shape.prefix(2).reduce(1, *) * directions.reduce(0) { $0 + $1.multiplyAdds }
  }

  /// Runs every layer and direction.
  ///
  /// - Parameters:
  ///   - initial: The first states, layer by layer and forwards before backwards.
  ///   - run: One layer in one direction: `[batch, time, …]` and its first state to its outputs and its last state.
  func callAsFunction<State>(
    _ x: Tensor, initial: [State]?, name: String,
    _ run: (_ x: Tensor, _ initial: State?, _ weights: RecurrentWeights, _ reversed: Bool) -> (Tensor, State)
  ) -> (outputs: Tensor, states: [State]) {
    if let initial, initial.count != directions.count {
      let message = "\(name): \(initial.count) initial states, expected \(directions.count), one a layer and direction"
      return (.mistake(message), initial)
    }
    let count = isBidirectional ? 2 : 1
    var (h, states): (Tensor, [State]) = (x, [])
    for layer in 0..<directions.count / count {
      var outputs: [Tensor] = []
      for direction in 0..<count {
        let place = layer * count + direction
        let (output, state) = run(h, initial?[place], directions[place], direction == 1)
        outputs.append(output)
        states.append(state)
      }
      h = count == 1 ? outputs[0] : concatenate(outputs, axis: -1)
      if layer < dropouts.count { h = dropouts[layer](h) }
    }
    return (h, states)
  }
}
