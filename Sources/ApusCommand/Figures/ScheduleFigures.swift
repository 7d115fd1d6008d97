import Apus
import ApusDrawing

extension FigureRecipe {
  /// Learning-rate schedules that are drawn, over 120 epochs from a rate of 0.1: one line each.
  static let scheduleTable: [(panel: String, name: String, schedule: Schedule)] = [
    ("Falling", "step: half every 20 epochs", .step(size: 20, gamma: 0.5)),
    ("Falling", "exponential", .exponential(gamma: 0.965)),
    ("Falling", "1 / t", .inverseTime(decay: 0.08)),
    ("Falling", "polynomial, power 2", .polynomial(totalSteps: 120, power: 2)),
    ("Cycles (Smith 2017)", "triangular", .cyclic(maxRate: 0.4, stepsUp: 15)),
    ("Cycles (Smith 2017)", "triangular2", .cyclic(maxRate: 0.4, stepsUp: 15, .triangular2)),
    ("Cycles (Smith 2017)", "exponential range", .cyclic(maxRate: 0.4, stepsUp: 15, .exponentialRange(gamma: 0.985))),
    ("Cosines (Loshchilov & Hutter 2017)", "cosine", .cosine(steps: 120)),
    (
      "Cosines (Loshchilov & Hutter 2017)", "warm restarts, doubling", .cosineWithRestarts(firstSteps: 8, multiplier: 2)
    ),
    ("Warm-up", "linear, then constant", .linear(startFactor: 0.05, totalSteps: 30)),
    (
      "Warm-up", "inverse square root",
      .chain([.factor { _ in 30.0.squareRoot() }, .inverseSquareRoot(warmupSteps: 30)])
    ),
    ("Warm-up", "one cycle", .oneCycle(maxRate: 0.1, totalSteps: 120)),
  ]

  static let schedules = FigureRecipe(name: "schedules", summary: "learning rates against epochs") { _ in
    let base = 0.1
    let epochs = Array(0..<120)
    var titles: [String] = []
    for row in scheduleTable where !titles.contains(row.panel) { titles.append(row.panel) }
    let panels = titles.map { title in
      let rows = scheduleTable.filter { $0.panel == title }
      return Plot(
        title, x: Axis("epoch"), y: Axis("learning rate"),
        rows.enumerated().map { number, row in
          Line(
            epochs.map(Double.init), epochs.map { row.schedule.rate(base, step: $0) }, name: row.name,
            style: .series(number))
        })
    }
    return Figure(
      "Learning-rate schedules", columns: 2, note: "Each from a base rate of 0.1.", size: (1180, 800), panels)
  }
}
