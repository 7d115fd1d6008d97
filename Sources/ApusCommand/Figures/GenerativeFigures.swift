import Apus
import ApusDrawing

extension FigureRecipe {
  /// What adversaries make of noise as they learn eight Gaussians.
  static let ganModes = FigureRecipe(
    name: "gan-modes", summary: "adversaries that learn eight Gaussians, some of them lost (a minute)"
  ) { options in
    let ring = PlaneDistribution.eightGaussians
    let steps = 2000
    let shown = [0, steps / 10, steps / 2, steps]
    var panels: [any Panel] = []
    var facts: [(name: String, value: Double)] = []
    for (name, objective, rate) in PlaneModels.adversaries {
      try PlaneModels.trainAdversaries(objective, learningRate: rate, steps: steps, seed: options.seed) {
        step, points in
        guard shown.contains(step) else { return }
        let coverage = ModeCoverage(points, modes: ring.modes, deviation: ring.deviation)
        panels.append(
          plane("\(name), step \(step)", points[..<400], over: 3, behind: ring.points(300, seed: options.seed)))
        if step == steps {
          facts.append(("\(name): modes", Double(coverage.covered)))
          facts.append(("\(name): near a mode", coverage.quality))
        }
      }
    }
    return Figure(
      "Adversaries and eight Gaussians", columns: shown.count,
      note: "Blue what is generated, gray the data. A generator that is good at a few Gaussians alone has lost modes.",
      size: (1120, 900), facts: facts, panels)
  }

  /// Points on their way to noise and back.
  static let planeDiffusion = FigureRecipe(
    name: "diffusion-2d", summary: "points of a swiss roll on their way to noise, and back by a diffusion and by a flow"
  ) { options in
    let distribution = PlaneDistribution.swissRoll
    let schedule = NoiseSchedule.cosine(steps: 200)
    var key = RandomKey(options.seed)
    let data = distribution.points(500, seed: options.seed)
    let times = [0, 25, 60, 110, 199]
    let drawn = Tensor.normal([500, 2], key: &key)
    var panels: [any Panel] = times.map { time in
      let steps = Tensor([Int32](repeating: Int32(time), count: 500))
      return plane("to noise: t = \(time)", schedule.noised(data, drawn, at: steps), over: 3.2)
    }
    let noise = Tensor.normal([500, 2], key: &key)
    for (name, process) in PlaneModels.processes {
      let model = try PlaneModels.trainPredictor(distribution, process, steps: 2000, seed: options.seed)
      let count = 20
      let shown = [0, count / 4, count / 2, 3 * count / 4, count]
      panels.append(plane("\(name): noise", noise, over: 3.2))
      let sampler = NoiseSampler(model, process, SamplingOptions(steps: count, bounds: -3...3))
      _ = sampler(from: noise, key: &key) { done, points in
        if shown.contains(done) { panels.append(plane("\(name): step \(done) of \(count)", points, over: 3.2)) }
      }
    }
    return Figure(
      "Noise and back", columns: times.count,
      note:
        "Above each point gets more noise; below what a network has learned of that takes it away again, by DDIM and along "
        + "the straight paths of a rectified flow, 20 steps each.", size: (1200, 780), panels)
  }

  /// A square of the plane with points.
  private static func plane(_ title: String, _ points: Tensor, over side: Double, behind data: Tensor? = nil) -> Plot {
    func places(_ points: Tensor) -> [Point] {
      let values = points.doubles()
      return stride(from: 0, to: values.count, by: 2).map { Point(values[$0], values[$0 + 1]) }
        .filter { abs($0.x) < side && abs($0.y) < side }
    }
    var marks: [any Mark] = []
    if let data { marks.append(Scatter(places(data), style: Style(.muted), radius: 1, opacity: 0.5)) }
    marks.append(Scatter(places(points), style: .series(0), radius: 1.2, opacity: 0.6))
    return Plot(
      title, x: Axis(domain: -side...side, ticks: .none), y: Axis(domain: -side...side, ticks: .none), legend: .none,
      hasEqualUnits: true, marks)
  }
}
