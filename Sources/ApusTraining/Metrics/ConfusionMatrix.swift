import ApusTensor

/// Which classes are taken for which. Predictions are scores `[…, classes]`, of which the highest counts, or class numbers
/// `[…]`; targets are class numbers `[…]`.
public struct ConfusionMatrix: Metric {
  /// How the scores of the classes become one number.
  public enum Averaging: String, Hashable, Sendable {
    /// The mean over the classes.
    case macro
    /// Of all examples together: with one class to an example, the accuracy.
    case micro
    /// The mean over the classes, by how many examples they have.
    case weighted
  }

  /// What is measured of a class.
  public enum Score: String, Hashable, Sendable {
    /// Of those that were taken for the class, the share that are of it.
    case precision
    /// Of those that are of the class, the share that were taken for it.
    case recall
    /// The harmonic mean of both; of pixels the Dice coefficient.
    case f1
    /// Of those that are of the class or were taken for it, the share that are both (Jaccard 1912).
    case intersectionOverUnion = "iou"
  }

  public let name = "confusion"
  public let classCount: Int
  /// Row: the true class; column: the predicted one.
  public private(set) var counts: [[Int]]
  /// Which scores of which averages a run notes.
  public let noted: [(score: Score, averaging: Averaging)]
  /// Targets that count for nothing.
  public let ignoredLabel: Int?

  public init(classes: Int, noting noted: [(score: Score, averaging: Averaging)] = [], ignoredLabel: Int? = nil) {
    classCount = classes
    self.ignoredLabel = ignoredLabel
    counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    self.noted = noted
  }

  /// A matrix of which the counts are known.
  public init(counts: [[Int]]) {
    precondition(counts.allSatisfy { $0.count == counts.count }, "ConfusionMatrix: rows and columns differ in number")
    (classCount, self.counts, noted, ignoredLabel) = (counts.count, counts, [], nil)
  }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    let classes = predictions.rank == targets.rank + 1 ? predictions.argMax() : predictions
    guard require(classes.shape == targets.shape, "\(name): predictions \(predictions.shape), targets \(targets.shape)")
    else { return }
    let (found, true_) = (classes.cast(to: .int64).scalars(Int64.self), targets.cast(to: .int64).scalars(Int64.self))
    for (label, prediction) in zip(true_, found) where ignoredLabel.map({ label != Int64($0) }) ?? true {
      guard
        require(
          0..<Int64(classCount) ~= label && 0..<Int64(classCount) ~= prediction,
          "\(name): class \(label) taken for \(prediction), expected less than \(classCount)")
      else { return }
      counts[Int(label)][Int(prediction)] += 1
    }
  }

  public var count: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share of right answers.
  public var value: Double { count == 0 ? .nan : Double(right.reduce(0, +)) / Double(count) }

  public var measures: Measures {
    var measures = Measures()
    for (score, averaging) in noted { measures["\(averaging.rawValue)_\(score.rawValue)"] = average(score, averaging) }
    return measures
  }

  private var right: [Int] { counts.indices.map { counts[$0][$0] } }
  /// How many examples each class has.
  public var support: [Int] { counts.map { $0.reduce(0, +) } }
  private var taken: [Int] { counts.indices.map { column in counts.reduce(0) { $0 + $1[column] } } }

  /// A score of each class; 0 where nothing is to be shared, as in scikit-learn.
  public func perClass(_ score: Score) -> [Double] {
    let (right, support, taken) = (right, support, taken)
    return counts.indices.map { ConfusionMatrix.score(score, right[$0], of: support[$0], taken: taken[$0]) }
  }

  /// A score of all classes together.
  ///
  /// As in scikit-learn, classes that neither occur nor are predicted do not count.
  public func average(_ score: Score, _ averaging: Averaging) -> Double {
    let (support, taken) = (support, taken)
    let scores = perClass(score)
    let present = counts.indices.filter { support[$0] + taken[$0] > 0 }
    switch averaging {
    case .macro: return present.isEmpty ? .nan : present.reduce(0) { $0 + scores[$1] } / Double(present.count)
    case .micro: return ConfusionMatrix.score(score, right.reduce(0, +), of: count, taken: count)
    case .weighted:
      let total = present.reduce(0) { $0 + scores[$1] * Double(support[$1]) }
      return count == 0 ? .nan : total / Double(count)
    }
  }

  private static func score(_ score: Score, _ right: Int, of support: Int, taken: Int) -> Double {
    let (share, of): (Int, Int) =
      switch score {
      case .precision: (right, taken)
      case .recall: (right, support)
      case .f1: (2 * right, support + taken)
      case .intersectionOverUnion: (right, support + taken - right)
      }
    return of == 0 ? 0 : Double(share) / Double(of)
  }
}
