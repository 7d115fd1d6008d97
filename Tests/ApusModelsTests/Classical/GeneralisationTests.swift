import Apus
import Testing

@Suite struct GeneralisationTests {
  /// For f̂ = the mean of n noisy values (the polynomial of degree 0 at one place of a constant) the variance is σ² / n;
  /// with two given estimators all numbers can be worked out by hand.
  @Test func errorsAreTakenApartExactly() {
    var key = RandomKey(1)
    let result = biasVariance(predictions: [[1, 4], [3, 4]], truth: [1, 2], noiseDeviation: 0, key: &key)
    #expect(result.squaredBias == 2.5 && result.variance == 0.5 && result.noiselessError == 3)
    #expect(result.meanPrediction == [2, 4] && result.varianceAtPlaces == [1, 0])
    #expect(result.measuredError == 3 && result.sum == 3)
  }

  @Test func biasFallsAndVarianceRisesWithComplexity() {
    var key = RandomKey(2)
    let results = SineToy().polynomials(degrees: [0, 1, 3, 5, 9, 13], trainingSets: 300, key: &key)
    for result in results {
      let parts = result.decomposition
      #expect((parts.noiselessError - parts.squaredBias - parts.variance).magnitude < 1e-9 * parts.noiselessError)
      #expect((parts.measuredError / parts.sum - 1).magnitude < 0.03, "\(result.degree)")
    }
    // A constant has the bias of sin² itself, whose mean is ½.
    #expect((results[0].decomposition.squaredBias - 0.5).magnitude < 0.04)
    // Its variance is that of a mean of 25 numbers with the noise's variance: the places are spread evenly.
    #expect((results[0].decomposition.variance / (0.09 / 25) - 1).magnitude < 0.2)
    #expect(results[2].decomposition.squaredBias < 0.02 && results[3].decomposition.squaredBias < 0.005)
    let variances = results.map(\.decomposition.variance)
    #expect(zip(variances.dropFirst(), variances.dropFirst(2)).allSatisfy { $0 < $1 })
    // The training error only falls; the test error has its least value in between.
    #expect(zip(results, results.dropFirst()).allSatisfy { $0.trainingError > $1.trainingError })
    let best = results.min { $0.decomposition.measuredError < $1.decomposition.measuredError }
    #expect(best.map { [3, 5].contains($0.degree) } == true)
  }

  /// NumPy's `polyfit` of degree 3 through five points.
  @Test func polynomialsAreLeastSquares() {
    let fit = PolynomialFit(degree: 3, [-1, -0.5, 0, 0.5, 1], [1, 0, 2, -1, 3])
    // numpy.polyval(numpy.polyfit([-1,-.5,0,.5,1], [1,0,2,-1,3], 3), [-0.75, 0.25])
    #expect((fit(-0.75) - 17.0 / 14).magnitude < 1e-12)
    #expect((fit(0.25)).magnitude < 1e-12)
    let exact = PolynomialFit(degree: 2, [-1, 0, 1, 0.3], [3, 1, 1, 0.79])
    #expect((exact(0.3) - 0.79).magnitude < 1e-12 && (exact(-0.5) - 1.75).magnitude < 1e-12)
  }

  @Test func stoppingEarlyGivesTheBestParametersBack() {
    var key = RandomKey(4)
    let model = Linear(3, 2, key: &key)
    var stopping = EarlyStopping(patience: 2)
    var best: [Float] = []
    for (number, loss) in [3.0, 1, 2, 2.5].enumerated() {
      model.weight = model.weight + 1
      if number == 1 { best = model.weight.scalars() }
      #expect(stopping.observe(loss, model) == (number < 2))
      #expect(stopping.shouldStop == (number == 3))
    }
    #expect(stopping.bestLoss == 1 && stopping.bestObservation == 1)
    stopping.restoreBest(into: model)
    #expect(model.weight.scalars() == best)
  }

  @Test func stoppingEarlyAvoidsOverfitting() {
    var key = RandomKey(1)
    let run = EarlyStoppingRun(key: &key)
    #expect(run.stoppingEpoch == run.bestEpoch + run.patience)
    #expect(run.restoredLoss == run.validationLosses[run.bestEpoch])
    let last = run.validationLosses[run.validationLosses.count - 1]
    #expect(run.restoredLoss < last)
    #expect(run.trainingLosses[run.trainingLosses.count - 1] < run.trainingLosses[run.bestEpoch])
  }

