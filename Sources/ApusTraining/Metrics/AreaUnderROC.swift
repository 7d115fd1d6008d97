import ApusTensor

/// The area under the receiver operating characteristic: the probability that an example of the class has a higher score
/// than one that is not of it, ties counting half (Hanley & McNeil 1982).
///
/// Predictions are scores `[…]` for class 1, with targets 0 or 1, or scores `[…, classes]` with class numbers `[…]`; then
/// it is the mean over the classes that occur, each against the rest.
public struct AreaUnderROC: Metric {
  public let name: String
  /// For each class the scores of all examples.
  private var scores: [[Double]] = []
  private var labels: [Int] = []

  public init(name: String = "roc_auc") { self.name = name }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    let classes = predictions.rank == targets.rank + 1 ? predictions.shape.last! : 1
    guard
      require(
        predictions.count == targets.count * classes,
        "\(name): predictions \(predictions.shape), targets \(targets.shape)"),
      require(scores.isEmpty || scores.count == classes, "\(name): \(classes) classes, expected \(scores.count)")
    else { return }
    if scores.isEmpty { scores = [[Double]](repeating: [], count: classes) }
    let values = predictions.doubles()
    for number in 0..<classes {
      scores[number] += stride(from: number, to: values.count, by: classes).map { values[$0] }
    }
    labels += targets.doubles().map { Int($0) }
  }

  public var value: Double {
    let areas = scores.indices.compactMap { number in
      AreaUnderROC.area(scores[number], labels.map { $0 == (scores.count == 1 ? 1 : number) })
    }
    return areas.isEmpty ? .nan : areas.reduce(0, +) / Double(areas.count)
  }

  /// From the sum of the ranks of the positive examples (Mann & Whitney 1947); nil where one kind is missing.
  private static func area(_ scores: [Double], _ isPositive: [Bool]) -> Double? {
    let positives = isPositive.count { $0 }
    let negatives = scores.count - positives
    guard positives > 0, negatives > 0 else { return nil }
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var (rankSum, start) = (0.0, 0)
    while start < order.count {
      var end = start
      while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
      // Those with one score share the mean of their ranks, from 1.
      let rank = Double(start + end + 1) / 2
      for place in start..<end where isPositive[order[place]] { rankSum += rank }
      start = end
    }
    let p = Double(positives)
    return (rankSum - p * (p + 1) / 2) / (p * Double(negatives))
  }
}
