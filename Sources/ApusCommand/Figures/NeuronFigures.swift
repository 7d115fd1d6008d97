import Apus
import ApusDrawing

extension FigureRecipe {
  /// Points that a line divides, and points that none does (Minsky & Papert 1969).
  static let exclusiveOr = FigureRecipe(
    name: "xor", summary: "AND and OR are divided by a line, XOR by the two lines of a hidden layer"
  ) { _ in
    func panel(_ title: String, _ function: BooleanFunction, _ lines: [Rule]) -> Plot {
      let corners = function.points.map { Point(Double($0[0]), Double($0[1])) }
      func points(_ value: Bool) -> [Point] { zip(corners, function.labels).filter { $0.1 == value }.map(\.0) }
      let axis = { Axis($0, domain: -0.5...1.5, ticks: .named([(0, "0"), (1, "1")])) }
      return Plot(
        title, x: axis("x₁"), y: axis("x₂"), legend: .outside, hasEqualUnits: true,
        lines.map { $0 as any Mark } + [
          Scatter(points(false), name: "false", style: Style(Color(0xD55E00), marker: .ring), radius: 8),
          Scatter(points(true), name: "true", style: Style(Color(0x0072B2), marker: .circle), radius: 8),
        ])
    }
    func separator(_ function: BooleanFunction) -> [Rule] {
      guard case .separable(let weights, let bias) = function.separability else { return [] }
      let (a, b, c) = (Double(weights[0]), Double(weights[1]), Double(bias))
      return [Rule(.line(a: a, b: b, c: c), name: "w·x + b = 0", style: Style(.ink, width: 2))]
    }
    return Figure(
      "What one perceptron can divide, and what takes two layers", columns: 3,
      note: "Exclusive or is true between the two lines: one hidden unit says x₁ + x₂ > 1/2, another x₁ + x₂ > 3/2.",
      size: (1180, 350),
      [
        panel("AND", .and, separator(.and)), panel("OR", .or, separator(.or)),
        panel(
          "XOR: no line", .xor,
          [
            Rule(.line(a: 1, b: 1, c: -0.5), name: "hidden unit 1", style: Style(.ink, width: 2)),
            Rule(.line(a: 1, b: 1, c: -1.5), name: "hidden unit 2", style: Style(.ink, width: 2, dash: .long)),
          ]),
      ])
  }

  /// What weight and bias of a sigmoid neuron do (the logistic function, Verhulst 1845).
  static let sigmoid = FigureRecipe(
    name: "sigmoid", summary: "the sigmoid neuron for several weights and biases"
  ) { _ in
    func panel(_ title: String, _ cases: [(weight: Double, bias: Double)]) -> Plot {
      let xs = Tensor.linspace(-8, 8, steps: 321, dtype: .float64)
      let lines = cases.enumerated().map { number, parameters in
        Line(
          xs.doubles(), (xs * parameters.weight + parameters.bias).sigmoid().doubles(),
          name: "w = \(parameters.weight.short()), b = \(parameters.bias.short())", style: .series(number))
      }
      return Plot(title, x: Axis("input x"), y: Axis("σ(w·x + b)", domain: -0.02...1.02), lines)
    }
    return Figure(
      "The sigmoid neuron: w sets the slope, −b / w the place", columns: 2,
      note: "σ(a) = 1 / (1 + e⁻ᵃ); its slope at the middle is w / 4.", size: (1080, 460),
      [
        panel("Slope", [(0.5, 0), (1, 0), (2, 0), (5, 0), (-1, 0)]),
        panel("Place", [(1, 4), (1, 2), (1, 0), (1, -2), (1, -4)]),
      ])
  }

  /// A small network with the names of all that is in it.
  static let network = FigureRecipe(
    name: "network", summary: "a feed-forward network with pre-activations a and activations h"
  ) { _ in
    let subscripts = Array("₀₁₂₃₄₅₆₇₈₉")
    let sizes = [3, 4, 4, 2]
    var nodes: [Diagram.Node] = []
    var edges: [Diagram.Edge] = []
    var starts: [Int] = []
    for (layer, size) in sizes.enumerated() {
      starts.append(nodes.count)
      for unit in 0..<size {
        let place = Point(Double(layer), Double(unit) - Double(size - 1) / 2)
        let index = "\(subscripts[layer])\(subscripts[unit + 1])"
        let label =
          layer == 0
          ? "x\(subscripts[unit + 1])"
          : layer == sizes.count - 1 ? "a\(index) | ŷ\(subscripts[unit + 1])" : "a\(index) | h\(index)"
        let fills = [Color(0xE8E8E8), Color(0xCFE5F5), Color(0xCFE5F5), Color(0xFBE3B8)]
        nodes.append(Diagram.Node(place, label, fill: fills[layer]))
        guard layer > 0 else { continue }
        for source in 0..<sizes[layer - 1] {
          let name = source == 0 && unit == 0 ? "w\(subscripts[layer])\(subscripts[1])\(subscripts[1])" : ""
          edges.append(Diagram.Edge(starts[layer - 1] + source, starts[layer] + unit, label: name))
        }
      }
    }
    let below = 2.35
    let remarks: [(place: Point, text: String)] = [
      (Point(0, below), "input x = h₀"), (Point(1, below), "a₁ = W₁h₀ + b₁, h₁ = g(a₁)"),
      (Point(2, below), "a₂ = W₂h₁ + b₂, h₂ = g(a₂)"), (Point(3, below), "a₃ = W₃h₂ + b₃, ŷ = softmax(a₃)"),
    ]
    return Figure(
      "A feed-forward network: pre-activations a, activations h",
      note: "The input is no layer of neurons. Two hidden layers: the least that is called deep.", size: (980, 560),
      [Diagram(nodes: nodes, edges: edges, remarks: remarks, radius: 34)])
  }
}
