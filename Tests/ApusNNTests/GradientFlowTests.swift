import Apus
import Testing

@Suite struct GradientFlowTests {
  /// The root mean square gradient of each layer's weights, in a net of so many layers of one width.
  private func flow(_ activation: Activation, depth: Int, _ initializer: Initializer) -> [GradientFlow.Row] {
    var key = RandomKey(21)
    let layers = (0..<depth).flatMap { _ -> [any Layer] in
      [Linear(32, 32, bias: false, initializer: initializer, key: &key), ActivationLayer(activation)]
    }
    let model = Sequential(layers)
    let x = Tensor.normal([64, 32], key: &key)
    let target = Tensor.normal([64, 32], key: &key)
    return GradientFlow(model) { (model(x) * target).sum(axis: 1).mean() }.rows
  }

  /// A sigmoid's slope is at most ¼: gradients vanish with depth, and do not with ReLU and weights that suit it; too large
  /// weights make them explode.
  @Test func gradientsVanishThroughSigmoids() {
    let sigmoid = flow(.sigmoid, depth: 12, .xavierNormal())
    #expect(sigmoid.map(\.path) == (0..<12).map { "\(2 * $0).weight" })
    #expect(sigmoid[0].gradient < 1e-5 * sigmoid[11].gradient)
    let tanh = flow(.tanh, depth: 12, .xavierNormal(gain: Initializer.gain(for: .tanh)))
    let relu = flow(.relu, depth: 12, .kaimingNormal())
    for rows in [tanh, relu] { #expect((0.05...20).contains(rows[0].gradient / rows[11].gradient)) }
    let large = flow(.relu, depth: 12, .normal(standardDeviation: 1))
    #expect(large[0].gradient > 1e5 * relu[0].gradient, "\(large[0].gradient), \(relu[0].gradient)")
  }

  /// Units below zero for every example are dead: no weight of theirs moves.
  @Test func deadUnitsShow() {
    var key = RandomKey(22)
    let model = Sequential {
      Linear(3, 4, key: &key)
      ReLU()
      Linear(4, 1, key: &key)
    }
    (model.layers[0] as? Linear)?.bias = Tensor([-100, -100, 100, 100] as [Float])
    let flow = GradientFlow(model) { model(.normal([16, 3], key: &key)).sum() }
    #expect(flow.rows.map(\.zeros) == [0.5, 0.5, 0.5, 0] && flow.loss.isFinite)
  }
}
