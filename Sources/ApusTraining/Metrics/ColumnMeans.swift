import ApusTensor

/// The means of several numbers of each example: predictions `[batch, names]`. Targets count for nothing.
public struct ColumnMeans: Metric {
  public let name: String
  /// What the columns are called.
  public let names: [String]
  private var sums: [Double]
  private var count = 0

  public init(_ names: [String]) {
    (self.name, self.names) = ("means", names)
    sums = names.map { _ in 0 }
  }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    guard
      require(
        predictions.rank == 2 && predictions.shape[1] == names.count,
        "ColumnMeans: predictions \(predictions.shape), expected [batch, \(names.count)]")
    else { return }
    let batch = predictions.cast(to: .float64).sum(axis: 0).doubles()
    for column in sums.indices { sums[column] += batch[column] }
    count += predictions.shape[0]
  }

  /// The mean of the first column.
  public var value: Double { count == 0 || sums.isEmpty ? .nan : sums[0] / Double(count) }

  public var measures: Measures {
    var measures = Measures()
    for (name, sum) in zip(names, sums) { measures[name] = count == 0 ? .nan : sum / Double(count) }
    return measures
  }
}
