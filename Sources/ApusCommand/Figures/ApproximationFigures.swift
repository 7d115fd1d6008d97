import Apus
import ApusDrawing

extension FigureRecipe {
  static let taylor = FigureRecipe(
    name: "taylor", summary: "Taylor polynomials of growing order about a point"
  ) { _ in
    func panel(
      _ title: String, _ f: @escaping (Tensor) -> Tensor, about center: Double, orders: [Int],
      over domain: ClosedRange<Double>, values: ClosedRange<Double>
    ) -> Plot {
      let polynomial = Apus.taylor(f, at: center, order: orders.max() ?? 0)
      let xs = Tensor.linspace(domain.lowerBound, domain.upperBound, steps: 301, dtype: .float64)
      let places = xs.doubles()
      let lines = orders.enumerated().map { number, order in
        Line(
          places, places.map(polynomial.truncated(to: order).callAsFunction), name: "order \(order)",
          style: .series(number))
      }
      let exact = Line(places, f(xs).doubles(), name: "function", style: Style(.ink, width: 3.2))
      let value = f(Tensor(center, dtype: .float64)).item()
      return Plot(
        title, x: Axis("x", domain: domain), y: Axis("f(x)", domain: values), legend: .outside,
        [exact] + lines + [Scatter([Point(center, value)], style: Style(.ink, marker: .circle), radius: 5)])
    }
    return Figure(
      "Taylor polynomials: higher orders are nearer, about the point", columns: 2,
      note: "Coefficients by repeated automatic differentiation. The series of log(x) about 1 converges for 0 < x ≤ 2 "
        + "only: further out a higher order is worse.",
      size: (1180, 480),
      [
        panel("sin(x) about 0", { $0.sin() }, about: 0, orders: [1, 3, 5, 7, 9], over: -7...7, values: -2.5...2.5),
        panel("log(x) about 1", { $0.log() }, about: 1, orders: [1, 2, 4, 8], over: 0.05...3, values: -3...2.5),
      ])
  }

  static let towers = FigureRecipe(
    name: "towers", summary: "towers of sigmoid neurons in one and two dimensions, and what they approximate"
  ) { _ in
    Figure(
      "Universal approximation by towers: built, not trained", columns: 2,
      note: "A tower is two steep sigmoid neurons; over the plane four, and a fifth with a threshold (Cybenko 1989).",
      size: (1100, 860), [oneTower, closedTower, approximation, towerErrors])
  }

  private static var oneTower: Plot {
    let (low, high, steepness) = (-1.0, 1.5, 8.0)
    let xs = Tensor.linspace(-4, 4, steps: 401, dtype: .float64)
    let places = xs.doubles()
    let network = TowerNetwork([.init(low...high, height: 1)], steepness: steepness)
    let up = ((xs - low) * steepness).sigmoid().doubles()
    let down = (((xs - high) * steepness).sigmoid() * -1).doubles()
    return Plot(
      "Two sigmoids make a tower", x: Axis("x"), y: Axis("height", domain: -1.2...1.3),
      [
        Line(places, up, name: "σ(8(x + 1))", style: .series(1)),
        Line(places, down, name: "−σ(8(x − 1.5))", style: .series(2)),
        Line(places, network.values(at: xs).doubles(), name: "sum", style: Style(Color.palette[0], width: 3)),
      ])
  }

  private static var closedTower: Plot {
    let network = PlaneTowerNetwork([.init(x: -1...1, y: -1...1, height: 1)], steepness: 8, thresholdSteepness: 14)
    let cells = 72
    let places = (Tensor.range(cells, dtype: .float64) + 0.5) * (6 / Double(cells)) - 3
    let mesh = meshGrid([places, places], indexing: .xy)
    let values = network.values(mesh[0], mesh[1]).doubles()
    let rows = (0..<cells).map { Array(values[($0 * cells)..<(($0 + 1) * cells)]) }
    let grid = Grid(rows, x: -3...3, y: -3...3)
    return Plot(
      "A closed tower over the plane", x: Axis("x"), y: Axis("y"), hasEqualUnits: true,
      [HeatMap(grid, domain: 0...1, label: "height"), Contours(grid, levels: [0.5], style: Style(.white, width: 1.5))])
  }

  private static var approximation: Plot {
    let xs = Tensor.linspace(0, 1, steps: 801, dtype: .float64)
    let places = xs.doubles()
    let lines = [10, 40].enumerated().map { number, count in
      let network = TowerNetwork(approximating: Experiment.towerTarget, over: 0...1, count: count)
      return Line(places, network.values(at: xs).doubles(), name: "\(count) towers", style: .series(number))
    }
    let exact = Line(places, Experiment.towerTarget(xs).doubles(), name: "function", style: Style(.ink, width: 1.2))
    return Plot("A function and its towers", x: Axis("x"), y: Axis("f(x)"), lines + [exact])
  }

  private static var towerErrors: Plot {
    let counts = Experiment.towerCounts.map(Double.init)
    let errors = Experiment.towerErrors()
    let first = errors[0] * counts[0]
    return Plot(
      "The error against the number of towers", x: Axis("towers", .logarithmic), y: Axis("largest error", .logarithmic),
      [
        Line(counts, errors, name: "measured", style: .series(0), markers: .all),
        Line(counts, counts.map { first / $0 }, name: "∝ 1 / towers", style: Style(.muted, width: 1.2, dash: .short)),
      ])
  }
}
