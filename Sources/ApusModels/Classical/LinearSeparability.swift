/// Whether a hyperplane divides two sets of points, with the proof.
public enum LinearSeparability: Hashable, Sendable {
  /// A hyperplane with every point on its side, none on it: w·x + b > 0 for what is labelled true, < 0 for the others.
  case separable(weights: [Int], bias: Int)
  /// Multiples of the points, none negative and not all zero, with Σ λᵢ yᵢ (xᵢ, 1) = 0, y = ±1: no hyperplane can have
  /// all points on their sides (Gordan 1873).
  case inseparable(multipliers: [Int])

  public var isSeparable: Bool { if case .separable = self { true } else { false } }

  /// Decides it exactly for points with whole coordinates.
  ///
  /// The perceptron rule on such points moves among whole vectors, and those stay bounded even where nothing separates
  /// (the perceptron cycling theorem: Minsky & Papert 1969; Block & Levin 1970). So either an epoch has no mistake, and
  /// the weights are a separator, or a state comes back: then the changes between add up to zero, and their numbers are
  /// the multipliers. Traps when the points and labels are not as many.
  public init(_ points: [[Int]], _ labels: [Bool]) {
    precondition(
      points.count == labels.count, "LinearSeparability: \(points.count) points with \(labels.count) labels")
    let rows = zip(points, labels).map { point, label in (point + [1]).map { label ? $0 : -$0 } }
    let size = (points.first?.count ?? 0) + 1
    var state = [Int](repeating: 0, count: size)
    var counts = [Int](repeating: 0, count: rows.count)
    // Brent's search for a cycle (1980): compares with a state kept for ever longer.
    var (kept, keptCounts) = (state, counts)
    var (steps, limit) = (0, 1)
    while true {
      var mistakes = 0
      for (number, row) in rows.enumerated() {
        var product = 0
        for index in 0..<size { product += state[index] * row[index] }
        if product > 0 { continue }
        for index in 0..<size { state[index] += row[index] }
        counts[number] += 1
        mistakes += 1
      }
      if mistakes == 0 {
        self = .separable(weights: Array(state.dropLast()), bias: state[size - 1])
        return
      }
      if state == kept {
        self = .inseparable(multipliers: zip(counts, keptCounts).map { $0 - $1 })
        return
      }
      steps += 1
      if steps == limit { (kept, keptCounts, steps, limit) = (state, counts, 0, limit * 2) }
    }
  }

  /// Whether the proof holds for these points: checked without trusting how it was found.
  public func proves(_ points: [[Int]], _ labels: [Bool]) -> Bool {
    switch self {
    case .separable(let weights, let bias):
      return zip(points, labels).allSatisfy { point, label in
        let side = zip(weights, point).reduce(bias) { $0 + $1.0 * $1.1 }
        return label ? side > 0 : side < 0
      }
    case .inseparable(let multipliers):
      guard multipliers.count == points.count, multipliers.allSatisfy({ $0 >= 0 }),
        multipliers.contains(where: { $0 > 0 })
      else { return false }
      var sums = [Int](repeating: 0, count: (points.first?.count ?? 0) + 1)
      for (multiplier, (point, label)) in zip(multipliers, zip(points, labels)) {
        for (index, value) in (point + [1]).enumerated() { sums[index] += multiplier * (label ? value : -value) }
      }
      return sums.allSatisfy { $0 == 0 }
    }
  }
}

/// Whether a hyperplane divides the points labelled true from the others, decided exactly: linearly separable means
/// that one can (Minsky & Papert 1969).
public func isLinearlySeparable(_ points: [[Int]], _ labels: [Bool]) -> Bool {
  LinearSeparability(points, labels).isSeparable
}
