import ApusTensor

/// Ensembles of learners on bootstrap samples (Breiman 1996).
public enum Bagging {
  /// So many examples drawn with replacement out of as many: one bootstrap sample, as indices.
  public static func bootstrap(_ count: Int, key: inout RandomKey) -> [Int] {
    Tensor.randomIntegers([count], in: 0..<count, key: &key).doubles().map { Int($0) }
  }

  /// The same learner on `count` bootstrap samples of so many examples.
  ///
  /// - Parameter fit: Makes an estimator of the examples with these indices; an index may come several times.
  public static func ensemble<Estimator>(
    of count: Int, examples: Int, key: inout RandomKey, fit: ([Int]) throws -> Estimator
  ) rethrows -> [Estimator] {
    var estimators: [Estimator] = []
    for _ in 0..<count { estimators.append(try fit(bootstrap(examples, key: &key))) }
    return estimators
  }

  /// The class that most members vote for; of several the lowest.
  ///
  /// - Parameter votes: Each member's labels for all examples.
  /// - Returns: A label for each example.
  public static func majorityVote(_ votes: [[Int]]) -> [Int] {
    precondition(
      votes.allSatisfy { $0.count == votes[0].count }, "majorityVote: members voted on different numbers of examples")
    return (votes.first ?? []).indices.map { example in
      var counts: [Int: Int] = [:]
      for labels in votes { counts[labels[example], default: 0] += 1 }
      return counts.max { $0.value != $1.value ? $0.value < $1.value : $0.key > $1.key }!.key
    }
  }

  /// The class with the greatest mean probability.
  ///
  /// - Parameter probabilities: Each member's, `[examples, classes]`.
  /// - Returns: The mean, `[examples, classes]`, and its labels, `[examples]`.
  public static func softVote(_ probabilities: [Tensor]) -> (probabilities: Tensor, labels: Tensor) {
    precondition(!probabilities.isEmpty, "softVote: no members")
    let mean = stack(probabilities).mean(axis: 0)
    return (mean, mean.argMax())
  }

  /// What averaging does to the variance of polynomials on the sine toy.
  public struct VarianceReduction: Hashable, Sendable {
    public let members: Int
    /// Of the mean of members that each had a training set of their own, so that their errors are uncorrelated: V / k.
    public let independentVariance: Double
    /// Of the mean of members on bootstrap samples of one training set: ρV + (1 − ρ)V / k.
    public let baggedVariance: Double
    /// The squared bias of the bagged mean.
    public let baggedSquaredBias: Double
  }

  /// Measures the variance of ensembles over many training sets.
  public static func varianceReduction(
    members: [Int], degree: Int = 5, toy: SineToy = SineToy(examples: 40), repetitions: Int = 200,
    key: inout RandomKey
  ) -> [VarianceReduction] {
    let places = (0..<41).map { -0.9 + 1.8 * Double($0) / 40 }
    let truth = toy.truth(at: places)
    let most = members.max() ?? 1
    func predictions(_ set: (places: [Double], values: [Double]), _ indices: [Int]) -> [Double] {
      let fit = PolynomialFit(degree: degree, indices.map { set.places[$0] }, indices.map { set.values[$0] })
      return places.map(fit.callAsFunction)
    }
    var (independent, bagged) = ([[[Double]]](), [[[Double]]]())
    for _ in 0..<repetitions {
      independent.append(
        (0..<most).map { _ in predictions(toy.sample(key: &key), Array(0..<toy.examples)) })
      let set = toy.sample(key: &key)
      bagged.append(ensemble(of: most, examples: toy.examples, key: &key) { predictions(set, $0) })
    }
    func decomposition(_ all: [[[Double]]], _ count: Int) -> BiasVariance {
      let means = all.map { members in
        places.indices.map { place in members.prefix(count).reduce(0) { $0 + $1[place] } / Double(count) }
      }
      var key = RandomKey(0)
      return biasVariance(predictions: means, truth: truth, noiseDeviation: toy.noiseDeviation, key: &key)
    }
    return members.map { count in
      let (single, bag) = (decomposition(independent, count), decomposition(bagged, count))
      return VarianceReduction(
        members: count, independentVariance: single.variance, baggedVariance: bag.variance,
        baggedSquaredBias: bag.squaredBias)
    }
  }
}
