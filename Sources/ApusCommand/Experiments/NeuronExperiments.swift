import Apus
import ApusFiles

extension Experiment {
  /// Rosenblatt's rule on AND, OR and exclusive or, with Novikoff's bound.
  static let perceptron = Experiment(
    name: "perceptron", summary: "Rosenblatt's perceptron learns AND and OR; XOR is shown to be beyond it"
  ) { _ in
    var report = Report()
    var results: [JSONValue] = []
    for (name, function) in [("AND", BooleanFunction.and), ("OR", .or), ("XOR", .xor)] {
      let inputs = function.points.map { $0.map(Double.init) }
      var perceptron = Perceptron(inputs: 2)
      let training = perceptron.learn(inputs, function.labels, maximumEpochs: 100)
      var result: JSONObject = [
        "function": .string(name), "converged": .bool(training.hasConverged), "mistakes": .integer(training.mistakes),
        "epochs": .integer(training.mistakesByEpoch.count),
      ]
      switch function.separability {
      case .separable(let weights, let bias):
        let separator = Perceptron(weights: weights.map(Double.init), bias: Double(bias))
        let bound = Perceptron.mistakeBound(inputs, function.labels, separator: separator)
        result["mistake_bound"] = .number(bound)
        result["weights"] = .numbers(perceptron.weights)
        result["bias"] = .number(perceptron.bias)
        report.lines.append(
          "\(name.padded(3))  learned in \(training.mistakesByEpoch.count) epochs with \(training.mistakes) mistakes "
            + "(Novikoff's bound: \(bound.fixed(1))): w = (\(perceptron.weights.listed(1))), "
            + "b = \(perceptron.bias.fixed(0))")
      case .inseparable(let multipliers):
        result["multipliers"] = .integers(multipliers)
        report.lines.append(
          "\(name.padded(3))  not linearly separable: \(training.mistakes) mistakes in "
            + "\(training.mistakesByEpoch.count) epochs; proof: Σ λᵢyᵢ(xᵢ, 1) = 0 with λ = \(multipliers)")
      }
      results.append(.object(result))
    }
    report.json["functions"] = .array(results)
    return report
  }

  /// How many Boolean functions a perceptron can compute.
  static let booleanFunctions = Experiment(
    name: "boolean-functions", summary: "all Boolean functions of up to 4 inputs: which are linearly separable"
  ) { _ in
    var report = Report()
    var rows: [JSONValue] = []
    for inputs in 0...4 {
      let functions = BooleanFunction.all(inputs: inputs)
      let proofs = functions.map { ($0, $0.separability) }
      let separable = proofs.count { $0.1.isSeparable }
      let proved = proofs.allSatisfy { $0.1.proves($0.0.points, $0.0.labels) }
      let exact =
        inputs > 3
        ? nil
        : functions.count { function in
          let network = BooleanNetwork(function)
          return function.points.map { network($0.map { $0 == 1 }) } == function.labels
        }
      rows.append([
        "inputs": .integer(inputs), "functions": .integer(functions.count), "separable": .integer(separable),
        "proved": .bool(proved), "computed_by_hidden_layer": exact.map { .integer($0) } ?? .null,
      ])
      report.lines.append(
        "\(inputs) inputs: \(functions.count.grouped) functions, \(separable.grouped) linearly separable "
          + (proved ? "(each decision proved)" : "(a proof failed)")
          + (exact.map { "; \(1 << inputs) hidden perceptrons compute \($0.grouped)" } ?? ""))
    }
    report.json["rows"] = .array(rows)
    return report
  }

