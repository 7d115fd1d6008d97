import Apus
import ApusFiles

extension Experiment {
  /// The function that towers approximate, on 0…1: the one of Nielsen's chapter 4.
  static func towerTarget(_ x: Tensor) -> Tensor {
    x * x * 0.4 + x * (x * 15).sin() * 0.3 + (x * 50).cos() * 0.05 + 0.2
  }

  /// The numbers of towers that errors are measured for.
  static let towerCounts = [4, 8, 16, 32, 64, 128, 256]

  /// The largest error for each number of towers.
  static func towerErrors() -> [Double] {
    towerCounts.map { count in
      TowerNetwork(approximating: towerTarget, over: 0...1, count: count).supError(from: towerTarget, over: 0...1)
    }
  }

  /// Universal approximation by construction.
  static let towers = Experiment(
    name: "towers", summary: "a function approximated by towers of sigmoid neurons, built and not trained"
  ) { _ in
    var report = Report()
    let errors = towerErrors()
    report.lines.append("0.2 + 0.4x² + 0.3x·sin 15x + 0.05·cos 50x on 0…1, each tower two sigmoid neurons")
    for (count, error) in zip(towerCounts, errors) {
      report.lines.append("\("\(count)".leftPadded(4)) towers: largest error \(error.significant())")
    }
    let f = { (x: Tensor, y: Tensor) in x * y + x }
    let sides = [4, 8, 16]
    let planeErrors = sides.map {
      PlaneTowerNetwork(approximating: f, x: -1...1, y: -1...1, count: $0).meanError(from: f, x: -1...1, y: -1...1)
    }
    report.lines.append("xy + x on the square −1…1, each closed tower four sigmoid neurons and one with a threshold")
    for (side, error) in zip(sides, planeErrors) {
      report.lines.append("\("\(side * side)".leftPadded(4)) towers: mean error \(error.significant())")
    }
    report.json = [
      "towers": .integers(towerCounts), "sup_errors": .numbers(errors),
      "plane_towers": .integers(sides.map { $0 * $0 }),
      "plane_mean_errors": .numbers(planeErrors),
    ]
    return report
  }

  /// Functions whose Taylor polynomials are shown, with where the series begins.
  static let taylorCases: [(name: String, center: Double, at: Double, f: @Sendable (Tensor) -> Tensor)] = [
    ("exp(x)", 0, 1, { $0.exp() }), ("sin(x)", 0, 2, { $0.sin() }), ("log(x)", 1, 1.5, { $0.log() }),
    ("sigmoid(x)", 0, 1, { $0.sigmoid() }),
  ]

  /// Polynomials by repeated differentiation.
  static let taylor = Experiment(
    name: "taylor", summary: "Taylor polynomials by repeated differentiation, and their errors"
  ) { _ in
    var report = Report()
    var rows: [JSONValue] = []
    for (name, center, place, f) in taylorCases {
      let polynomial = Apus.taylor(f, at: center, order: 8)
      let value = f(Tensor(place, dtype: .float64)).item()
      let errors = (0...8).map { (polynomial.truncated(to: $0)(place) - value).magnitude }
      report.lines.append(
        "\(name.padded(10)) about \(center.fixed(0)): \(polynomial.coefficients.listed())")
      report.lines.append(
        "\("".padded(10)) errors at \(place.fixed(1)), orders 0 to 8: \(errors.listed(2))")
      rows.append([
        "function": .string(name), "center": .number(center), "coefficients": .numbers(polynomial.coefficients),
        "place": .number(place), "errors": .numbers(errors),
      ])
    }
    report.json["functions"] = .array(rows)
    return report
  }
}