  @Test func ensemblesVote() {
    #expect(Bagging.majorityVote([[0, 1, 2], [0, 2, 1], [1, 2, 0]]) == [0, 2, 0])
    let (mean, labels) = Bagging.softVote([[[0.9, 0.1], [0.4, 0.6]], [[0.3, 0.7], [0.3, 0.7]]])
    #expect(labels.doubles() == [0, 1])
    #expect(mean.allClose(to: [[0.6, 0.4], [0.35, 0.65]]))
    var key = RandomKey(1)
    // A bootstrap sample of many has 1 − 1/e of its examples at least once.
    let share = Double(Set(Bagging.bootstrap(10000, key: &key)).count) / 10000
    #expect((share - 0.632).magnitude < 0.015)
  }

  /// V / k for independent members; less is gained where members share a training set.
  @Test func averagingDividesTheVarianceOfIndependentMembers() {
    var key = RandomKey(5)
    let results = Bagging.varianceReduction(members: [1, 2, 4, 8], key: &key)
    for result in results {
      let expected = results[0].independentVariance / Double(result.members)
      #expect((result.independentVariance / expected - 1).magnitude < 0.25, "\(result)")
    }
    #expect(results[3].baggedVariance < results[0].baggedVariance * 0.8)
    #expect(results[3].baggedVariance > results[3].independentVariance)
  }

  @Test func pretrainingHelpsWhenFewExamplesHaveLabels() {
    for seed in UInt64(1)...3 {
      let data = PretrainingData.patterns(seed: seed)
      let accuracies = [PretrainingMethod.autoencoders, .none].map {
        PretrainingTrial($0, seed: seed, on: data).accuracy
      }
      #expect(accuracies[0] > accuracies[1] + 0.05, "\(seed)")
    }
  }
}

/// Dropout against co-adaptation, and machines that learn without labels.
@Suite struct UnsupervisedTests {
  /// Two columns that are one another's negative, and a third: correlations −1, ⅓ and −⅓.
  @Test func correlationsAreCounted() {
    let x = Tensor([1, -1, 1, -1, 1, -1, 1, -1, -1, 1, -1, -1] as [Float], shape: [4, 3])
    #expect(abs(CoAdaptation.correlation(x).item() - 5.0 / 9) < 1e-6)
    // Two that cancel, and a third: |cov| sums to 4·3 + 4·1 + 3, what is left is the third's 3.
    #expect(abs(CoAdaptation.cancellation(x).item() - 19.0 / 3) < 1e-5)
    let constant = concatenate([x, .ones([4, 1])], axis: 1)
    #expect(abs(CoAdaptation.correlation(constant).item() - 5.0 / 9) < 1e-6)
  }

  /// Units that were trained with dropout depend on others less.
  @Test func dropoutPreventsCoAdaptation() {
    for seed in [UInt64(1), 2, 3] {
      var (key, same) = (RandomKey(seed), RandomKey(seed))
      let (plain, dropped) = (CoAdaptation(dropout: 0, key: &key), CoAdaptation(dropout: 0.5, key: &same))
      #expect(dropped.cancellation < plain.cancellation * 0.5, "\(dropped), \(plain)")
      #expect(dropped.errorRatio < plain.errorRatio * 0.2 && dropped.errorRatio < 2, "\(dropped), \(plain)")
    }
  }

  private static func machine() -> RestrictedBoltzmannMachine {
    var key = RandomKey(5)
    let machine = RestrictedBoltzmannMachine(3, 2, key: &key)
    machine.weight = Tensor([0.5, -1, 0.3, 0.8, 0.2, -0.7] as [Float], shape: [2, 3])
    machine.hiddenBias = Tensor([0.1, -0.4] as [Float])
    machine.visibleBias = Tensor([0.2, 0.6, -0.5] as [Float])
    return machine
  }

