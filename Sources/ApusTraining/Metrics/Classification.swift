import ApusTensor

/// The share of right answers: predictions are scores `[…, classes]` and the highest counts, or class numbers `[…]`;
/// targets are class numbers `[…]`.
public struct Accuracy: Metric {
  public let name: String
  /// Targets that count for nothing.
  public let ignoredLabel: Int?
  public private(set) var correct = 0
  public private(set) var count = 0

  public init(name: String = "accuracy", ignoredLabel: Int? = nil) {
    (self.name, self.ignoredLabel) = (name, ignoredLabel)
  }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    let classes = predictions.rank == targets.rank + 1 ? predictions.argMax() : predictions
    guard require(classes.shape == targets.shape, "\(name): predictions \(predictions.shape), targets \(targets.shape)")
    else { return }
    let labels = targets.cast(to: .int64)
    let isRight = (classes.cast(to: .int64) .== labels).cast(to: .int64)
    guard let ignoredLabel else {
      correct += Int(isRight.sum().item())
      count += targets.count
      return
    }
    let counts = (labels .!= Double(ignoredLabel)).cast(to: .int64)
    correct += Int((isRight * counts).sum().item())
    count += Int(counts.sum().item())
  }

  public var value: Double { count == 0 ? .nan : Double(correct) / Double(count) }
}

/// The share of examples whose class is among the `k` with the highest scores `[…, classes]`.
public struct TopKAccuracy: Metric {
  public let k: Int
  public let name: String
  private var correct = 0
  private var count = 0

  public init(_ k: Int = 5, name: String? = nil) {
    (self.k, self.name) = (k, name ?? "top\(k)_accuracy")
  }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    guard
      require(
        predictions.rank == targets.rank + 1 && Array(predictions.shape.dropLast()) == Array(targets.shape),
        "\(name): predictions \(predictions.shape), expected scores \(targets.shape) by classes")
    else { return }
    let best = predictions.topK(min(k, predictions.shape.last!)).indices.cast(to: .int64)
    let isAmong = best .== targets.cast(to: .int64).expandingAxis(-1)
    correct += Int(isAmong.any(axis: -1).cast(to: .int64).sum().item())
    count += targets.count
  }

  public var value: Double { count == 0 ? .nan : Double(correct) / Double(count) }
}
