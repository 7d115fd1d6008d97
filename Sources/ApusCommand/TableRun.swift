import Apus

/// Learning a column of a table from the others.
struct TableRun: RecipeRun {
  let configuration: RunConfiguration
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "rows"
  private let encoding: TableEncoding
  private let network: any Layer

  init(
    _ makeModel: (Int, Int, inout RandomKey) -> any Layer, _ configuration: RunConfiguration,
    _ directory: RunDirectory
  ) throws {
    let data = try TableData(configuration)
    let ignored = configuration.extras.ignored ?? []
    let kind = configuration.extras.task.flatMap { TableEncoding.TargetKind(rawValue: $0) }
    let encoding = try TableEncoding(fitting: data.training, target: data.target, kind: kind, ignoring: ignored)
    if File.exists(directory.columnsPath), try TableEncoding(contentsOf: directory.columnsPath) != encoding {
      throw Failure("\(data.training.path): other rows than the run in \(directory.path) was begun with")
    }
    if encoding.classNames.isEmpty, configuration.extras.labelSmoothing != nil {
      throw UsageError("--label-smoothing is for classes; \(data.target.singleLine) is a number (apus train --help)")
    }
    var configuration = configuration
    configuration.dataset = data.name
    configuration.classNames = encoding.classNames
    batches = DataLoader(
      try EncodedTable(data.training, encoding), batchSize: configuration.batchSize, sampling: .shuffled,
      seed: configuration.seed)
    testBatches = DataLoader(try EncodedTable(data.test, encoding), batchSize: 1000, sampling: .sequential)
    var key = RandomKey(configuration.seed)
    network = makeModel(encoding.inputCount, max(1, encoding.classNames.count), &key)
    let how = try Optimization(network, configuration, batchCount: batches.batchCount, directory.configurationPath)
    self.encoding = encoding
    self.configuration = how.configuration
    task = TableRun.task(network, how, encoding)
  }

  private static func task(_ network: any Layer, _ how: Optimization, _ encoding: TableEncoding) -> TrainingTask {
    guard case .number(_, let mean, let deviation) = encoding.target else {
      return .classification(
        network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
        precision: how.precision, labelSmoothing: how.configuration.extras.labelSmoothing ?? 0,
        metrics: [Accuracy(), ConfusionMatrix(classes: encoding.classNames.count)])
    }
    let task = TrainingTask.regression(
      network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
      precision: how.precision)
    // What is measured is in the units of the column; the loss is of standardised numbers.
    return TrainingTask(task.objectives[0], metrics: [MeanAbsoluteError(), RSquared()]) { batch in
      let judged = task.judge(batch)
      return Judgement(
        lossSum: judged.lossSum, lossCount: judged.lossCount, predictions: judged.predictions * deviation + mean,
        targets: judged.targets * deviation + mean)
    }
  }

  var model: Module { network }
  var counts: (training: Int, test: Int) { (batches.exampleCount, testBatches.exampleCount) }
  var modelSummary: ModelSummary? { ModelSummary(network, input: .zeros([1, encoding.inputCount])) }

  func epochText(_ measures: Measures) -> String {
    let loss = "loss \((measures["loss"] ?? .nan).fixed(4))"
    if let accuracy = measures["accuracy"] { return "\(loss) accuracy \(accuracy.percent())" }
    return loss + (measures["r_squared"].map { " R² \($0.fixed(4))" } ?? "")
  }

  func resultText(_ measures: Measures) -> String {
    let loss = "test loss \((measures["loss"] ?? .nan).fixed(4))"
    if let accuracy = measures["accuracy"] { return "test accuracy \(accuracy.percent()), \(loss)" }
    let error = (measures["mean_absolute_error"] ?? .nan).significant(4)
    return "test error \(error) (mean magnitude), R² \((measures["r_squared"] ?? .nan).fixed(4)), \(loss)"
  }

  func writeCompanions(to directory: RunDirectory) throws {
    try AtomicFile.write(encoding.json.serialized(indentation: 2) + "\n", to: directory.columnsPath)
  }
}

/// The rows that a configuration names, for training and for testing.
struct TableData {
  let target: String
  let training: TextTable
  let test: TextTable

  var name: String { training.path.split(separator: "/").last.map(String.init) ?? training.path }

  /// The share of rows that are held out where no test table is named.
  static let usualTestShare = 0.2

  init(_ configuration: RunConfiguration) throws {
    guard let path = configuration.dataDirectory, let target = configuration.extras.target else {
      throw UsageError("recipe \(configuration.recipe) needs --data FILE.csv and --target COLUMN (apus train --help)")
    }
    self.target = target
    let table = try TextTable(contentsOfCSV: path, knownNames: [target])
    if let testPath = configuration.extras.testData {
      (training, test) = (table, try TextTable(contentsOfCSV: testPath, knownNames: Set(table.names)))
      return
    }
    let count = table.rows.count
    let share = configuration.extras.testShare ?? TableData.usualTestShare
    let held = max(1, Int((share * Double(count)).rounded()))
    guard held < count else {
      throw Failure("\(path): \(count) rows, of which \(held) are held out for testing: none are left to train on")
    }
    let order = shuffledOrder(count, seed: configuration.seed, epoch: 0)
    // In the order of the file, so that a row is found again.
    test = TextTable(table, rows: order.prefix(held).sorted())
    training = TextTable(table, rows: order.dropFirst(held).sorted())
  }
}

/// A run that learned a column of a table.
struct TrainedTable {
  let run: TrainedRun
  let model: any Layer
  let encoding: TableEncoding

  init(_ run: TrainedRun) throws {
    guard case .table(let makeModel) = run.recipe.work else { throw run.mismatch(expected: "learns from a table") }
    let encoding = try TableEncoding(contentsOf: run.directory.columnsPath)
    (self.run, self.encoding) = (run, encoding)
    model = try run.loading { makeModel(encoding.inputCount, max(1, encoding.classNames.count), &$0) }
  }

  /// The test rows of the run, or all rows of another table.
  func table(_ path: String?) throws -> TextTable {
    guard let path else { return try TableData(run.configuration).test }
    return try TextTable(contentsOfCSV: path, knownNames: Set(encoding.columns.map(\.name)))
  }

  /// What the model says of each row: probabilities `[rows, classes]`, or numbers `[rows, 1]` in the column's units.
  func answers(_ table: TextTable) throws -> Tensor {
    let inputs = Tensor(try encoding.inputs(table), shape: [table.rows.count, encoding.inputCount])
    let outputs = Phase.with(.inference) { model(inputs) }
    if case .number(_, let mean, let deviation) = encoding.target { return outputs * deviation + mean }
    return outputs.softmax()
  }
}

extension RunDirectory {
  /// How the columns of a table become numbers.
  var columnsPath: String { path + "/columns.json" }
}

extension TableEncoding {
  init(contentsOf path: String) throws(FileError) { try self.init(try JSONValue(contentsOf: path), path: path) }
}
