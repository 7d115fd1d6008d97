import Apus

extension Command {
  static let evaluate = Command(
    name: "evaluate", summary: "Judge a trained model on its test data", operands: "RUN", operandCount: 1...1,
    options: [
      Option(name: "data", value: "PATH", help: "where the data set or the table is (default: as in training)"),
      Option(name: "importance-samples", value: "K", help: "of a vae: the bound that K codes of an image give, too"),
      Option(name: "classifier", value: "RUN", help: "judge generated images by this classifier, too"),
    ] + SampleRequest.options + [
      Option(name: "seed", value: "N", help: "of generated images (default 0)"),
      Option(name: "json", help: "print one JSON object"),
      Option(name: "quiet", help: "no progress"),
    ]
  ) { arguments in
    if let agent = try TrainedAgent(arguments.operands[0]) {
      guard !arguments.isGiven("data") else { throw UsageError("--data is not for an agent (apus evaluate --help)") }
      let (text, json) = agent.judged()
      if arguments.has("json") { return Terminal.print(json.serialized()) }
      return text.forEach(Terminal.print)
    }
    let run = try TrainedRun(arguments.operands[0])
    for option in ["classifier", "seed"] + SampleRequest.options.map(\.name) where arguments.isGiven(option) {
      guard case .imageModel = run.recipe.work else {
        throw UsageError("--\(option) is for runs that make images (apus evaluate --help)")
      }
    }
    if arguments.isGiven("importance-samples") {
      guard case .imageModel = run.recipe.work else {
        throw UsageError("--importance-samples is for runs of the recipe vae (apus evaluate --help)")
      }
    }
    let (text, json) =
      switch run.recipe.work {
      case .classification: try judged(TrainedClassifier(run), arguments)
      case .segmentation: try judged(TrainedSegmenter(run), arguments)
      case .table: try judged(TrainedTable(run), arguments)
      case .languageModel, .translation, .punctuation, .textClassification, .forecast, .imageModel:
        try judged(run, arguments)
      }
    if arguments.has("json") { return Terminal.print(json.serialized()) }
    text.forEach(Terminal.print)
  }

  /// Judges a run by what it was judged by in training.
  private static func judged(
    _ trained: TrainedRun, _ arguments: ParsedArguments
  ) throws -> (text: [String], json: JSONValue) {
    var configuration = trained.configuration
    if let path = arguments.string("data") { configuration.dataDirectory = path }
    let run = try trained.recipe.makeRun(
      configuration, in: trained.directory, reading: DataReading(isQuiet: arguments.has("quiet")))
    try trained.directory.loadModel(into: run.model)
    let trainer = Trainer(run.task, data: run.batches, options: TrainerOptions(epochs: 1))
    let measures = trainer.validate(run.testBatches).measures
    let scores = try run.scores(arguments)
    var json: JSONObject = ["dataset": .string(run.configuration.dataset)]
    for (name, value) in measures.entries.map({ ($0.name, $0.value) }) + scores { json[name] = .number(value) }
    let text = [
      "\(run.configuration.dataset), \(run.counts.test.grouped) test \(type(of: run).exampleName)",
      run.resultText(measures),
    ]
    return (text + scores.map { run.scoreText($0.name, $0.value) }, .object(json))
  }

  private static func judged(
    _ run: TrainedClassifier, _ arguments: ParsedArguments
  ) throws -> (text: [String], json: JSONValue) {
    let data = try run.data(directory: arguments.string("data"), isQuiet: arguments.has("quiet"))
    let classes = run.configuration.classNames
    guard data.classNames.count <= classes.count else {
      throw Failure("\(data.name): has \(data.classNames.count) classes, the model \(classes.count)")
    }
    let judgement = ClassJudgement(result: run.evaluate(data.test), classes: classes, data: data.name)
    return (judgement.lines(examples: "images"), judgement.json)
  }

  private static func judged(
    _ run: TrainedTable, _ arguments: ParsedArguments
  ) throws -> (text: [String], json: JSONValue) {
    let table = try run.table(arguments.string("data"))
    let examples = try EncodedTable(table, run.encoding)
    let name = arguments.string("data") ?? run.run.configuration.dataset
    let classes = run.encoding.classNames
    if !classes.isEmpty {
      let batches = DataLoader(examples, batchSize: 1000, sampling: .sequential)
      let result = Classifier(run.model).evaluate(batches, classes: classes.count)
      let judgement = ClassJudgement(result: result, classes: classes, data: name)
      return (judgement.lines(examples: "rows"), judgement.json)
    }
    return try judgedNumbers(run, table, name)
  }

