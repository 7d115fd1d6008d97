import Apus
import Testing

/// Schedules, steps and networks of diffusions, beside PyTorch and closed forms.
@Suite struct DiffusionTests {
  /// Tables and single steps in double precision, of the published code.
  @Test(arguments: try! GenerativeFixture.cases("schedule"))
  func schedulesAndStepsArePyTorchs(_ expected: JSONValue) throws {
    let schedule = NoiseSchedule(try #require(NoiseSchedule.Kind(rawValue: expected["schedule"]?.string ?? "")))
    let places = expected.numbers("steps").map { Int($0) }
    func gap(_ ours: (Int) -> Double, _ name: String) -> Double {
      zip(places, expected.numbers(name)).map { abs(ours($0) / $1 - 1) }.filter { !$0.isNaN }.max() ?? .infinity
    }
    #expect(gap({ schedule.betas[$0] }, "betas") < 1e-9)
    #expect(gap({ schedule.cumulativeAlphas[$0] }, "alphas") < 1e-9)
    #expect(gap({ schedule.posterior(at: $0).variance }, "variance") < 1e-8)
    #expect(gap({ schedule.posterior(at: $0).sample }, "sample") < 1e-8)
    #expect(gap({ schedule.posterior(at: $0).state }, "state") < 1e-8)
    #expect(schedule.posterior(at: 0).variance == 0)

    let (x, noise) = (hashedTensor([8, 3], 80, 0, 1), hashedTensor([8, 3], 81, 0, 2))
    let noised = schedule.noised(x, noise, at: Tensor(places.map { Int32($0) }))
    #expect(largestGap(noised.doubles(), expected.numbers("noised")) < 1e-6)
    let (predicted, drawn) = (hashedTensor([8, 3], 82, 0, 1).rows, hashedTensor([8, 3], 83, 0, 1).rows)
    let states = expected.numbers("noised")
    func undone(_ steps: [DiffusionStep]) -> [Double] {
      places.enumerated().flatMap { row, time -> [Double] in
        let step = steps[schedule.steps - 1 - time]
        return (0..<3).map { column in
          let state = states[3 * row + column]
          let sample = (state - step.noiseScale * predicted[row][column]) / step.signalScale
          return step.sampleWeight * min(1, max(-1, sample)) + step.stateWeight * state
            + step.deviation * drawn[row][column]
        }
      }
    }
    #expect(largestGap(undone(schedule.ancestralSteps()), expected.numbers("ddpm")) < 1e-7)
    let eta = try #require(expected["eta"]?.double)
    #expect(largestGap(undone(schedule.implicitSteps(schedule.steps, eta: eta)), expected.numbers("ddim")) < 1e-7)
  }

  /// With η = 1 over all steps, Song's steps are Ho's.
  @Test func implicitStepsWithAllNoiseAreAncestral() {
    let schedule = NoiseSchedule.cosine(steps: 60)
    for (ours, theirs) in zip(schedule.implicitSteps(60, eta: 1), schedule.ancestralSteps()) {
      #expect(ours.time == theirs.time)
      let gaps = [
        ours.sampleWeight - theirs.sampleWeight, ours.stateWeight - theirs.stateWeight,
        ours.deviation - theirs.deviation,
      ]
      #expect(gaps.allSatisfy { abs($0) < 1e-9 }, "\(ours.time): \(gaps)")
    }
    #expect(schedule.implicitSteps(4).map(\.time) == [59, 39, 20, 0])
    // What is left of an example after all of the paper's steps.
    #expect(abs(NoiseSchedule.linear().cumulativeAlphas[999] - 4.0358e-5) < 1e-9)
  }

  @Test(arguments: try! GenerativeFixture.cases("unet"))
  func diffusionUNetIsPyTorchs(_ expected: JSONValue) throws {
    let size = try #require(expected["size"])
    func number(_ name: String) -> Int { size[name]?.int ?? 0 }
    var key = RandomKey(0)
    let model = DiffusionUNet(
      .init(
        channels: 2, width: number("width"), multipliers: size.numbers("multipliers").map { Int($0) },
        blocks: number("blocks"), attentionLevels: Set(size.numbers("attention").map { Int($0) }),
        headDim: size["head_dim"]?.int, groups: number("groups"), dropout: 0, classes: number("classes")), key: &key)
    let labels = number("classes") > 0 ? Tensor([2, 0, 3] as [Int32]) : nil
    let (x, target) = (GenerativeFixture.images(90, 3, 2, 8, 8), GenerativeFixture.images(91, 3, 2, 8, 8))
    let time = Tensor([0, 17, 999] as [Float])
    // Branches begin as nothing, so that a new model says 0.
    #expect(model(x, time: time, labels: labels).abs().max().item() == 0)
    try GenerativeFixture.fill(model)
    let output = model(x, time: time, labels: labels)
    #expect(largestGap(output.doubles(), expected.numbers("output")) < 2e-4)
    func loss(_ x: Tensor) -> Tensor { meanSquaredError(model(x, time: time, labels: labels), target) }
    let (value, gradients) = valueAndGrad(model) { loss(x) }
    #expect(abs(value.item() - (try #require(expected["loss"]?.double))) < 1e-4)
    for (entry, gradient) in zip(model.parameters, gradients) {
      let norm = try #require(expected["norms"]?[entry.path]?.double, "\(entry.path)")
      #expect(abs(gradient.norm().item() - norm) < 2e-3 * norm + 1e-5, "\(entry.path)")
    }
    #expect(expected["norms"]?.object?.count == gradients.count)
    #expect(largestGap(grad(loss)(x).doubles(), expected.numbers("input")) < 1e-4)
  }

  @Test func wrongSizesAreToldInOneLine() {
    var key = RandomKey(0)
    let model = DiffusionUNet(.small28(classes: 3), key: &key)
    let time = Tensor([0] as [Float])
    #expect(throws: (any Error).self) {
      try checked { model(.zeros([1, 30, 28, 1]), time: time, labels: Tensor([0])) }
    }
    #expect(throws: (any Error).self) { try checked { model(.zeros([1, 28, 28, 1]), time: time, labels: nil) } }
    #expect(throws: (any Error).self) { try checked { sinusoidalTimes(.zeros([2, 1]), features: 8) } }
    #expect(throws: (any Error).self) {
      try checked { NoiseSchedule.linear().noised(.zeros([2, 3]), .zeros([2, 3]), at: Tensor([1])) }
    }
  }
}

extension Tensor {
  /// The rows of a matrix.
  fileprivate var rows: [[Double]] {
    let (values, width) = (doubles(), shape[1])
    return (0..<shape[0]).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}
