import ApusTensor

/// Means over a series of numbers that take out what changes quickly.
public enum Smoothing: Hashable, Sendable {
  /// The mean of `window` neighbours, as many before as after.
  case movingAverage(window: Int)
  /// A mean of neighbours weighed by a normal distribution, out to four deviations.
  case gaussian(sigma: Double)
  /// The mean of all numbers so far, each weighed 1 − alpha times as much as the one after it (Brown 1959):
  /// s₀ = x₀, s = alpha · x + (1 − alpha) · s before.
  case exponential(alpha: Double)

  /// The smoothed series, as long as the given one; the first two by a one-dimensional convolution.
  ///
  /// - Parameter border: What lies before the first number and after the last, where neighbours are asked for.
  public func callAsFunction(_ series: [Double], border: PaddingMode = .symmetric) -> [Double] {
    if let problem { fatalError("Smoothing: \(problem)") }
    guard !series.isEmpty else { return [] }
    switch self {
    case .movingAverage(let window):
      return Self.convolve(series, [Double](repeating: 1 / Double(window), count: window), border)
    case .gaussian(let sigma): return Self.convolve(series, FixedFilter.gaussian(sigma), border)
    case .exponential(let alpha):
      var mean = series[0]
      return series.map { value in
        mean += alpha * (value - mean)
        return mean
      }
    }
  }

  /// What is wrong with the numbers; nil when nothing is.
  public var problem: String? {
    switch self {
    case .movingAverage(let window):
      window > 0 && window % 2 == 1 && window < 1_000_000 ? nil : "a window of \(window), expected an odd number"
    case .gaussian(let sigma):
      sigma > 0 && sigma <= 100_000 ? nil : "a sigma of \(sigma), expected a number above 0"
    case .exponential(let alpha):
      alpha > 0 && alpha <= 1 ? nil : "an alpha of \(alpha), expected above 0 and up to 1"
    }
  }

  private static func convolve(_ series: [Double], _ weights: [Double], _ border: PaddingMode) -> [Double] {
    let values = Tensor(series, shape: [1, series.count, 1], dtype: .float64)
    let kernel = Tensor(weights, shape: [weights.count, 1, 1], dtype: .float64)
    return values.extended([0, weights.count / 2, 0], border).conv1D(kernel).scalars(Double.self)
  }
}

/// The ways to continue a picture or a series beyond its edge, by their names.
extension PaddingMode {
  public static let names: [(name: String, mode: PaddingMode)] = [
    ("symmetric", .symmetric), ("reflect", .reflect), ("replicate", .replicate), ("circular", .circular),
    ("zeros", .zeros),
  ]
}
