import Apus
import ApusDrawing

extension FigureRecipe {
  /// States as circles, actions as boxes, and what may follow each.
  static let decisionGraph = FigureRecipe(
    name: "decision-graph", summary: "A decision process as a graph of states and actions"
  ) { _ in
    let process = ClassicalModel.named("recycling-robot")!.make()
    let solution = try process.solved(by: .policyIteration, discount: process.usualDiscount)
    var nodes = (0..<process.stateCount).map { state in
      Diagram.Node(
        Point(Double(state) * 4, 0), process.name(state: state), fill: Color(0xDCE9F5),
        note: "value \(solution.values[state].fixed(2))")
    }
    var edges: [Diagram.Edge] = []
    for state in 0..<process.stateCount {
      let possible = (0..<process.actionCount).filter { process.canTake($0, in: state) }
      for (place, action) in possible.enumerated() {
        let side = state == 0 ? 1.0 : -1.0
        let x = Double(state) * 4 + side * (place == 0 ? 1.3 : place == 1 ? -1.2 : 1.3)
        let y = place == 0 ? -1.3 : place == 1 ? 1.5 : 1.6
        let isBest = solution.bestActions(state).contains(action)
        let color = isBest ? Style.series(4).color : Color.muted
        edges.append(Diagram.Edge(state, nodes.count, color: color, width: isBest ? 2.2 : 1.1))
        for outcome in process.outcomes(state, action) {
          edges.append(
            Diagram.Edge(
              nodes.count, outcome.state, label: "\(outcome.probability.fixed(1)), \(outcome.reward.fixed(0))",
              color: color))
        }
        nodes.append(Diagram.Node(Point(x, y), process.name(action: action), form: .box))
      }
    }
    return Figure(
      "A robot that looks for cans",
      note: "Sutton & Barto 2018, example 3.3, with α = 0.8, β = 0.6 and γ = 0.9: "
        + "probability and reward on the arrows, the best actions thick.",
      facts: [("value of high", solution.values[0]), ("value of low", solution.values[1])],
      [Diagram(nodes: nodes, edges: edges, radius: 30)])
  }

  /// Values and arrows on a grid.
  static let gridWorld = FigureRecipe(
    name: "grid-world", summary: "Values and best actions of a grid world",
    subject: .choice(ClassicalModel.all.map(\.name).filter { !["taxi", "gambler", "recycling-robot"].contains($0) })
  ) { options in
    let model = try DecisionModel(options.subject ?? "russell-norvig")
    let discount = model.process.usualDiscount
    let solution = try model.process.solved(
      by: .valueIteration, discount: discount, limits: SolverLimits(tolerance: 1e-9))
    return model.figure(
      values: solution.values, actions: { solution.bestActions($0) },
      note: "Values of the states and the best actions, all that are equally good; discount \(discount).")
  }
}