  /// Back-propagation finds weights for exclusive or.
  static let exclusiveOr = Experiment(
    name: "xor", summary: "a network of two hidden units learns exclusive or"
  ) { seed in
    var key = RandomKey(seed)
    let (network, training, attempts) = ExclusiveOrNetwork.trained(key: &key)
    let (inputs, targets) = ExclusiveOrNetwork.cases
    let outputs = network(inputs).sigmoid().doubles()
    var report = Report()
    report.lines.append(
      "\(training.errors) of 4 wrong after \(training.losses.count) steps, loss "
        + "\(training.losses[training.losses.count - 1].significant())"
        + (attempts > 1 ? "; \(attempts - 1) draws of first weights before ended in local minima" : ""))
    let cells = inputs.doubles()
    for (row, (output, target)) in zip(outputs, targets.doubles()).enumerated() {
      report.lines.append(
        "\(cells[2 * row].fixed(0)) xor \(cells[2 * row + 1].fixed(0)) = \(target.fixed(0)): \(output.fixed(4))")
    }
    report.json = [
      "errors": .integer(training.errors), "steps": .integer(training.losses.count), "attempts": .integer(attempts),
      "losses": .numbers(training.losses), "outputs": .numbers(outputs),
    ]
    return report
  }

  /// The gradient of a squared error by hand and by reverse mode.
  static let sigmoidNeuron = Experiment(
    name: "sigmoid-neuron", summary: "the hand-derived gradient of one sigmoid neuron is that of autodiff; it learns"
  ) { seed in
    var key = RandomKey(seed)
    let inputs = Tensor.normal([50, 2], key: &key, dtype: .float64)
    let target = SigmoidNeuron(weights: Tensor([2, -1], dtype: .float64), bias: Tensor(0.5, dtype: .float64))
    let targets = target(inputs).evaluated()
    var neuron = SigmoidNeuron(weights: .zeros([2], dtype: .float64), bias: Tensor(0, dtype: .float64))
    let byHand = neuron.gradient(inputs, targets)
    let byMachine = grad { w, b in SigmoidNeuron(weights: w, bias: b).squaredError(inputs, targets) }(
      neuron.weights, neuron.bias)
    let difference = max(
      (byHand.weights - byMachine.0).abs().max().item(), (byHand.bias - byMachine.1).item().magnitude)
    var losses = [neuron.squaredError(inputs, targets).item()]
    for _ in 0..<200 {
      neuron.descend(inputs, targets, learningRate: 0.5)
      losses.append(neuron.squaredError(inputs, targets).item())
    }
    let weights = neuron.weights.doubles() + [neuron.bias.item()]
    var report = Report()
    report.lines = [
      "∂L/∂w by hand \(byHand.weights.doubles().listed(6)), by autodiff "
        + "\(byMachine.0.doubles().listed(6)), largest difference \(difference.significant())",
      "squared error \(losses[0].significant()) at first, \(losses[200].significant()) after 200 steps; "
        + "w, b = \(weights.listed()), those sought 2, -1, 0.5",
    ]
    report.json = [
      "difference": .number(difference), "losses": .numbers(losses), "parameters": .numbers(weights),
      "sought": .numbers([2, -1, 0.5]),
    ]
    return report
  }

  /// How gradients shrink or grow with depth.
  static let vanishingGradients = Experiment(
    name: "vanishing-gradients", summary: "the size of gradients by depth for sigmoid, tanh and ReLU"
  ) { seed in
    var report = Report()
    var rows: [JSONValue] = []
    let depths = [2, 5, 10, 20, 40]
    report.lines.append(
      "gradient at the first layer as a share of the last   " + depths.map { "\($0) layers".leftPadded(11) }.joined())
    for (activation, initializer, name) in VanishingGradients.classicalCases {
      let ratios = depths.map { depth in
        var key = RandomKey(seed)
        return VanishingGradients(depth: depth, activation: activation, initializer: initializer, key: &key).ratio
      }
      report.lines.append("\(name.padded(52))" + ratios.map { $0.significant(2).leftPadded(11) }.joined())
      rows.append(["case": .string(name), "depths": .integers(depths), "ratios": .numbers(ratios)])
    }
    report.json["rows"] = .array(rows)
    return report
  }
}

extension VanishingGradients {
  /// Activations with the initial weights they are usually given; more are one line each.
  static let classicalCases: [(activation: Activation, initializer: Initializer, name: String)] = [
    (.sigmoid, .xavierNormal(), "sigmoid, Xavier"), (.tanh, .xavierNormal(), "tanh, Xavier"),
    (.relu, .kaimingNormal(), "ReLU, Kaiming"),
  ]
}
