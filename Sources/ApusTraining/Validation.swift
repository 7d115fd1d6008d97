import ApusData
import ApusNN
import ApusOptim
import ApusTensor

/// What was measured on examples that are not trained on.
public struct ValidationResult: Sendable {
  /// `loss`, where the task has one, and the metrics.
  public let measures: Measures
  /// The task's metrics with all examples taken in: a confusion matrix, say.
  public let metrics: [any Metric]
  /// How many examples there were.
  public let count: Int
}

/// Judges a task's models by batches.
final class Validator {
  private let task: TrainingTask
  private let judge: ([Tensor]) -> [Tensor]
  private var parts: (hasLoss: Bool, hasCount: Bool) = (false, false)

  init(_ task: TrainingTask) {
    self.task = task
    var noteParts: ((Bool, Bool) -> Void)?
    judge = compile(updating: [SlotList(task.models + task.state.map(\.state))]) { batch in
      let judged = task.judge(batch)
      noteParts?(judged.lossSum != nil, judged.lossCount != nil)
      return [judged.predictions, judged.targets] + [judged.lossSum, judged.lossCount].compactMap { $0 }
    }
    noteParts = { [unowned self] in parts = ($0, $1) }
  }

  func predictions(_ batch: [Tensor]) -> Tensor { Phase.with(.inference) { judge(batch)[0] } }

  /// The measures of all batches of an epoch.
  func callAsFunction(_ loader: any BatchLoader) -> ValidationResult {
    var metrics = task.metrics
    var (loss, lossCount, count) = (0.0, 0.0, 0)
    for batch in loader.epoch(0, startingAt: 0) {
      let results = Phase.with(.inference) { judge(batch.tensors) }
      var judged: (sum: Double, count: Double)?
      if parts.hasLoss {
        let sums = (results[2].item(), parts.hasCount ? results[3].item() : Double(batch.count))
        loss += sums.0
        lossCount += sums.1
        judged = sums
      }
      for index in metrics.indices {
        if let judged, metrics[index].addLoss(judged.sum, count: judged.count) { continue }
        metrics[index].add(results[0], results[1])
      }
      count += batch.count
    }
    var measures = Measures()
    if parts.hasLoss { measures["loss"] = lossCount == 0 ? 0 : loss / lossCount }
    for metric in metrics { for measure in metric.measures { measures[measure.name] = measure.value } }
    return ValidationResult(measures: measures, metrics: metrics, count: count)
  }
}

extension TrainingTask {
  /// Runs `body` with the averages of the parameters in their place, where the objectives have one.
  public func withAverages<R>(_ body: () throws -> R) rethrows -> R {
    let averages = objectives.compactMap(\.average).filter { $0.updateCount > 0 }
    return try TrainingTask.with(averages[...], body)
  }

  private static func with<R>(_ averages: ArraySlice<WeightAverage>, _ body: () throws -> R) rethrows -> R {
    guard let first = averages.first else { return try body() }
    return try first.with { try with(averages.dropFirst(), body) }
  }
}
