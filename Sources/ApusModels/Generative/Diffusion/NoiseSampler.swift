import ApusNN
import ApusTensor

/// How examples are made from noise.
public struct SamplingOptions: Hashable, Sendable {
  /// How a flow is followed.
  public enum Solver: String, Hashable, Sendable, CaseIterable {
    /// One look at the velocity a step.
    case euler
    /// Two, of which the mean counts: fewer steps are as exact.
    case heun
  }

  /// How many; nil for all of a diffusion's, with noise drawn anew at each (Ho et al. 2020), and for 50 of a flow.
  public var steps: Int?
  /// η of Song et al. 2021: how much noise is drawn anew at each of fewer steps.
  public var eta = 0.0
  /// The variance of that noise where all steps are taken.
  public var variance = DiffusionStep.Variance.posterior
  public var solver = Solver.euler
  /// w of classifier-free guidance (Ho & Salimans 2022), 0 for none.
  public var guidance = 0.0
  /// Where examples are known to lie: what a diffusion takes an example for is kept within.
  public var bounds: ClosedRange<Double>?

  public init(
    steps: Int? = nil, eta: Double = 0, variance: DiffusionStep.Variance = .posterior, solver: Solver = .euler,
    guidance: Double = 0, bounds: ClosedRange<Double>? = nil
  ) {
    (self.steps, self.eta, self.variance, self.solver) = (steps, eta, variance, solver)
    (self.guidance, self.bounds) = (guidance, bounds)
  }
}

/// Makes examples from noise, step by step; each kind of step is planned once.
///
/// ```swift
/// let sampler = NoiseSampler(model, .diffusion(.cosine()), SamplingOptions(steps: 50, guidance: 1))
/// let images = sampler(from: .normal([64, 28, 28, 1], key: &key), labels: labels, key: &key)
/// ```
public final class NoiseSampler {
  public let process: NoiseProcess
  public let options: SamplingOptions
  /// What the model says of examples `[batch, …]` at times `[batch]`.
  private let predict: (_ x: Tensor, _ time: Tensor, _ labels: Tensor?) -> Tensor
  private let state: [any Stateful]
  private lazy var step = compile(updating: state) { [unowned self] inputs in body(inputs) }

  /// With a model, of which the newest parameters count at each call.
  public convenience init(_ model: any NoisePredictor, _ process: NoiseProcess, _ options: SamplingOptions) {
    self.init(process, options, updating: [model]) { x, time, labels in
      model.guided(x, time: time, labels: labels, guidance: options.guidance)
    }
  }

  /// With a function that says what a model would.
  ///
  /// - Parameter state: What the function reads that may change between calls.
  public init(
    _ process: NoiseProcess, _ options: SamplingOptions, updating state: [any Stateful] = [],
    predict: @escaping (_ x: Tensor, _ time: Tensor, _ labels: Tensor?) -> Tensor
  ) {
    (self.process, self.options, self.state, self.predict) = (process, options, state, predict)
    if let steps = options.steps, case .diffusion(let schedule) = process, !(1...schedule.steps ~= steps) {
      fatalError("NoiseSampler: \(steps) steps of a diffusion that has \(schedule.steps)")
    }
  }

  /// Examples of the noise's shape.
  ///
  /// - Parameters:
  ///   - noise: Standard normal, `[batch, …]`.
  ///   - labels: The class of each example, `int32[batch]`, for a model that is told classes.
  ///   - key: Of the noise that is drawn anew.
  ///   - watch: Called after each step with how many are done and the examples as they are.
  public func callAsFunction(
    from noise: Tensor, labels: Tensor? = nil, key: inout RandomKey,
    watch: (_ done: Int, _ x: Tensor) -> Void = { _, _ in }
  ) -> Tensor {
    switch process {
    case .diffusion(let schedule):
      let steps = options.steps.map { schedule.implicitSteps($0, eta: options.eta) }
      return undo(steps ?? schedule.ancestralSteps(options.variance), noise, labels, &key, watch)
    case .rectifiedFlow: return flow(options.steps ?? 50, noise, labels, watch)
    }
  }

  /// How many steps are taken.
  public var stepCount: Int {
    if let steps = options.steps { return steps }
    if case .diffusion(let schedule) = process { return schedule.steps }
    return 50
  }

  private func body(_ inputs: [Tensor]) -> [Tensor] {
    // x, numbers, and where there are such labels and noise.
    let (x, numbers) = (inputs[0], inputs[1])
    let count = x.shape[0]
    func number(_ place: Int) -> Tensor { numbers[place] }
    func said(_ x: Tensor, at time: Tensor) -> Tensor {
      predict(x, time.broadcast(to: [count]), inputs.count > 3 ? inputs[3] : nil)
    }
    guard case .diffusion = process else {
      let velocity = said(x, at: number(0))
      let moved = x + velocity * number(2)
      if options.solver == .euler { return [moved] }
      return [x + (velocity + said(moved, at: number(1))) * (number(2) * 0.5)]
    }
    var example = (x - said(x, at: number(0)) * number(1)) / number(2)
    if let bounds = options.bounds { example = example.clamped(bounds.lowerBound, bounds.upperBound) }
    return [example * number(3) + x * number(4) + inputs[2] * number(5)]
  }

  private func undo(
    _ steps: [DiffusionStep], _ noise: Tensor, _ labels: Tensor?, _ key: inout RandomKey,
    _ watch: (Int, Tensor) -> Void
  ) -> Tensor {
    var x = noise
    let none = Tensor.zeros(like: noise)
    for (done, step) in steps.enumerated() {
      let numbers = [
        Double(step.time), step.noiseScale, step.signalScale, step.sampleWeight, step.stateWeight, step.deviation,
      ]
      let drawn = step.deviation > 0 ? Tensor.normal(noise.shape, key: &key) : none
      x = self.step([x, Tensor(numbers.map(Float.init)), drawn] + (labels.map { [$0] } ?? []))[0]
      watch(done + 1, x)
    }
    return x
  }

  private func flow(_ steps: Int, _ noise: Tensor, _ labels: Tensor?, _ watch: (Int, Tensor) -> Void) -> Tensor {
    var x = noise
    let none = Tensor(0)
    for done in 0..<steps {
      let (begin, end) = (Double(done) / Double(steps), Double(done + 1) / Double(steps))
      let scale = NoiseProcess.timeScale
      let numbers = [begin * scale, end * scale, end - begin].map(Float.init)
      x = step([x, Tensor(numbers), none] + (labels.map { [$0] } ?? []))[0]
      watch(done + 1, x)
    }
    return x
  }
}
