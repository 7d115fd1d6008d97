import ApusTensor

/// How different two distributions are of which there are samples: 2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖, which is 0 for two
/// that are alike and else above it (Székely & Rizzo 2013). The means are over all pairs, each with itself among them.
///
/// - Parameters:
///   - x: `[count, features]`.
///   - y: `[count′, features]`.
/// - Returns: A scalar in double precision.
public func energyDistance(_ x: Tensor, _ y: Tensor) -> Tensor {
  guard x.rank == 2, y.rank == 2, x.shape[1] == y.shape[1], x.shape[0] > 0, y.shape[0] > 0 else {
    return .mistake(
      "energyDistance: samples \(x.shape) and \(y.shape), expected [count, features] of some, with as many features")
  }
  let (x, y) = (x.cast(to: .float64), y.cast(to: .float64))
  return meanDistance(x, y) * 2 - meanDistance(x, x) - meanDistance(y, y)
}

private func meanDistance(_ x: Tensor, _ y: Tensor) -> Tensor {
  let gaps = x.expandingAxis(1) - y.expandingAxis(0)
  return gaps.squared().sum(axis: 2).sqrt().mean()
}

/// How well samples cover a mixture of narrow Gaussians of which all places are known.
public struct ModeCoverage: Hashable, Sendable {
  /// How many samples are within three deviations of each mode.
  public let counts: [Int]
  /// The share of samples that are near some mode.
  public let quality: Double

  /// How many modes have at least a fifth of the samples that they should have.
  public var covered: Int {
    let fair = Double(total) / Double(max(1, counts.count))
    return counts.count { Double($0) >= fair / 5 && $0 > 0 }
  }
  private let total: Int

  /// - Parameters:
  ///   - samples: `[count, 2]`.
  ///   - modes: The means of the Gaussians.
  ///   - deviation: Theirs.
  public init(_ samples: Tensor, modes: [(x: Double, y: Double)], deviation: Double) {
    let values = samples.doubles()
    total = values.count / 2
    var counts = [Int](repeating: 0, count: modes.count)
    let limit = 9 * deviation * deviation
    for number in 0..<total {
      let (x, y) = (values[2 * number], values[2 * number + 1])
      let squares = modes.map { ($0.x - x) * ($0.x - x) + ($0.y - y) * ($0.y - y) }
      guard let nearest = squares.indices.min(by: { squares[$0] < squares[$1] }), squares[nearest] <= limit else {
        continue
      }
      counts[nearest] += 1
    }
    self.counts = counts
    quality = total == 0 ? 0 : Double(counts.reduce(0, +)) / Double(total)
  }
}
