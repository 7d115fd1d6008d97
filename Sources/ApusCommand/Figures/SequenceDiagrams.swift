import ApusDrawing

extension FigureRecipe {
  /// What word2vec's two models tell from what (Mikolov et al. 2013, figure 1).
  static let wordModels = FigureRecipe(
    name: "cbow-skip-gram", summary: "the two models of word2vec: a word from its neighbours, and they from it"
  ) { _ in
    let (input, middle, output) = (Color(0xE8E8E8), Color(0xCFE5F5), Color(0xFBE3B8))
    let neighbours = ["w(t−2)", "w(t−1)", "w(t+1)", "w(t+2)"]
    func node(_ x: Double, _ y: Double, _ label: String, _ fill: Color) -> Diagram.Node {
      Diagram.Node(Point(x, y), label, form: .box, fill: fill)
    }
    func panel(_ title: String, _ what: String, isBag: Bool) -> Diagram {
      let outer = neighbours.enumerated().map { place, label in
        node(isBag ? 0 : 2, Double(place) - 1.5, label, isBag ? input : output)
      }
      let projection = node(1, 0, isBag ? "mean of vectors" : "vector of w(t)", middle)
      let single = node(isBag ? 2 : 0, 0, "w(t)", isBag ? output : input)
      let edges = outer.indices.map { isBag ? Diagram.Edge($0, 4) : Diagram.Edge(4, $0) }
      return Diagram(
        title, nodes: outer + [projection, single], edges: edges + [isBag ? Diagram.Edge(4, 5) : Diagram.Edge(5, 4)],
        remarks: [
          (Point(0, 2.2), "input"), (Point(1, 2.2), "projection"), (Point(2, 2.2), "output"), (Point(1, -2.1), what),
        ])
    }
    return Figure(
      "word2vec: a word is known by the company it keeps", columns: 2,
      note:
        "With a window of two words on each side. Both sum vectors and nothing else; the output is negative sampling's "
        + "or a tree's.", size: (1100, 520),
      [
        panel("Continuous bag of words", "P(w(t) | its neighbours)", isBag: true),
        panel("Skip-gram", "P(each neighbour | w(t))", isBag: false),
      ])
  }

  /// A simple recurrent net as it is written, and as it is computed.
  static let unrolled = FigureRecipe(
    name: "unrolled", summary: "a recurrent net, rolled up and unrolled over time"
  ) { _ in
    let (input, hidden, output) = (Color(0xE8E8E8), Color(0xCFE5F5), Color(0xFBE3B8))
    func nodes(_ index: String, _ places: [Point]) -> [Diagram.Node] {
      zip(["x", "h", "y"], zip(places, [input, hidden, output])).map {
        Diagram.Node($1.0, $0 + index, fill: $1.1)
      }
    }
    // Lying down, so that the loop is above all else.
    let rolled = Diagram(
      "As a net with a loop", nodes: nodes("ₜ", (0..<3).map { Point(Double($0), 0) }),
      edges: [Diagram.Edge(0, 1, label: "W"), Diagram.Edge(1, 2, label: "V"), Diagram.Edge(1, 1, label: "U")],
      radius: 30)
    let indices = ["₁", "₂", "₃", "₄"]
    let columns = indices.enumerated().flatMap { place, index in
      nodes(index, (0..<3).map { Point(Double(place + 1), 1 - Double($0)) })
    }
    let all = columns + [Diagram.Node(Point(0, 0), "h₀", fill: hidden)]
    var edges = [Diagram.Edge(columns.count, 1, label: "U")]
    for step in indices.indices {
      edges += [Diagram.Edge(3 * step, 3 * step + 1, label: "W"), Diagram.Edge(3 * step + 1, 3 * step + 2, label: "V")]
      if step > 0 { edges.append(Diagram.Edge(3 * step - 2, 3 * step + 1, label: "U")) }
    }
    return Figure(
      "A recurrent net: hₜ = g(hₜ₋₁U + xₜW), yₜ = f(hₜV)", columns: 2,
      note:
        "Every step has the same three weights; gradients go back along the row of h, through U at each step.",
      size: (1100, 520),
      [rolled, Diagram("Over four steps of time", nodes: all, edges: edges, radius: 26)])
  }
}
