import Apus
import ApusDrawing

extension FigureRecipe {
  /// Optimizers that are drawn: one line each. The rate is the surface's for methods whose steps are as long as the
  /// gradient, or that for those that divide by its size.
  static let optimizerTable:
    [(name: String, isAdaptive: Bool, make: @Sendable (_ place: Module, _ learningRate: Double) -> Optimizer)] = [
      ("SGD", false, { SGD($0, learningRate: $1) }),
      ("momentum", false, { SGD($0, learningRate: $1, momentum: 0.9) }),
      ("Nesterov", false, { SGD($0, learningRate: $1, momentum: 0.9, nesterov: true) }),
      ("AdaGrad", true, { AdaGrad($0, learningRate: $1) }),
      ("RMSProp", true, { RMSProp($0, learningRate: $1) }),
      // Its step needs no rate, only a start (Zeiler 2012).
      ("AdaDelta", true, { place, _ in AdaDelta(place, learningRate: 1) }),
      ("Adam", true, { Adam($0, learningRate: $1) }),
    ]

  /// What a surface is called after the figure's name.
  private static func word(_ surface: LossSurface) -> String { surface.name.lowercased() }

  static let optimizers = FigureRecipe(
    name: "optimizers", summary: "paths of optimizers on surfaces of two parameters, animated",
    subject: .choice(LossSurface.all.map(word))
  ) { options in
    let chosen = LossSurface.all.filter { options.subject == nil || word($0) == options.subject }
    let panels = chosen.map { optimizerPanel($0, steps: 200, hasLegend: chosen.count == 1) }
    let note =
      "200 steps from one start, momentum 0.9. On each surface the methods that step by the gradient share one learning "
      + "rate, those that divide by its size another, and AdaDelta needs none. Which is quickest depends on the surface."
    if chosen.count == 1 {
      return Figure("Optimizers on a surface", note: note, size: (860, 600), panels)
    }
    return Figure(
      "Optimizers on five surfaces", columns: 3, note: note, size: (1320, 860), panels + [distances(chosen, steps: 200)]
    )
  }

  /// Contours at equal ratios above the least value.
  private static func optimizerPanel(_ surface: LossSurface, steps: Int, hasLegend: Bool) -> Plot {
    let (columns, rows) = (90, 80)
    let xs = centers(surface.domain.x, columns)
    let ys = centers(surface.domain.y, rows)
    let grid = meshGrid([Tensor(xs, dtype: .float64), Tensor(ys, dtype: .float64)], indexing: .xy)
    let flat = surface(grid[0], grid[1]).doubles()
    let values = Grid(
      (0..<rows).map { Array(flat[($0 * columns)..<(($0 + 1) * columns)]) }, x: surface.domain.x, y: surface.domain.y)
    let low = values.range.lowerBound
    let span = values.range.upperBound - low
    let heights = Grid(values.values.map { $0.map { ($0 - low) / span } }, x: values.x, y: values.y)
    // Twelve levels, each √3 times as high as the one before.
    let levels = (0..<12).map { index in (0..<index).reduce(1.0) { ratio, _ in ratio / 3.0.squareRoot() } * 0.7 }
    var marks: [any Mark] = [
      HeatMap(
        // In steps, so that neighbours are one rectangle of the file.
        Grid(heights.values.map { $0.map(shade) }, x: values.x, y: values.y),
        colors: ColorMap([Color(0xFFFFFF), Color(0xEEF1F4), Color(0xD8DFE6)]), domain: 0...1, hasColorBar: false),
      Contours(heights, levels: levels, style: Style(Color(0x9AA7B3), width: 0.7)),
    ]
    for (number, optimizer) in optimizerTable.enumerated() {
      let rate = optimizer.isAdaptive ? surface.learningRates.adaptive : surface.learningRates.gradient
      let path = surface.path(steps: steps) { optimizer.make($0, rate) }
      marks.append(
        Line(
          path.map { Point($0.x, $0.y) }, name: optimizer.name, style: .series(number), markers: .some(9), seconds: 10))
    }
    if let minimum = surface.minimum {
      marks.append(
        Scatter([Point(minimum.x, minimum.y)], name: "minimum", style: Style(.ink, marker: .plus), radius: 7))
    }
    marks.append(
      Scatter([Point(surface.start.x, surface.start.y)], name: "start", style: Style(.ink, marker: .square), radius: 5))
    return Plot(
      hasLegend ? "\(surface.name): \(surface.formula)" : surface.name,
      x: Axis("x", domain: surface.domain.x, hasGrid: false),
      y: Axis("y", domain: surface.domain.y, hasGrid: false), legend: hasLegend ? .outside : .none, marks)
  }

  /// Fourth roots show what is low; sixteen shades of them.
  private static func shade(_ height: Double) -> Double { (height.squareRoot().squareRoot() * 16).rounded() / 16 }

  private static func centers(_ range: ClosedRange<Double>, _ count: Int) -> [Double] {
    (0..<count).map { range.lowerBound + (range.upperBound - range.lowerBound) * (Double($0) + 0.5) / Double(count) }
  }

  /// How far each is from the minimum of the valley, step by step; its legend is that of all panels.
  private static func distances(_ surfaces: [LossSurface], steps: Int) -> Plot {
    let surface = LossSurface.valley
    let lines = optimizerTable.enumerated().map { number, optimizer in
      let rate = optimizer.isAdaptive ? surface.learningRates.adaptive : surface.learningRates.gradient
      let values = surface.path(steps: steps) { optimizer.make($0, rate) }.map { max(surface.value($0.x, $0.y), 1e-12) }
      return Line(
        values.indices.map(Double.init), values, name: optimizer.name, style: .series(number))
    }
    return Plot(
      "The valley's loss", x: Axis("step"), y: Axis("loss", .logarithmic), legend: .outside, lines)
  }
}
