import Apus
import Testing

/// With examples that are normally distributed the best prediction is known: samplers must give back mean and variance.
@Suite struct NoiseSamplerTests {
  private static let (mean, deviation) = (0.7, 0.3)

  /// E[ε | x_t] where x_t = √ᾱ x + √(1 − ᾱ) ε.
  private static func exactNoise(_ schedule: NoiseSchedule) -> (Tensor, Tensor, Tensor?) -> Tensor {
    let alphas = Tensor(schedule.cumulativeAlphas.map(Float.init))
    return { x, time, _ in
      let alpha = alphas.take(time.cast(to: .int32), axis: 0).expandingAxis(1)
      let variance = alpha * (deviation * deviation) + (1 - alpha)
      return (1 - alpha).sqrt() * (x - alpha.sqrt() * mean) / variance
    }
  }

  /// E[x − ε | x_t] where x_t = t x + (1 − t) ε.
  private static func exactVelocity(_ x: Tensor, _ time: Tensor, _: Tensor?) -> Tensor {
    let t = time.expandingAxis(1) / 1000
    let rest = 1 - t
    let variance = t.squared() * (deviation * deviation) + rest.squared()
    let slope = (t * (deviation * deviation) - rest) / variance
    return (x - t * mean) * slope + mean
  }

  private static func moments(_ x: Tensor) -> (mean: Double, deviation: Double) {
    (x.mean().item(), x.standardDeviation().item())
  }

  @Test(arguments: NoiseSchedule.Kind.allCases)
  func ancestralSamplesHaveTheDatasMoments(_ kind: NoiseSchedule.Kind) {
    let schedule = NoiseSchedule(kind, steps: 400)
    for variance in [DiffusionStep.Variance.posterior, .beta] {
      var key = RandomKey(5)
      let sampler = NoiseSampler(
        .diffusion(schedule), SamplingOptions(variance: variance), predict: Self.exactNoise(schedule))
      #expect(sampler.stepCount == 400)
      let result = Self.moments(sampler(from: .normal([4000, 1], key: &key), key: &key))
      // The mean of 4,000 numbers of deviation 0.3 is off by 0.005.
      #expect(abs(result.mean - Self.mean) < 0.02 && abs(result.deviation - Self.deviation) < 0.02, "\(result)")
    }
  }

  /// Without noise on the way each number has its own place in the result: that of the same share of the distribution.
  @Test func implicitSamplesFollowTheFlow() {
    let schedule = NoiseSchedule.cosine()
    let last = schedule.cumulativeAlphas[999]
    let start = Tensor.linspace(-2, 2, steps: 9).expandingAxis(1)
    var key = RandomKey(0)
    func gap(_ steps: Int) -> Double {
      let sampler = NoiseSampler(
        .diffusion(schedule), SamplingOptions(steps: steps), predict: Self.exactNoise(schedule))
      let result = sampler(from: start, key: &key)
      let spread = (last * Self.deviation * Self.deviation + 1 - last).squareRoot()
      let exact = (start - last.squareRoot() * Self.mean) * (Self.deviation / spread) + Self.mean
      return (result - exact).abs().max().item()
    }
    let gaps = [10, 50, 1000].map(gap)
    #expect(gaps[2] < 2e-3 && gaps[1] < 0.05 && gaps[0] > gaps[1] && gaps[1] > gaps[2], "\(gaps)")
  }

  @Test func stochasticImplicitSamplesHaveTheDatasMoments() {
    let schedule = NoiseSchedule.linear()
    var key = RandomKey(7)
    let sampler = NoiseSampler(
      .diffusion(schedule), SamplingOptions(steps: 250, eta: 0.8), predict: Self.exactNoise(schedule))
    var watched: [Int] = []
    let result = sampler(from: .normal([4000, 1], key: &key), key: &key) { done, _ in watched.append(done) }
    let moments = Self.moments(result)
    #expect(abs(moments.mean - Self.mean) < 0.02 && abs(moments.deviation - Self.deviation) < 0.02, "\(moments)")
    #expect(watched == Array(1...250))
  }

