import Apus
import ApusDrawing

extension FigureRecipe {
  /// Where an L2 penalty moves the best weights of a quadratic loss (Goodfellow, Bengio & Courville 2016, figure 7.1).
  static let weightDecay = FigureRecipe(
    name: "l2", summary: "an L2 penalty moves the best weights w* to w̃, most where the loss is flat"
  ) { _ in
    // L(w) = ½ (w − w*)ᵀ diag(λ) (w − w*); with the penalty ½ α |w|² each weight is λᵢ / (λᵢ + α) of its best.
    let (best, curvatures) = (Point(2, 1.4), (x: 0.25, y: 2.5))
    func shrunk(_ alpha: Double) -> Point {
      Point(best.x * curvatures.x / (curvatures.x + alpha), best.y * curvatures.y / (curvatures.y + alpha))
    }
    let alpha = 0.5
    let tilde = shrunk(alpha)
    let grid = Grid(x: -0.6...3.6, y: -0.6...2.4, columns: 130, rows: 100) { x, y in
      0.5 * (curvatures.x * (x - best.x) * (x - best.x) + curvatures.y * (y - best.y) * (y - best.y))
    }
    let norms = Grid(x: -0.6...3.6, y: -0.6...2.4, columns: 130, rows: 100) { x, y in (x * x + y * y).squareRoot() }
    func loss(_ w: Point) -> Double {
      0.5 * (curvatures.x * (w.x - best.x) * (w.x - best.x) + curvatures.y * (w.y - best.y) * (w.y - best.y))
    }
    let radius = (tilde.x * tilde.x + tilde.y * tilde.y).squareRoot()
    let path = (0...100).map { shrunk(Double($0 * $0) / 500) }
    return Figure(
      "Weight decay: from w* to w̃",
      note: "Each weight becomes λᵢ / (λᵢ + α) of its best value: here λ = 0.25 along w₁, "
        + "2.5 along w₂ and α = 0.5, so that w₁ keeps a third and w₂ five sixths.", size: (860, 600),
      facts: [("alpha", alpha), ("w1_kept", tilde.x / best.x), ("w2_kept", tilde.y / best.y)],
      [
        Plot(
          x: Axis("w₁", domain: -0.6...3.6), y: Axis("w₂", domain: -0.6...2.4), legend: .outside, hasEqualUnits: true,
          [
            Contours(
              grid, levels: [0.02, 0.1, loss(tilde), 0.6, 1.2, 2.2], name: "loss",
              style: Style(Color.palette[0], width: 1.4)),
            Contours(
              norms, levels: [radius * 0.5, radius, radius * 1.5], name: "penalty |w|²",
              style: Style(Color.palette[4], width: 1.4, dash: .long)),
            Line(path, name: "w̃ for α from 0", style: Style(Color.palette[2], width: 2.2, dash: .short)),
            Arrows([(best, tilde)], style: Style(.ink, width: 1.6)),
            Scatter([best, tilde, Point(0, 0)], style: Style(.ink), radius: 4.5),
            Labels([(best, "w*"), (tilde, "w̃"), (Point(0, 0), "0")], size: 15),
          ])
      ])
  }

  static let biasVariance = FigureRecipe(
    name: "bias-variance", summary: "bias and variance of polynomials on a noisy sine, training and test error"
  ) { options in
    var key = RandomKey(options.seed)
    let toy = SineToy()
    let results = toy.polynomials(degrees: Array(0...14), trainingSets: 300, key: &key)
    let degrees = results.map { Double($0.degree) }
    func line(_ name: String, _ number: Int, _ value: (SineToy.Complexity) -> Double) -> Line {
      Line(degrees, results.map(value), name: name, style: .series(number), markers: .all)
    }
    let axis = Axis("degree of the polynomial")
    let parts = Plot(
      "The expected error taken apart", x: axis, y: Axis("squared error", .logarithmic), legend: .outside,
      [
        line("bias²", 0) { $0.decomposition.squaredBias }, line("variance", 1) { $0.decomposition.variance },
        Rule(.horizontal(toy.noiseDeviation * toy.noiseDeviation), name: "noise σ²"),
        line("sum", 2) { $0.decomposition.sum }, line("measured", 3) { $0.decomposition.measuredError },
      ])
    let errors = Plot(
      "Training and test error", x: axis, y: Axis("squared error", .logarithmic), legend: .outside,
      [line("training", 0) { $0.trainingError }, line("test", 4) { $0.decomposition.measuredError }])
    return Figure(
      "Bias and variance: too simple, right, too complex", columns: 2,
      note: "300 training sets of 25 points of sin(πx) with noise of deviation 0.3. E(y − f̂)² = bias² + variance + σ² "
        + "(Geman, Bienenstock & Doursat 1992).",
      size: (1180, 840),
      [fits(1, toy, options.seed), fits(13, toy, options.seed), parts, errors])
  }

