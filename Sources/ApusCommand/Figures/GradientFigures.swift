import Apus
import ApusDrawing

extension FigureRecipe {
  static let gradientFlow = FigureRecipe(
    name: "gradient-flow", summary: "gradients by depth for sigmoid, tanh and ReLU: they vanish through saturation"
  ) { options in
    let depth = 20
    let flows = VanishingGradients.classicalCases.map { activation, initializer, name in
      var key = RandomKey(options.seed)
      return (name, VanishingGradients(depth: depth, activation: activation, initializer: initializer, key: &key))
    }
    let sizes = Plot(
      "The size of gradients, layer by layer", x: Axis("layer, from the input"),
      y: Axis("root mean square gradient", .logarithmic), legend: .outside,
      flows.enumerated().map { number, flow in
        Line(
          flow.1.layers.map { Double($0.depth) }, flow.1.layers.map(\.gradientSize), name: flow.0,
          style: .series(number), markers: .all)
      })
    let histograms = flows.map { name, flow in histogram(name, flow, depth) }
    return Figure(
      "Vanishing gradients in \(depth) layers", columns: 2,
      note: "64 units a layer, 64 normally distributed inputs; gradients of a random linear loss with respect to "
        + "pre-activations, before any training. Gradients that are zero have no place on the axis.",
      size: (1180, 840),
      facts: flows.map { ("ratio of \($0.0)", $0.1.ratio) }, [sizes] + histograms)
  }

  /// How often gradients of each magnitude are, at the first, a middle and the last layer.
  private static func histogram(_ name: String, _ flow: VanishingGradients, _ depth: Int) -> Plot {
    let bars = [1, depth / 2, depth].enumerated().flatMap { number, layer -> [any Mark] in
      let gradients = flow.layers[layer - 1].gradients.filter { $0 != 0 }
      let exponents = Tensor(gradients, dtype: .float64).abs().log10().doubles()
      // An outline with dashes over a pale area: told apart in gray too.
      let bars = Bars(histogramOf: exponents, in: -20...0, bins: 80, style: .series(number), opacity: 0.25)
      return [bars, Line(bars.outline, name: "layer \(layer)", style: .series(number))]
    }
    return Plot(
      name, x: .exponents("magnitude of a gradient", -20...0, every: 4), y: Axis("how many of \(64 * 64)"), bars)
  }
}
