import Apus
import ApusDrawing

extension FigureRecipe {
  /// Activations that are drawn: one line each.
  static let activationTable: [(name: String, function: @Sendable (Tensor) -> Tensor)] = [
    ("step (x ≥ 0)", { $0.step() }),
    ("sigmoid", { $0.sigmoid() }),
    ("hard sigmoid", { $0.hardsigmoid() }),
    ("tanh", { $0.tanh() }),
    ("ReLU", { $0.relu() }),
    ("leaky ReLU, slope 0.1", { $0.leakyReLU(negativeSlope: 0.1) }),
    ("ELU", { $0.elu() }),
    ("SELU", { $0.selu() }),
    ("softplus", { $0.softplus() }),
    ("GELU", { $0.gelu() }),
    ("GELU ≈ x·σ(1.702 x)", { $0.quickGELU() }),
    ("SiLU (Swish, β = 1)", { $0.silu() }),
    ("Swish, β = 3", { $0.swish(beta: 3) }),
    ("hard swish", { $0.hardswish() }),
    ("Mish", { $0.mish() }),
    ("softsign", { $0.softsign() }),
  ]

  static let activations = FigureRecipe(
    name: "activations", summary: "activation functions and their derivatives, by reverse mode"
  ) { _ in
    let xs = Tensor.linspace(-4, 4, steps: 321, dtype: .float64)
    let places = xs.doubles()
    let panels = activationTable.map { name, function in
      Plot(
        name, x: Axis("x"), y: Axis("value", domain: -1.9...2.6),
        [
          Line(places, function(xs).doubles(), name: "g(x)", style: .series(0)),
          Line(places, grad { function($0).sum() }(xs).doubles(), name: "g′(x)", style: .series(1)),
        ])
    }
    let columns = 4
    return Figure(
      "Activations and their derivatives", columns: columns,
      size: (1200, 70 + 240 * Double((panels.count + columns - 1) / columns)), panels)
  }
}