  /// The flow's end is known too; Heun's method comes to it in order 2.
  @Test func flowsArriveAtTheData() {
    let start = Tensor.linspace(-2, 2, steps: 9, dtype: .float64).expandingAxis(1)
    let exact = start * Self.deviation + Self.mean
    var key = RandomKey(0)
    func gap(_ solver: SamplingOptions.Solver, _ steps: Int) -> Double {
      let options = SamplingOptions(steps: steps, solver: solver)
      let sampler = NoiseSampler(.rectifiedFlow, options, predict: Self.exactVelocity)
      return (sampler(from: start, key: &key) - exact).abs().max().item()
    }
    let (euler, heun) = ((gap(.euler, 50), gap(.euler, 100)), (gap(.heun, 50), gap(.heun, 100)))
    #expect(1.7...2.3 ~= euler.0 / euler.1, "\(euler)")
    #expect(3.2...5 ~= heun.0 / heun.1, "\(heun)")
    #expect(heun.1 < euler.1 / 20, "\(heun) \(euler)")
  }

  /// What the model takes an example for is kept within the bounds.
  @Test func boundsAreKept() {
    var key = RandomKey(1)
    let sampler = NoiseSampler(
      .diffusion(.cosine(steps: 20)), SamplingOptions(steps: 20, bounds: -1...1)
    ) { x, _, _ in x * 0 + 3 }
    let result = sampler(from: .normal([8, 2], key: &key), key: &key)
    #expect(result.abs().max().item() <= 1)
  }

  /// (1 + w) ε(x, c) − w ε(x), of a model that answers with its class.
  @Test func guidanceLeadsAwayFromTheUntold() {
    final class Oracle: Module, NoisePredictor, ParameterFree {
      var classes: Int { 3 }
      func callAsFunction(_ x: Tensor, time: Tensor, labels: Tensor?) -> Tensor {
        x * 0 + labels!.cast(to: .float32).expandingAxis(1) + time.expandingAxis(1)
      }
    }
    let labels = Tensor([0, 2] as [Int32])
    let said = Oracle().guided(.zeros([2, 1]), time: Tensor([0, 10] as [Float]), labels: labels, guidance: 2)
    // 3 · 0 − 2 · 3, and 3 · 12 − 2 · 13.
    #expect(said.doubles() == [-6, 10])
    let plain = Oracle().guided(.zeros([2, 1]), time: Tensor([0, 10] as [Float]), labels: labels, guidance: 0)
    #expect(plain.doubles() == [0, 12])
  }

  /// The sampler goes with the model's newest parameters, and with their averages where they stand in their place.
  @Test func modelsLearnPointsOfThePlane() throws {
    for process in [NoiseProcess.diffusion(.cosine(steps: 200)), .rectifiedFlow] {
      var key = RandomKey(2)
      let model = PointPredictor(hidden: 64, key: &key)
      let average = WeightAverage(model, .warming(decay: 0.99))
      let task = TrainingTask.denoising(
        model, process, Adam(model, learningRate: 3e-3), average: average, seed: 4)
      let sampler = NoiseSampler(model, process, SamplingOptions(steps: 40, bounds: -3...3))
      let noise = Tensor.normal([512, 2], key: &key)
      let target = PlaneDistribution.twoMoons.points(512, seed: 9)
      func distance() -> Double { energyDistance(sampler(from: noise, key: &key), target).item() }
      let before = distance()
      let data = PlanePoints(.twoMoons, batchSize: 128, batchCount: 400, seed: 2)
      try Trainer(task, data: data, options: TrainerOptions(epochs: 1)).run()
      let after = average.with { distance() }
      #expect(after < before / 2 && after < 0.05, "\(before) \(after)")
    }
  }
}
