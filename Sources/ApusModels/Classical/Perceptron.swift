/// Rosenblatt's perceptron (1958): y = 1 where w·x + b ≥ 0, else 0.
public struct Perceptron: Hashable, Sendable {
  /// One for each input.
  public var weights: [Double]
  public var bias: Double

  /// A perceptron of so many inputs, zeros at first.
  public init(inputs: Int) { (weights, bias) = ([Double](repeating: 0, count: inputs), 0) }

  public init(weights: [Double], bias: Double) { (self.weights, self.bias) = (weights, bias) }

  /// a = w·x + b. Traps when there are not as many inputs as weights.
  public func preActivation(_ inputs: [Double]) -> Double {
    precondition(
      inputs.count == weights.count, "Perceptron: \(inputs.count) inputs for \(weights.count) weights, expected as many"
    )
    return zip(weights, inputs).reduce(bias) { $0 + $1.0 * $1.1 }
  }

  /// Whether it fires: the step function of the pre-activation.
  public func callAsFunction(_ inputs: [Double]) -> Bool { preActivation(inputs) >= 0 }

  /// How learning went.
  public struct Training: Hashable, Sendable {
    /// Whether an epoch passed without a mistake.
    public let hasConverged: Bool
    /// How often the weights were changed: at each mistake.
    public let mistakes: Int
    /// Mistakes in each epoch.
    public let mistakesByEpoch: [Int]
    /// Weights and bias after each mistake.
    public let path: [Perceptron]
  }

  /// Rosenblatt's rule: for each example in turn, w ← w + η(y − ŷ)x and b ← b + η(y − ŷ), until an epoch has no mistake
  /// or there were `maximumEpochs`.
  ///
  /// It converges when a hyperplane separates the examples, after no more mistakes than ``mistakeBound(_:_:separator:)``
  /// (Novikoff 1962), and never otherwise.
  public mutating func learn(
    _ inputs: [[Double]], _ labels: [Bool], learningRate: Double = 1, maximumEpochs: Int = 1000
  ) -> Training {
    precondition(
      inputs.count == labels.count, "Perceptron: \(inputs.count) examples with \(labels.count) labels, expected as many"
    )
    var counts: [Int] = []
    var path: [Perceptron] = []
    while counts.count < maximumEpochs {
      var mistakes = 0
      for (example, label) in zip(inputs, labels) where self(example) != label {
        let step = label ? learningRate : -learningRate
        for index in weights.indices { weights[index] += step * example[index] }
        bias += step
        mistakes += 1
        path.append(self)
      }
      counts.append(mistakes)
      if mistakes == 0 { break }
    }
    return Training(
      hasConverged: counts.last == 0, mistakes: path.count, mistakesByEpoch: counts, path: path)
  }

  /// The most mistakes that learning from zero can make, (R / γ)²: R is the length of the longest example (1, x), γ the
  /// smallest distance of one from the separator's hyperplane through the origin (Novikoff 1962). Infinite where the separator has an example on the wrong side, or on the hyperplane.
  public static func mistakeBound(_ inputs: [[Double]], _ labels: [Bool], separator: Perceptron) -> Double {
    let length = (separator.weights.reduce(separator.bias * separator.bias) { $0 + $1 * $1 }).squareRoot()
    let margins = zip(inputs, labels).map { (separator.preActivation($0) / length) * ($1 ? 1 : -1) }
    let radius = inputs.map { $0.reduce(1) { $0 + $1 * $1 } }.max() ?? 0
    guard let margin = margins.min(), margin > 0 else { return .infinity }
    return radius / (margin * margin)
  }
}
