import Apus
import ApusFiles

extension Experiment {
  /// Which of eight modes adversaries find.
  static let ganModes = Experiment(
    name: "gan-modes", summary: "adversaries on eight Gaussians: how many of them are found, by three losses (minutes)"
  ) { seed in
    var report = Report()
    let (ring, steps) = (PlaneDistribution.eightGaussians, 3000)
    report.lines.append(
      "eight Gaussians on a circle; samples within three deviations of one, and Gaussians with a fifth of their share or more"
    )
    var results: [JSONValue] = []
    for (name, objective, rate) in PlaneModels.adversaries {
      var covered: [Int] = []
      var last: ModeCoverage?
      var points = Tensor.zeros([1, 2])
      try PlaneModels.trainAdversaries(objective, learningRate: rate, steps: steps, seed: seed) { _, made in
        let coverage = ModeCoverage(made, modes: ring.modes, deviation: ring.deviation)
        covered.append(coverage.covered)
        (last, points) = (coverage, made)
      }
      guard let last else { continue }
      let distance = energyDistance(points, ring.points(2000, seed: ~seed)).item()
      report.lines.append(
        "\(name.padded(11)) \(last.covered) of 8, \(last.quality.percent(1)) of the samples near one, energy distance "
          + "\(distance.significant(2)); over training \(covered.map(String.init).joined(separator: " "))")
      results.append([
        "name": .string(name), "covered": .integer(last.covered), "near": .number(last.quality),
        "energy_distance": .number(distance), "covered_over_training": .integers(covered),
        "counts": .integers(last.counts),
      ])
    }
    report.json["steps"] = .integer(steps)
    report.json["adversaries"] = .array(results)
    return report
  }

  /// How many steps diffusions and flows need.
  static let planeDiffusion = Experiment(
    name: "diffusion-2d",
    summary: "a diffusion and a rectified flow on points of the plane: the error by the number of steps"
  ) { seed in
    var report = Report()
    let counts = [1, 2, 5, 10, 50, 200]
    let samples = 2000
    var results: [JSONValue] = []
    for distribution in [PlaneDistribution.swissRoll, .twoMoons] {
      let target = distribution.points(samples, seed: ~seed)
      let floor = energyDistance(distribution.points(samples, seed: ~seed &- 1), target).item()
      report.lines.append(
        "\(distribution.rawValue): energy distance of \(samples) samples; of the points themselves \(floor.significant(2))"
      )
      report.lines.append("  \("steps".padded(22))" + counts.map { "\($0)".leftPadded(10) }.joined())
      for (name, process) in PlaneModels.processes {
        let model = try PlaneModels.trainPredictor(distribution, process, steps: 3000, seed: seed)
        for solver in process == .rectifiedFlow ? SamplingOptions.Solver.allCases : [.euler] {
          let distances = counts.map { count -> Double in
            var key = RandomKey(seed)
            let noise = Tensor.normal([samples, 2], key: &key)
            let sampler = NoiseSampler(model, process, SamplingOptions(steps: count, solver: solver, bounds: -3...3))
            return energyDistance(sampler(from: noise, key: &key), target).item()
          }
          let title = process == .rectifiedFlow ? "\(name), \(solver.rawValue)" : "\(name), DDIM"
          report.lines.append(
            "  \(title.padded(22))" + distances.map { $0.significant(2).leftPadded(10) }.joined())
          results.append([
            "distribution": .string(distribution.rawValue), "process": .string(title), "steps": .integers(counts),
            "energy_distances": .numbers(distances), "floor": .number(floor),
          ])
        }
      }
    }
    report.json["results"] = .array(results)
    return report
  }
}
