import Apus
import Testing

/// What the methods are known for.
@Suite struct ConvergenceTests {
  /// Steps until a loss is below a bound; nil after two thousand.
  private static func steps(to bound: Double, _ model: Vectors, _ optimizer: Optimizer, _ loss: (Tensor) -> Tensor)
    -> Int?
  {
    for step in 1...2000 {
      let (value, gradients) = Surface.evaluated(model, loss)
      if value.item() < bound { return step }
      optimizer.take(gradients)
    }
    return nil
  }

  /// Looking ahead dampens the swings across the valley (Nesterov 1983).
  @Test func nesterovNeedsFewerStepsThanMomentumInAValley() throws {
    func count(nesterov: Bool) throws -> Int {
      let model = Vectors([1, 10])
      let optimizer = SGD(model, learningRate: 0.009, momentum: 0.95, nesterov: nesterov)
      return try #require(Self.steps(to: 1e-6, model, optimizer, Surface.valley))
    }
    let (ahead, plain) = (try count(nesterov: true), try count(nesterov: false))
    #expect(ahead < plain, "Nesterov \(ahead), momentum \(plain)")
  }

  /// A feature that is there in one example of fifty, among large ones that bound the rate of plain descent: its steps
  /// stay long (Duchi et al. 2011).
  @Test func adaGradLearnsRareFeatures() throws {
    func error(_ make: (Vectors) -> Optimizer) -> Double {
      let model = Vectors([0, 0])
      let optimizer = make(model)
      for step in 0..<1000 {
        // The target is 1 for either feature.
        let features = Tensor(step % 50 == 0 ? [0.0, 1.0] : [5.0, 0.0], dtype: .float64)
        let (_, gradients) = valueAndGrad(model) { ((model.first * features).sum() - 1).squared() }
        optimizer.take(gradients)
      }
      return abs(model.first[1].item() - 1)
    }
    let (adaptive, plain) = (error { AdaGrad($0, learningRate: 0.5) }, error { SGD($0, learningRate: 0.03) })
    #expect(adaptive < 0.1 * plain, "AdaGrad \(adaptive), SGD \(plain)")
  }

  @Test(arguments: [LineSearch.Method.backtracking(), .grid([1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1])])
  func lineSearchLowersTheLossAtEveryStep(_ method: LineSearch.Method) {
    let model = Vectors([-1.2, 1])
    let optimizer = LineSearch(model, method)
    var last = Double.infinity
    for step in 1...200 {
      let loss = optimizer.step { Surface.evaluated(model, Surface.rosenbrock) }
      #expect(loss <= last, "step \(step): \(loss) after \(last)")
      last = loss
    }
    #expect(last < 4, "from 24.2, steepest descent got to \(last)")
    #expect(optimizer.evaluationCount > 400)
  }

  /// Armijo's condition holds at the rate that was found, and not at the one before.
  @Test func backtrackingTakesTheFirstRateThatWillDo() {
    let model = Vectors([1, 1])
    let optimizer = LineSearch(model, .backtracking(first: 1, shrink: 0.5, slope: 1e-4))
    optimizer.step { Surface.evaluated(model, Surface.valley) }
    // f(w − t·g) for f = 50x² + y²/2 and g = (100, 1).
    func loss(_ t: Double) -> Double { 50 * (1 - 100 * t) * (1 - 100 * t) + 0.5 * (1 - t) * (1 - t) }
    let rate = optimizer.learningRate
    #expect(loss(rate) <= 50.5 - 1e-4 * rate * 10001)
    #expect(loss(2 * rate) > 50.5 - 1e-4 * 2 * rate * 10001)
    #expect(rate == 0.015625)
  }

  /// Of plain descent the L2 penalty and decoupled decay are one; Adam scales the penalty away.
  @Test func decayIsThePenaltyForSGDAndNotForAdam() {
    func run(_ make: (Vectors) -> Optimizer) -> [Double] {
      let model = Vectors(Problem.start)
      let optimizer = make(model)
      for _ in 0..<50 { optimizer.take([Problem.gradient(model.first)]) }
      return model.first.doubles()
    }
    func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { abs($0 - $1) }.max()! }
    let penalty = run { SGD($0, learningRate: 0.05, weightDecay: 0.1) }
    let decay = run { SGD($0, learningRate: 0.05, weightDecay: 0.1, decoupledWeightDecay: true) }
    #expect(distance(penalty, decay) < 1e-12)
    let adam = run { Adam($0, learningRate: 0.05, weightDecay: 0.1) }
    let adamW = run { AdamW($0, learningRate: 0.05, weightDecay: 0.1) }
    #expect(distance(adam, adamW) > 1e-2)
  }

  /// A batch of everything, of some and of one: so many steps an epoch.
  @Test func stepsPerEpochFollowTheBatchSize() {
    let (x, y) = (Tensor.linspace(-1, 1, steps: 12), Tensor.linspace(-1, 1, steps: 12) * 2 + 1)
    for (size, count) in [(12, 1), (4, 3), (1, 12)] {
      let model = Vectors(Tensor([Float(0), 0]))
      let optimizer = SGD(model, learningRate: 0.1)
      var updates = 0
      for _ in 0..<60 {
        updates = 0
        for start in stride(from: 0, to: 12, by: size) {
          let (inputs, targets) = (x[start..<start + size], y[start..<start + size])
          let (_, gradients) = valueAndGrad(model) {
            (inputs * model.first[0] + model.first[1] - targets).squared().mean()
          }
          optimizer.take(gradients)
          updates += 1
        }
      }
      #expect(updates == count)
      #expect(abs(model.first[0].item() - 2) < 0.05 && abs(model.first[1].item() - 1) < 0.05)
    }
  }
}