  /// What polynomials of one degree make of several training sets.
  private static func fits(_ degree: Int, _ toy: SineToy, _ seed: UInt64) -> Plot {
    var key = RandomKey(seed)
    let places = (0...160).map { -0.96 + 1.92 * Double($0) / 160 }
    let fits = (0..<40).map { _ -> [Double] in
      let set = toy.sample(key: &key)
      return places.map(PolynomialFit(degree: degree, set.places, set.values).callAsFunction)
    }
    let mean = places.indices.map { place in fits.reduce(0) { $0 + $1[place] } / Double(fits.count) }
    let pale = Style(Color(0xB8CCDD), width: 0.8)
    return Plot(
      "Degree \(degree): \(degree < 3 ? "bias" : "variance")", x: Axis("x"), y: Axis("f̂(x)", domain: -2.2...2.2),
      legend: .outside,
      fits.prefix(20).enumerated().map { Line(places, $0.element, name: "single fits", style: pale) as any Mark } + [
        Line(places, toy.truth(at: places), name: "truth", style: Style(.ink, width: 2)),
        Line(places, mean, name: "mean of 40 fits", style: Style(Color.palette[4], width: 2.4, dash: .long)),
      ])
  }

  static let earlyStopping = FigureRecipe(
    name: "early-stopping", summary: "training and validation loss of a network, and where patience ends"
  ) { options in
    var key = RandomKey(options.seed)
    let run = EarlyStoppingRun(key: &key)
    let epochs = run.trainingLosses.indices.map { Double($0 + 1) }
    let (best, end) = (Double(run.bestEpoch + 1), Double(run.stoppingEpoch + 1))
    return Figure(
      "Early stopping with patience \(run.patience)",
      note: "A network of two hidden layers on 15 noisy points. Training would end at the second rule; the parameters "
        + "of the first are given back.", size: (900, 540),
      facts: [("best_epoch", best), ("stopping_epoch", end), ("restored_loss", run.restoredLoss)],
      [
        Plot(
          x: Axis("epoch"), y: Axis("mean squared error", .logarithmic), legend: .outside,
          [
            Line(epochs, run.trainingLosses, name: "training", style: .series(0)),
            Line(epochs, run.validationLosses, name: "validation", style: .series(4)),
            Rule(
              .vertical(best), name: "best: epoch \(run.bestEpoch + 1)", style: Style(.ink, width: 1.5, dash: .long)),
            Rule(
              .vertical(end), name: "stop: epoch \(run.stoppingEpoch + 1)", style: Style(.ink, width: 1.5, dash: .short)
            ),
            Scatter(
              [Point(best, run.restoredLoss)], style: Style(Color.palette[4], marker: .circle), radius: 5),
          ])
      ])
  }

  /// Networks that dropout thins (Srivastava et al. 2014, figure 1).
  static let dropout = FigureRecipe(
    name: "dropout", summary: "a network and three that dropout leaves of it"
  ) { options in
    var key = RandomKey(options.seed)
    let sizes = [5, 6, 6, 2]
    // As in the paper: half of the hidden units and a fifth of the inputs.
    let probabilities = [0.2, 0.5, 0.5, 0]
    func panel(_ title: String, isThinned: Bool) -> Diagram {
      var nodes: [Diagram.Node] = []
      var layers: [Range<Int>] = []
      for (layer, size) in sizes.enumerated() {
        var keeps = [Double](repeating: 1, count: size)
        // A layer without a unit would say nothing.
        while isThinned, probabilities[layer] > 0 {
          keeps = Tensor.bernoulli([size], probability: 1 - probabilities[layer], key: &key).doubles()
          if keeps.contains(1) { break }
        }
        layers.append(nodes.count..<(nodes.count + size))
        for unit in 0..<size {
          nodes.append(
            Diagram.Node(
              Point(Double(unit) - Double(size - 1) / 2, -Double(layer)), "", fill: Color(0xCFE5F5),
              isDropped: keeps[unit] == 0))
        }
      }
      let edges = zip(layers, layers.dropFirst()).flatMap { from, to in
        from.flatMap { a in to.map { (a, $0) } }
      }.filter { !nodes[$0.0].isDropped && !nodes[$0.1].isDropped }
        .map { Diagram.Edge($0.0, $0.1, width: 0.9, hasArrow: false) }
      let kept = nodes.count { !$0.isDropped }
      return Diagram(
        isThinned ? "\(title): \(kept) of \(nodes.count) units" : title, nodes: nodes, edges: edges, radius: 15)
    }
    return Figure(
      "Dropout: each mini-batch trains another thinned network", columns: 2,
      note:
        "Inputs are dropped with a probability of 0.2, hidden units of 0.5; weights of a dropped unit get no gradient "
        + "in that step. The input is at the bottom.", size: (1000, 800),
      [
        panel("The whole network", isThinned: false), panel("Mini-batch 1", isThinned: true),
        panel("Mini-batch 2", isThinned: true), panel("Mini-batch 3", isThinned: true),
      ])
  }
}
