import Apus
import Testing

@Suite struct NeuronTests {
  private static let square: [[Double]] = [[0, 0], [1, 0], [0, 1], [1, 1]]

  /// AND, OR and NOT of McCulloch and Pitts; no threshold, with any inhibition, gives exclusive or.
  @Test func thresholdUnitsAreGates() {
    let rows = [[false, false], [true, false], [false, true], [true, true]]
    #expect(rows.map(ThresholdUnit.and(2).callAsFunction) == [false, false, false, true])
    #expect(rows.map(ThresholdUnit.or.callAsFunction) == [false, true, true, true])
    #expect([[false], [true]].map(ThresholdUnit.not.callAsFunction) == [true, false])
    for threshold in -1...3 {
      for inhibitory in [[], [0], [1], [0, 1]] as [Set<Int>] {
        let unit = ThresholdUnit(threshold: threshold, inhibitory: inhibitory)
        #expect(rows.map(unit.callAsFunction) != [false, true, true, false])
      }
    }
  }

  /// Novikoff's bound from separators worked out by hand: x + y − 3/2 and x + y − 1/2. R² = 3; the margin of the first
  /// is ½ / √(1 + 1 + 9/4), of the second ½ / √(9/4).
  @Test(arguments: [
    (BooleanFunction.and, -1.5, 3 * (1 + 1 + 2.25) / 0.25), (.or, -0.5, 3 * (1 + 1 + 0.25) / 0.25),
  ])
  func perceptronLearnsWithinTheMistakeBound(function: BooleanFunction, bias: Double, expected: Double) {
    let separator = Perceptron(weights: [1, 1], bias: bias)
    let bound = Perceptron.mistakeBound(Self.square, function.labels, separator: separator)
    #expect((bound - expected).magnitude < 1e-9)
    for rate in [0.1, 1, 3] {
      var perceptron = Perceptron(inputs: 2)
      let training = perceptron.learn(Self.square, function.labels, learningRate: rate)
      #expect(training.hasConverged && Double(training.mistakes) <= bound)
      #expect(Self.square.map(perceptron.callAsFunction) == function.labels)
      #expect(training.mistakesByEpoch.last == 0)
    }
  }

  @Test func perceptronNeverLearnsExclusiveOr() {
    var perceptron = Perceptron(inputs: 2)
    let training = perceptron.learn(Self.square, BooleanFunction.xor.labels, maximumEpochs: 5000)
    #expect(!training.hasConverged && training.mistakesByEpoch.count == 5000)
    #expect(training.mistakesByEpoch.allSatisfy { $0 > 0 })
    #expect(Perceptron.mistakeBound(Self.square, BooleanFunction.xor.labels, separator: perceptron) == .infinity)
  }

  /// 14, 104 and 1,882 threshold functions (Muroga 1971; OEIS A000609), each decision with a proof that is checked.
  @Test(arguments: [(0, 2), (1, 4), (2, 14), (3, 104), (4, 1882)])
  func separableFunctionsAreCounted(inputs: Int, expected: Int) {
    let functions = BooleanFunction.all(inputs: inputs)
    #expect(functions.count == 1 << (1 << inputs))
    let points = functions[0].points
    var count = 0
    var areProved = true
    for function in functions {
      let separability = function.separability
      areProved = areProved && separability.proves(points, function.labels)
      if separability.isSeparable { count += 1 }
    }
    #expect(count == expected)
    #expect(areProved)
  }

  @Test func proofsAreNotTakenOnTrust() {
    let xor = BooleanFunction.xor
    #expect(xor.separability.proves(xor.points, xor.labels))
    #expect(!xor.separability.proves(xor.points, BooleanFunction.and.labels))
    #expect(!LinearSeparability.separable(weights: [1, 1], bias: -1).proves(xor.points, xor.labels))
    #expect(!LinearSeparability.inseparable(multipliers: [0, 0, 0, 0]).proves(xor.points, xor.labels))
    // Points on a line: ends against middle cannot be divided, halves can.
    #expect(!isLinearlySeparable([[-2], [0], [3]], [true, false, true]))
    #expect(isLinearlySeparable([[-2], [0], [3]], [true, true, false]))
  }

  /// 2ⁿ hidden perceptrons are exact for every function of two and three inputs.
  @Test(arguments: [2, 3]) func hiddenLayersRepresentEveryFunction(inputs: Int) {
    for function in BooleanFunction.all(inputs: inputs) {
      let network = BooleanNetwork(function)
      #expect(network.hidden.count == 1 << inputs)
      let answers = function.points.map { point in network(point.map { $0 == 1 }) }
      #expect(answers == function.labels)
    }
  }

  @Test func twoHiddenUnitsLearnExclusiveOr() {
    var key = RandomKey(1)
    let (network, training, attempts) = ExclusiveOrNetwork.trained(key: &key)
    #expect(network.parameterCount == 9 && attempts < 20)
    #expect(training.errors == 0)
    #expect(training.losses[training.losses.count - 1] < 0.01)
    let answers = network([[0, 0], [0, 1], [1, 0], [1, 1]]).doubles().map { $0 > 0 }
    #expect(answers == BooleanFunction.xor.labels)
  }

  /// σ(w·x + b) is ½ at the shift −b / w, where its slope is w / 4, and nearer to a step the larger w is (the logistic
  /// function of Verhulst 1845: 1 / (1 + e⁻²) one unit from there with w = 2).
  @Test func sigmoidNeuronsStepWhereTheirShiftIs() {
    for w in [0.5, 2, -4, 50] {
      let neuron = SigmoidNeuron(weights: Tensor([w], dtype: .float64), bias: Tensor(3, dtype: .float64))
      let shift = Tensor([-3 / w], shape: [1, 1], dtype: .float64)
      #expect(abs(neuron(shift).item() - 0.5) < 1e-12)
      #expect(abs(grad { neuron($0).sum() }(shift).item() - w / 4) < 1e-12)
      let next = neuron(shift + 1).item()
      #expect(w != 2 || abs(next - 0.8807970779778823) < 1e-12)
      #expect(w != 50 || next > 1 - 1e-12)
    }
  }

  /// The gradient by hand is the gradient by reverse mode; numbers of a case computed with pencil: w = b = 0 gives
  /// f = ½, ∂L/∂b = Σ (½ − y) / 4.
  @Test func handDerivedGradientIsThatOfAutodiff() {
    var key = RandomKey(3)
    let inputs = Tensor.normal([7, 3], key: &key, dtype: .float64)
    let targets = Tensor.uniform([7], key: &key, dtype: .float64)
    let weights = Tensor.normal([3], key: &key, dtype: .float64)
    let bias = Tensor(0.3, dtype: .float64)
    let byHand = SigmoidNeuron(weights: weights, bias: bias).gradient(inputs, targets)
    let (byWeights, byBias) = grad { w, b in SigmoidNeuron(weights: w, bias: b).squaredError(inputs, targets) }(
      weights, bias)
    #expect(byHand.weights.allClose(to: byWeights, relative: 1e-12, absolute: 1e-14))
    #expect((byHand.bias - byBias).item().magnitude < 1e-13)
    let zero = SigmoidNeuron(weights: .zeros([1]), bias: Tensor(0))
    #expect(zero.gradient([[1], [2]], [1, 0]).bias.item() == 0)
    #expect(zero.gradient([[1], [2]], [1, 1]).bias.item() == -0.25)
    #expect(zero.gradient([[1], [2]], [1, 1]).weights.item() == -0.375)
  }
}