  private static func judgedNumbers(
    _ run: TrainedTable, _ table: TextTable, _ name: String
  ) throws -> (text: [String], json: JSONValue) {
    let answers = try run.answers(table).squeezed([1])
    let truth = Tensor(try run.encoding.numbers(table).map { Float($0) })
    var metrics: [any Metric] = [MeanAbsoluteError(), MeanSquaredError(takesRoot: true), RSquared()]
    for place in metrics.indices { metrics[place].add(answers, truth) }
    var json: JSONObject = ["dataset": .string(name), "count": .integer(Int64(table.rows.count))]
    for metric in metrics { json[metric.name] = .number(metric.value) }
    let text = [
      "\(name), \(table.rows.count.grouped) test rows: \(run.encoding.target.name)",
      "mean magnitude of the errors \(metrics[0].value.significant(4)), root of their mean square "
        + "\(metrics[1].value.significant(4)), R² \(metrics[2].value.fixed(4))",
    ]
    return (text, .object(json))
  }

  private static func judged(
    _ run: TrainedSegmenter, _ arguments: ParsedArguments
  ) throws -> (text: [String], json: JSONValue) {
    let data = try run.data(directory: arguments.string("data"), isQuiet: arguments.has("quiet"))
    let classes = run.run.configuration.classNames
    let batches = SegmentationRun.testBatches(data)
    let result = Classifier(run.model).evaluate(batches, classes: classes.count)
    let matrix = ConfusionMatrix(counts: result.confusion)
    let (unions, dice) = (matrix.perClass(.intersectionOverUnion), matrix.perClass(.f1))
    let means = (matrix.average(.intersectionOverUnion, .macro), matrix.average(.f1, .macro))
    let width = classes.map(\.count).max() ?? 0
    var text = [
      "scenes of \(data.name), \(batches.exampleCount.grouped) for testing",
      "pixel accuracy \(result.accuracy.percent()), loss \(result.loss.fixed(4))",
      "mean over the classes: intersection over union \(means.0.fixed(3)), Dice \(means.1.fixed(3))", "",
    ]
    for (label, name) in classes.enumerated() {
      text.append("  \(name.padded(width))  IoU \(unions[label].fixed(3))  Dice \(dice[label].fixed(3))")
    }
    let json: JSONValue = [
      "dataset": .string(data.name), "count": .integer(Int64(batches.exampleCount)),
      "pixels": .integer(Int64(result.count)), "accuracy": .number(result.accuracy), "loss": .number(result.loss),
      "mean_iou": .number(means.0), "mean_dice": .number(means.1), "classes": .array(classes.map { .string($0) }),
      "iou": .numbers(unions), "dice": .numbers(dice),
      "confusion": .array(result.confusion.map { .array($0.map { .integer(Int64($0)) }) }),
    ]
    return (text, json)
  }
}

/// How well classes are told, in words and as JSON.
private struct ClassJudgement {
  let result: Evaluation
  let classes: [String]
  /// What the data is called.
  let data: String

  private var matrix: ConfusionMatrix { ConfusionMatrix(counts: result.confusion) }

  func lines(examples: String) -> [String] {
    let means = [ConfusionMatrix.Score.precision, .recall, .f1].map { matrix.average($0, .macro).percent() }
    let width = classes.map(\.count).max() ?? 0
    var lines = [
      "\(data), \(result.count.grouped) test \(examples)",
      "accuracy \(result.accuracy.percent()), loss \(result.loss.fixed(4))",
      "mean over the classes: precision \(means[0]), recall \(means[1]), F1 \(means[2])", "",
    ]
    for (label, name) in classes.enumerated() {
      let (total, right) = (result.confusion[label].reduce(0, +), result.confusion[label][label])
      let share = total == 0 ? "–" : (Double(right) / Double(total)).percent(1)
      lines.append("  \(name.padded(width))  \(share.leftPadded(7))" + confused(result.confusion[label], label))
    }
    return lines
  }

  /// What a class is taken for most often, if it ever is.
  private func confused(_ row: [Int], _ label: Int) -> String {
    guard let other = row.indices.filter({ $0 != label }).max(by: { row[$0] < row[$1] }), row[other] > 0 else {
      return ""
    }
    return "  (\(row[other].grouped) taken for \(classes[other]))"
  }

  var json: JSONValue {
    func scores(_ score: ConfusionMatrix.Score) -> JSONValue { .numbers(matrix.perClass(score)) }
    return [
      "dataset": .string(data), "count": .integer(Int64(result.count)), "accuracy": .number(result.accuracy),
      "loss": .number(result.loss), "classes": .array(classes.map { .string($0) }),
      "precision": scores(.precision), "recall": scores(.recall), "f1": scores(.f1),
      "macro_f1": .number(matrix.average(.f1, .macro)),
      "confusion": .array(result.confusion.map { .array($0.map { .integer(Int64($0)) }) }),
    ]
  }
}
