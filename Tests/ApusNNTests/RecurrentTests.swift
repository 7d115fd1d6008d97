import Apus
import Testing

/// Recurrent layers against PyTorch: outputs, last states and the gradients of everything.
@Suite struct RecurrentTests {
  static func cases(_ layers: String...) -> [LayerFixture] {
    try! LayerFixture.load("sequences").filter { layers.contains($0.layer) }
  }

  private static func activation(_ fixture: LayerFixture) -> RecurrentActivation {
    fixture.string("activation") == "relu" ? .relu : .tanh
  }

  @Test(arguments: cases("RNN"))
  func rnnIsAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let model = RNN(
      fixture.int("features"), fixture.int("hidden"), layers: fixture.int("layers", 1),
      activation: Self.activation(fixture), bias: fixture.bool("bias", true),
      isBidirectional: fixture.bool("bidirectional"), key: &key)
    try fixture.check(model) { inputs in
      let result = model(
        inputs[0], initial: inputs.count > 1 ? inputs[1].unstacked() : nil, lengths: fixture.ints("lengths"))
      return [result.outputs, stack(result.states)]
    }
  }

  @Test(arguments: cases("LSTM"))
  func lstmIsAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let model = LSTM(
      fixture.int("features"), fixture.int("hidden"), layers: fixture.int("layers", 1),
      bias: fixture.bool("bias", true), isBidirectional: fixture.bool("bidirectional"),
      projection: fixture.attributes["projection"]?.int, key: &key)
    try fixture.check(model) { inputs in
      let initial = inputs.count > 1 ? zip(inputs[1].unstacked(), inputs[2].unstacked()).map { ($0, $1) } : nil
      let result = model(inputs[0], initial: initial, lengths: fixture.ints("lengths"))
      return [result.outputs, stack(result.states.map(\.hidden)), stack(result.states.map(\.cell))]
    }
  }

  @Test(arguments: cases("GRU"))
  func gruIsAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let model = GRU(
      fixture.int("features"), fixture.int("hidden"), layers: fixture.int("layers", 1),
      bias: fixture.bool("bias", true), isBidirectional: fixture.bool("bidirectional"),
      resetsAfterProduct: fixture.bool("resetsAfterProduct", true), key: &key)
    try fixture.check(model) { inputs in
      let result = model(
        inputs[0], initial: inputs.count > 1 ? inputs[1].unstacked() : nil, lengths: fixture.ints("lengths"))
      return [result.outputs, stack(result.states)]
    }
  }

  @Test(arguments: cases("Jordan"))
  func jordanFeedsItsOutputBack(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let isSigmoid = fixture.string("squash") == "sigmoid"
    let model = Jordan(
      fixture.int("features"), fixture.int("hidden"), fixture.int("outputs"), activation: Self.activation(fixture),
      outputActivation: { isSigmoid ? $0.sigmoid() : $0 }, decay: fixture.double("decay"),
      bias: fixture.bool("bias", true), key: &key)
    try fixture.check(model) { inputs in
      let result = model(inputs[0], initial: inputs[1])
      return [result.outputs, result.state]
    }
  }

  @Test(arguments: cases("RNNCell", "LSTMCell", "GRUCell"))
  func cellsAreAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let (features, hidden, bias) = (fixture.int("features"), fixture.int("hidden"), fixture.bool("bias", true))
    switch fixture.layer {
    case "RNNCell":
      let cell = RNNCell(features, hidden, activation: Self.activation(fixture), bias: bias, key: &key)
      try fixture.check(cell) { [cell($0[0], $0.count > 1 ? $0[1] : nil)] }
    case "GRUCell":
      let cell = GRUCell(features, hidden, bias: bias, key: &key)
      try fixture.check(cell) { [cell($0[0], $0.count > 1 ? $0[1] : nil)] }
    default:
      let cell = LSTMCell(features, hidden, bias: bias, key: &key)
      try fixture.check(cell) { inputs in
        let next = cell(inputs[0], inputs.count > 1 ? (inputs[1], inputs[2]) : nil)
        return [next.hidden, next.cell]
      }
    }
  }

  /// Stretches of a sequence whose states hand no gradient on.
  @Test(arguments: cases("truncated"))
  func truncatedBackpropagationIsAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let model = LSTM(fixture.int("features"), fixture.int("hidden"), key: &key)
    try fixture.check(model) { inputs in
      var states: [LSTMState]?
      let parts = inputs[0].chunked(fixture.int("stretch"), axis: 1).map { part in
        let result = model(part, initial: states)
        states = result.states.stoppingGradient()
        return result.outputs
      }
      return [concatenate(parts, axis: 1)]
    }
  }

  /// A GRU whose reset comes before the product is the other form, step by step.
  @Test func theOriginalResetHasItsCell() {
    var key = RandomKey(4)
    let cell = GRUCell(3, 4, resetsAfterProduct: false, key: &key)
    let model = GRU(3, 4, resetsAfterProduct: false, key: &key)
    for (mine, its) in zip(model.parameters, cell.parameters) { mine.slot.tensor = its.slot.tensor }
    let x = Tensor.normal([2, 5, 3], key: &key)
    var state: Tensor?
    for step in x.unstacked(axis: 1) { state = cell(step, state) }
    #expect((model(x, initial: nil).states[0] - state!).abs().max().item() < 1e-6)
  }

  /// A loop over several weights, whose gradients are sums of products, against the same steps written out. Again and
  /// again, for the order in which a loop lists what it keeps must not come from a hash.
  @Test func severalWeightsInOneLoopKeepTheirGradients() {
    var key = RandomKey(5)
    let model = Jordan(2, 2, 2, key: &key)
    let x = Tensor.normal([2, 4, 2], key: &key)
    let cotangent = Tensor.normal([2, 4, 2], key: &key)
    func unrolled() -> Tensor {
      var state = Tensor.zeros([2, 2])
      let outputs = x.unstacked(axis: 1).map { element in
        state = model.output((model.input(element) + model.feedback(state)).tanh())
        return state
      }
      return stack(outputs, axis: 1)
    }
    let expected = valueAndGrad(model) { (unrolled() * cotangent).sum() }.gradients
    for _ in 0..<20 {
      let gradients = valueAndGrad(model) {
        let outputs: Tensor = model(x)
        return (outputs * cotangent).sum()
      }.gradients
      for (a, b) in zip(gradients, expected) { #expect((a - b).abs().max().item() < 1e-5) }
    }
  }

  /// Dropout between layers is drawn in training alone, and never after the last.
  @Test func dropoutIsBetweenLayers() {
    var key = RandomKey(4)
    let x = Tensor.normal([2, 5, 3], key: &key)
    for layers in [1, 2] {
      let model = GRU(3, 4, layers: layers, dropout: 0.5, key: &key)
      let plain: Tensor = model(x)
      let dropped: Tensor = Phase.with(.training) { model(x) }
      #expect(((plain - dropped).abs().max().item() > 1e-3) == (layers == 2))
      #expect((dropped .== 0).any().scalars(Bool.self) == [false])
    }
  }

  @Test func mistakesSayWhatWasExpected() throws {
    var key = RandomKey(0)
    let model = LSTM(3, 4, key: &key)
    let x = Tensor.zeros([2, 5, 3])
    func message(_ body: () -> Tensor) throws -> String {
      let error = #expect(throws: OpError.self) { try checked(body) }
      return try #require(error).description
    }
    #expect(
      try message { model(x[TensorIndex.all, TensorIndex.all, ..<2]) }
        == "lstm: input [2, 5, 2] and its weight [16, 3], expected [batch, time, features] and [gates, features]")
    #expect(
      try message { model(x, initial: []).outputs }
        == "LSTM: 0 initial states, expected 1, one a layer and direction")
    #expect(
      try message { model(x, lengths: Tensor([1, 2, 3] as [Int32])).outputs }
        == "lstm: lengths int32[3], expected integers [2], one a sequence")
    let rnn = RNN(3, 4, key: &key)
    #expect(
      try message { rnn(x, initial: [.zeros([2, 3])]).outputs }.hasPrefix("rnn: hidden state [2, 3], its weight [4, 4]")
    )
    let jordan = Jordan(3, 4, 2, key: &key)
    #expect(
      try message { jordan(x, initial: .zeros([2, 4])).outputs }
        == "Jordan: initial state [2, 4], expected [2, 2]")
  }

  /// A simple net forgets exponentially with the lag; a long short-term memory whose forget gate is open does not
  /// (Hochreiter & Schmidhuber 1997; Bengio, Simard & Frasconi 1994).
  @Test func gradientsVanishWithTheLagInASimpleNetAlone() {
    var key = RandomKey(7)
    let (time, hidden) = (60, 16)
    let (rnn, lstm) = (RNN(4, hidden, key: &key), LSTM(4, hidden, key: &key))
    // The forget gates' biases: at 6 a step keeps 0.9975 of the cell.
    for entry in lstm.parameters where entry.path == "bias_ih_l0" {
      entry.slot.tensor = entry.slot.tensor!.at(hidden..<2 * hidden).replaced(by: 6)
    }
    let x = Tensor.normal([1, time, 4], key: &key)
    /// How much the last state depends on the first input, compared with how much it does on the last one.
    func ratio(_ model: any Layer) -> Double {
      let gradient = grad { x in
        let y: Tensor = model(x)
        return y[0, time - 1].sum()
      }(x)
      let norms = gradient.squared().sum(axis: 2).sqrt().doubles()
      return norms[0] / norms[time - 1]
    }
    let (simple, gated) = (ratio(rnn), ratio(lstm))
    #expect(simple < 1e-8, "\(simple)")
    #expect(gated > 1e-2, "\(gated)")
  }
}
