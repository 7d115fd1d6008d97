import Apus

extension Command {
  static let evaluate = Command(
    name: "evaluate", summary: "Judge a trained model on its test images", operands: "RUN", operandCount: 1...1,
    options: [
      Option(name: "data", value: "DIR", help: "where the data set is (default: as in training)"),
      Option(name: "json", help: "print one JSON object"),
      Option(name: "quiet", help: "no progress"),
    ]
  ) { arguments in
    let run = try TrainedRun(arguments.operands[0])
    let data = try DatasetAccess.load(
      run.recipe.dataset, directory: arguments.string("data") ?? run.configuration.dataDirectory,
      isQuiet: arguments.has("quiet"))
    let classes = run.configuration.classNames
    guard data.classNames.count <= classes.count else {
      throw Failure("\(data.name): has \(data.classNames.count) classes, the model \(classes.count)")
    }
    let result = Classifier(run.model).evaluate(data.test, classes: classes.count)
    if arguments.has("json") {
      return Terminal.print(json(result, classes, data.name).serialized())
    }
    Terminal.print("\(data.name), \(result.count.grouped) test images")
    Terminal.print("accuracy \(result.accuracy.percent()), loss \(result.loss.fixed(4))")
    let matrix = ConfusionMatrix(counts: result.confusion)
    let means = [ConfusionMatrix.Score.precision, .recall, .f1].map { matrix.average($0, .macro).percent() }
    Terminal.print("mean over the classes: precision \(means[0]), recall \(means[1]), F1 \(means[2])")
    Terminal.print("")
    let width = classes.map(\.count).max() ?? 0
    for (label, name) in classes.enumerated() {
      let (total, right) = (result.confusion[label].reduce(0, +), result.confusion[label][label])
      let share = total == 0 ? "–" : (Double(right) / Double(total)).percent(1)
      Terminal.print(
        "  \(name.padded(width))  \(share.leftPadded(7))" + confused(result.confusion[label], label, classes))
    }
  }

  /// What a class is taken for most often, if it ever is.
  private static func confused(_ row: [Int], _ label: Int, _ classes: [String]) -> String {
    guard let other = row.indices.filter({ $0 != label }).max(by: { row[$0] < row[$1] }), row[other] > 0 else {
      return ""
    }
    return "  (\(row[other].grouped) taken for \(classes[other]))"
  }

  private static func json(_ result: Evaluation, _ classes: [String], _ dataset: String) -> JSONValue {
    let matrix = ConfusionMatrix(counts: result.confusion)
    func scores(_ score: ConfusionMatrix.Score) -> JSONValue { .numbers(matrix.perClass(score)) }
    return [
      "dataset": .string(dataset), "count": .integer(Int64(result.count)), "accuracy": .number(result.accuracy),
      "loss": .number(result.loss), "classes": .array(classes.map { .string($0) }),
      "precision": scores(.precision), "recall": scores(.recall), "f1": scores(.f1),
      "macro_f1": .number(matrix.average(.f1, .macro)),
      "confusion": .array(result.confusion.map { .array($0.map { .integer(Int64($0)) }) }),
    ]
  }
}

/// A run directory with its model loaded.
struct TrainedRun {
  let configuration: RunConfiguration
  let recipe: Recipe
  let model: any Layer
  let modelPath: String

  init(_ path: String) throws {
    let directory = RunDirectory(path)
    configuration = try directory.configuration()
    modelPath = directory.modelPath
    guard let recipe = Recipe.named(configuration.recipe) else {
      throw Failure("\(directory.configurationPath): the recipe \"\(configuration.recipe)\" is unknown (apus recipes)")
    }
    self.recipe = recipe
    var key = RandomKey(0)
    model = recipe.makeModel(configuration.classNames.count, &key)
    try directory.loadModel(into: model)
  }
}
