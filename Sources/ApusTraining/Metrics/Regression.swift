import ApusTensor

/// The mean magnitude of the errors.
public struct MeanAbsoluteError: Metric {
  public let name: String
  private var sum = 0.0
  private var count = 0

  public init(name: String = "mean_absolute_error") { self.name = name }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    guard let (predictions, targets) = numbers(name, predictions, targets) else { return }
    sum += (predictions - targets).abs().sum().item()
    count += targets.count
  }

  public var value: Double { count == 0 ? .nan : sum / Double(count) }
}

/// The mean square of the errors, or its root.
public struct MeanSquaredError: Metric {
  public let name: String
  public let takesRoot: Bool
  private var sum = 0.0
  private var count = 0

  public init(name: String? = nil, takesRoot: Bool = false) {
    self.name = name ?? (takesRoot ? "root_mean_squared_error" : "mean_squared_error")
    self.takesRoot = takesRoot
  }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    guard let (predictions, targets) = numbers(name, predictions, targets) else { return }
    sum += (predictions - targets).squared().sum().item()
    count += targets.count
  }

  public var value: Double {
    let mean = count == 0 ? .nan : sum / Double(count)
    return takesRoot ? mean.squareRoot() : mean
  }
}

/// The coefficient of determination R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)² over all elements: 1 for perfect predictions, 0 for
/// those that are no better than the mean. Of constant targets it is 1 if the predictions are perfect, else 0, as in
/// scikit-learn.
public struct RSquared: Metric {
  public let name: String
  private var errors = 0.0
  private var count = 0
  /// The mean of the targets, and the sum of squares about it, updated in a stable way (Chan et al. 1979).
  private var mean = 0.0
  private var squares = 0.0

  public init(name: String = "r_squared") { self.name = name }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    guard let (predictions, targets) = numbers(name, predictions, targets), targets.count > 0 else { return }
    errors += (predictions - targets).squared().sum().item()
    let batchMean = targets.mean().item()
    let batchSquares = (targets - batchMean).squared().sum().item()
    let (n, m) = (Double(count), Double(targets.count))
    let distance = batchMean - mean
    squares += batchSquares + distance * distance * n * m / (n + m)
    mean += distance * m / (n + m)
    count += targets.count
  }

  public var value: Double {
    if count == 0 { return .nan }
    return squares == 0 ? (errors == 0 ? 1 : 0) : 1 - errors / squares
  }
}

/// Predictions and targets in double precision; nil, and a mistake, where their shapes differ.
private func numbers(_ name: String, _ predictions: Tensor, _ targets: Tensor) -> (Tensor, Tensor)? {
  guard
    require(predictions.shape == targets.shape, "\(name): predictions \(predictions.shape), targets \(targets.shape)")
  else { return nil }
  return (predictions.cast(to: .float64), targets.cast(to: .float64))
}