  /// Energies of all 32 states of a machine of three and two units, added up.
  @Test func boltzmannMachinesAreTheirEnergies() {
    let machine = Self.machine()
    let (w, b, c) = (machine.weight.doubles(), machine.visibleBias.doubles(), machine.hiddenBias.doubles())
    func weightOfStates(_ v: [Double]) -> Double {
      var sum = 0.0
      for h in [[0.0, 0], [0, 1], [1, 0], [1, 1]] {
        var energy = 0.0
        for j in 0..<2 {
          energy -= c[j] * h[j]
          for i in 0..<3 { energy -= h[j] * w[3 * j + i] * v[i] }
        }
        for i in 0..<3 { energy -= b[i] * v[i] }
        sum += Tensor(-energy, dtype: .float64).exp().item()
      }
      return sum
    }
    let states = (0..<8).map { number in [Double(number & 1), Double(number >> 1 & 1), Double(number >> 2)] }
    let weights = states.map(weightOfStates)
    let x = Tensor(states.flatMap { $0 }.map(Float.init), shape: [8, 3])
    for (energy, weight) in zip(machine.freeEnergy(x).doubles(), weights) {
      #expect(abs(Tensor(-energy, dtype: .float64).exp().item() / weight - 1) < 1e-5)
    }
    let total = weights.reduce(0, +)
    let expected = Tensor(weights[5] / total, dtype: .float64).log().item()
    #expect(abs(machine.meanLogLikelihood(x[5..<6]).item() - expected) < 1e-5)
    // After many steps of sampling states come as often as they are probable.
    let samples = machine.sampled(from: .zeros([20_000, 3]), steps: 50)
    let numbers = (samples * Tensor([1, 2, 4] as [Float])).sum(axis: 1)
    for (number, weight) in weights.enumerated() {
      let share = (numbers .== Double(number)).cast(to: .float32).mean().item()
      #expect(abs(share - weight / total) < 0.012, "\(number): \(share), expected \(weight / total)")
    }
  }

  /// With chains that have forgotten their start the gradient is that of the exact likelihood.
  @Test func contrastiveDivergenceFollowsTheLikelihood() {
    let machine = Self.machine()
    let data = Tensor([1, 0, 1, 0, 0, 1] as [Float], shape: [2, 3])
    let exact = valueAndGrad(machine) { -machine.meanLogLikelihood(data) }.gradients
    let many = data.broadcast(to: [10_000, 2, 3]).reshaped(to: [20_000, 3])
    let sampled = valueAndGrad(machine) { machine.contrastiveDivergence(many, steps: 40) }.gradients
    for (ours, wanted) in zip(sampled, exact) { #expect((ours - wanted).abs().max().item() < 0.015) }
  }

  /// Bars and stripes of 2 × 2: six of the 16 patterns, so that no model does better than −log 6.
  @Test func boltzmannMachinesLearnBarsAndStripes() {
    var key = RandomKey(2)
    let machine = RestrictedBoltzmannMachine(4, 8, key: &key)
    let patterns = Tensor(
      [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1] as [Float], shape: [6, 4])
    let many = patterns.broadcast(to: [50, 6, 4]).reshaped(to: [300, 4])
    let before = machine.meanLogLikelihood(patterns).item()
    #expect(abs(before + 2.7726) < 0.05)
    machine.train(on: many, steps: 1500, gibbsSteps: 2, learningRate: 0.02)
    let after = machine.meanLogLikelihood(patterns).item()
    #expect(after > -2.05 && after <= -1.7917, "\(after)")
  }

  @Test func boltzmannMachinesPretrain() {
    let data = PretrainingData.patterns(seed: 1)
    let accuracies = [PretrainingMethod.boltzmannMachines, .none].map {
      PretrainingTrial($0, seed: 1, on: data).accuracy
    }
    #expect(accuracies[0] > accuracies[1] + 0.05, "\(accuracies)")
  }
}

@Suite struct VanishingGradientsTests {
  /// Sigmoid's slope is at most ¼, so that its gradient falls with each layer; ReLU with He's initial weights keeps it.
  @Test func gradientsVanishThroughSigmoids() {
    func ratio(_ activation: Activation, _ initializer: Initializer, depth: Int) -> Double {
      var key = RandomKey(7)
      return VanishingGradients(depth: depth, activation: activation, initializer: initializer, key: &key).ratio
    }
    let depths = [2, 5, 10, 20]
    let sigmoid = depths.map { ratio(.sigmoid, .xavierNormal(), depth: $0) }
    #expect(zip(sigmoid, sigmoid.dropFirst()).allSatisfy { $0 > $1 })
    // Weights of variance 1 / width keep sums of squares, so that each layer takes a factor of about ¼.
    for (depth, value) in zip(depths, sigmoid) {
      let bound = (1..<depth).reduce(1.0) { a, _ in a * 0.27 }
      #expect(value < bound, "\(depth)")
    }
    let tanh = ratio(.tanh, .xavierNormal(), depth: 20)
    #expect(tanh > 0.05 && tanh < 1)
    let relu = ratio(.relu, .kaimingNormal(), depth: 20)
    #expect(relu > 0.3 && relu < 3)
    // The identity with weights of twice that variance explodes: √2 to the power 19.
    let identity = ratio(.identity, .kaimingNormal(), depth: 20)
    #expect(identity > 200 && identity < 2500)
  }
}
