/// Which examples an epoch visits, and in which order: a function of the seed and the epoch alone.
public enum Sampling: Hashable, Sendable {
  /// All, in the order of the set.
  case sequential
  /// All, in a random order.
  case shuffled
  /// Drawn at random with replacement, each in proportion to its weight; `count` of them, or as many as there are.
  case weighted([Double], count: Int? = nil)
  /// All, in a random order in which each stretch has the classes in nearly the proportions of the whole. One label for
  /// each example.
  case stratified([Int])

  /// Drawn at random with replacement so that each class is as frequent as the others.
  public static func balanced(_ labels: [Int], count: Int? = nil) -> Sampling {
    var sizes: [Int: Int] = [:]
    for label in labels { sizes[label, default: 0] += 1 }
    return .weighted(labels.map { 1 / Double(sizes[$0]!) }, count: count)
  }

  /// How many examples an epoch has, of a set of so many.
  public func exampleCount(of count: Int) -> Int {
    if case .weighted(_, let drawn?) = self { return drawn }
    return count
  }

  /// The examples of an epoch, of a set of so many. Traps when weights or labels are not one for each example, or the
  /// weights are negative, not finite or all zero.
  public func order(of count: Int, seed: UInt64, epoch: Int) -> [Int] {
    switch self {
    case .sequential: return Array(0..<count)
    case .shuffled: return shuffledOrder(count, seed: seed, epoch: epoch)
    case .weighted(let weights, let drawn):
      return Self.drawn(drawn ?? count, weights: weights, of: count, SplitMix64(seed: seed, epoch: epoch))
    case .stratified(let labels):
      guard labels.count == count else {
        fatalError("Sampling.stratified: \(labels.count) labels for \(count) examples")
      }
      return Self.stratified(labels, seed: seed, epoch: epoch)
    }
  }

  private static func drawn(
    _ number: Int, weights: [Double], of count: Int, _ generator: consuming SplitMix64
  ) -> [Int] {
    guard weights.count == count else {
      fatalError("Sampling.weighted: \(weights.count) weights for \(count) examples")
    }
    guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      fatalError("Sampling.weighted: a weight is negative or not finite")
    }
    var sum = 0.0
    let sums = weights.map { weight in
      sum += weight
      return sum
    }
    guard number == 0 || sum > 0 else { fatalError("Sampling.weighted: all weights are zero") }
    return (0..<number).map { _ in
      let point = generator.nextUnit() * sum
      // The first whose sum exceeds the point: by bisection.
      var (low, high) = (0, count - 1)
      while low < high {
        let middle = (low + high) / 2
        if sums[middle] > point { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }

  /// Each class's examples, shuffled, are spread evenly over the epoch from a random start on.
  private static func stratified(_ labels: [Int], seed: UInt64, epoch: Int) -> [Int] {
    var sizes: [Int: Int] = [:]
    for label in labels { sizes[label, default: 0] += 1 }
    var generator = SplitMix64(seed: seed, epoch: epoch)
    var starts: [Int: Double] = [:]
    for label in sizes.keys.sorted() { starts[label] = generator.nextUnit() }
    var seen: [Int: Int] = [:]
    let places = shuffledOrder(labels.count, seed: seed, epoch: epoch).map { index in
      let label = labels[index]
      let before = seen[label, default: 0]
      seen[label] = before + 1
      return (place: (Double(before) + starts[label]!) / Double(sizes[label]!), index: index)
    }
    return places.sorted { ($0.place, $0.index) < ($1.place, $1.index) }.map(\.index)
  }
}

/// Examples of each class divided in two at random: `share` of each class, rounded, goes to the second part.
///
/// Both parts keep the order of the set. The same seed divides alike.
public func stratifiedSplit(_ labels: [Int], share: Double, seed: UInt64) -> (first: [Int], second: [Int]) {
  var members: [Int: [Int]] = [:]
  for index in shuffledOrder(labels.count, seed: seed, epoch: 0) { members[labels[index], default: []].append(index) }
  var isSecond = [Bool](repeating: false, count: labels.count)
  for indices in members.values {
    for index in indices.prefix(Int((Double(indices.count) * share).rounded())) { isSecond[index] = true }
  }
  return (labels.indices.filter { !isSecond[$0] }, labels.indices.filter { isSecond[$0] })
}
