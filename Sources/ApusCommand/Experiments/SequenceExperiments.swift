import Apus
import ApusFiles

extension Experiment {
  private static let kinds = [
    (kind: RecurrentKind.elman, name: "Elman"), (kind: .gru, name: "GRU"), (kind: .lstm, name: "LSTM"),
  ]

  /// Two numbers out of 200 are to be remembered.
  static let adding = Experiment(
    name: "adding", summary: "the adding problem over 200 steps: GRU and LSTM learn it, Elman's net does not (minutes)"
  ) { seed in
    var report = Report()
    let (time, steps) = (200, 4000)
    var results: [JSONValue] = []
    report.lines.append("mean squared error of the sum of two numbers among \(time); who always says 1 has 0.1667")
    for (kind, name) in kinds {
      var key = RandomKey(seed)
      let model = RecurrentRegressor(kind, features: 2, hidden: 64, outputs: 1, key: &key)
      let task = TrainingTask.regression(model, Adam(model, learningRate: 2e-3), clipping: .norm(1), metrics: [])
      let watch = ProblemWatch(steps: steps, every: 250)
      let trainer = Trainer(
        task, data: AddingProblem(time: time, batchSize: 50, batchCount: steps, seed: seed),
        validation: AddingProblem(time: time, batchSize: 100, batchCount: 10, seed: ~seed),
        options: TrainerOptions(epochs: 1), callbacks: [watch])
      try trainer.run(shouldStop: { Interruption.wasRequested })
      let error = trainer.lastValidation?.measures["loss"] ?? .nan
      report.lines.append("\(name.padded(6)) \(error.fixed(4))  \(error < 0.01 ? "learned" : "not learned")")
      results.append([
        "net": .string(name), "mean_squared_error": .number(error), "training_errors": .numbers(watch.means),
      ])
    }
    report.json["time"] = .integer(time)
    report.json["steps"] = .integer(steps)
    report.json["nets"] = .array(results)
    return report
  }

  /// Ten symbols are to be repeated after a while.
  static let copying = Experiment(
    name: "copying", summary: "ten symbols are to be repeated after 30 steps, by Elman's net, GRU and LSTM (minutes)"
  ) { seed in
    var report = Report()
    let (steps, delay) = (3000, 30)
    let problem = CopyingProblem(delay: delay, batchSize: 50, batchCount: steps, seed: seed)
    let test = CopyingProblem(delay: delay, batchSize: 100, batchCount: 5, seed: ~seed)
    let blind = Double(problem.length) * Tensor(Double(problem.symbols)).log().item() / Double(problem.time)
    report.lines.append(
      "cross-entropy and the share of the \(problem.length) symbols that are right; without memory "
        + "\(blind.fixed(4)) and \((1 / Double(problem.symbols)).percent(1))")
    var results: [JSONValue] = []
    for (kind, name) in kinds {
      var key = RandomKey(seed)
      let cell = RecurrentLanguageModel.Cell(rawValue: kind.rawValue)!
      let model = RecurrentLanguageModel(
        cell, vocabulary: problem.vocabulary, features: problem.vocabulary, hidden: 128, key: &key)
      let task = TrainingTask.languageModel(model, Adam(model, learningRate: 2e-3), clipping: .norm(1))
      let watch = ProblemWatch(steps: steps, every: 250)
      let trainer = Trainer(
        task, data: problem, validation: test, options: TrainerOptions(epochs: 1), callbacks: [watch])
      try trainer.run(shouldStop: { Interruption.wasRequested })
      let loss = trainer.lastValidation?.measures["loss"] ?? .nan
      var accuracy = Accuracy()
      for batch in test.epoch(0) {
        let logits = trainer.predictions(for: batch.tensors)
        let start = test.time - test.length
        accuracy.add(logits[0..., start...], batch.tensors[1][0..., start...])
      }
      report.lines.append("\(name.padded(6)) \(loss.fixed(4))  \(accuracy.value.percent(1))")
      results.append([
        "net": .string(name), "cross_entropy": .number(loss), "accuracy": .number(accuracy.value),
        "training_losses": .numbers(watch.means),
      ])
    }
    report.json["delay"] = .integer(delay)
    report.json["steps"] = .integer(steps)
    report.json["nets"] = .array(results)
    return report
  }
}

/// Shows how far an experiment has come, and gathers its losses.
private final class ProblemWatch: Callback {
  let name = "watch"
  private let steps: Int
  private let interval: Int
  private var sum = 0.0
  /// The mean loss of each stretch.
  private(set) var means: [Double] = []

  init(steps: Int, every interval: Int) { (self.steps, self.interval) = (steps, interval) }

  func batchEnded(_ trainer: Trainer, _ report: BatchReport) {
    sum += report.values["loss"] ?? .nan
    if report.step % interval == 0 {
      means.append(sum / Double(interval))
      sum = 0
    }
    guard Terminal.isInteractive else { return }
    Terminal.status(
      Progress.bar(
        "step \(report.step)", report.step, of: steps, "loss \((report.values["loss"] ?? .nan).fixed(4))",
        width: Terminal.width))
    if report.step == steps { Terminal.clearLine() }
  }
}
