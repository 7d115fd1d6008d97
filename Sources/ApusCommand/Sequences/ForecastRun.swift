import Apus

/// Learning to continue a series.
struct ForecastRun: RecipeRun {
  let configuration: RunConfiguration
  let model: Module
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "times"
  /// The mean magnitude of the target's steps where the model is judged.
  private let naiveError: Double
  private let encoding: TableEncoding

  init(_ work: ForecastWork, _ configuration: RunConfiguration, _ directory: RunDirectory) throws {
    guard let path = configuration.dataDirectory else {
      throw UsageError("expected --data, a CSV table with a row for each time (apus train --help)")
    }
    let target = configuration.extras.target
    let table = try TextTable(contentsOfCSV: path, knownNames: target.map { [$0] } ?? [])
    if let target, !table.names.contains(target) {
      throw UsageError(unknown: "column", target, among: table.names, help: "apus train --help")
    }
    let count = table.rows.count
    let cut = Int(Double(count) * (1 - (configuration.extras.testShare ?? 0.2)))
    guard cut > work.window, cut < count else {
      throw Failure(
        "\(path): \(count) times, of which \(cut) are to train on; expected more than \(work.window) and some to "
          + "judge by")
    }
    let encoding = try TableEncoding(fittingSeries: TextTable(table, rows: Array(0..<cut)), target: target)
    if File.exists(directory.columnsPath), try TableEncoding(contentsOf: directory.columnsPath) != encoding {
      throw Failure("\(path): other rows than the run in \(directory.path) was begun with")
    }
    guard case .number(let name, let mean, let deviation) = encoding.target,
      let place = encoding.columns.firstIndex(of: encoding.target)
    else { throw Failure("\(path): the column to continue is not of numbers") }
    self.encoding = encoding
    var configuration = configuration
    configuration.dataset = path.split(separator: "/").last.map(String.init) ?? path
    configuration.extras.target = name
    let values = try encoding.inputs(table)
    let told = try encoding.numbers(table)
    naiveError = (cut..<count).reduce(0) { $0 + abs(told[$1] - told[$1 - 1]) } / Double(count - cut)
    func windows(_ times: Range<Int>) -> SeriesWindows {
      SeriesWindows(values, features: encoding.inputCount, target: place, window: work.window, times: times)
    }
    let loader = DataLoader(
      windows(work.window..<cut), batchSize: configuration.batchSize, sampling: .shuffled, seed: configuration.seed)
    batches = loader
    testBatches = DataLoader(windows(cut..<count), batchSize: 500, sampling: .sequential)
    var key = RandomKey(configuration.seed)
    let network = work.makeModel(encoding.inputCount, &key)
    let how = try Optimization(network, configuration, batchCount: loader.batchCount, directory.configurationPath)
    let plain = TrainingTask.regression(
      network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
      precision: how.precision)
    // What is measured is in the units of the column; the loss is of standardised numbers.
    task = TrainingTask(plain.objectives[0], metrics: [MeanAbsoluteError(), RSquared()]) { batch in
      let judged = plain.judge(batch)
      return Judgement(
        lossSum: judged.lossSum, lossCount: judged.lossCount, predictions: judged.predictions * deviation + mean,
        targets: judged.targets * deviation + mean)
    }
    model = network
    self.configuration = how.configuration
  }

  var counts: (training: Int, test: Int) { (batches.exampleCount, testBatches.exampleCount) }

  func epochText(_ measures: Measures) -> String {
    let error = measures["mean_absolute_error"].map { "  error \($0.significant(4))" } ?? ""
    return "loss \((measures["loss"] ?? .nan).fixed(4))\(error)"
  }

  func resultText(_ measures: Measures) -> String {
    "test error \((measures["mean_absolute_error"] ?? .nan).significant(4)) (mean magnitude), "
      + "\(naiveError.significant(4)) by saying the last value again"
  }

  func writeCompanions(to directory: RunDirectory) throws {
    try AtomicFile.write(encoding.json.serialized(indentation: 2) + "\n", to: directory.columnsPath)
  }
}

/// A run that learned to continue a series.
struct TrainedForecaster {
  let run: TrainedRun
  let model: any Layer
  let encoding: TableEncoding
  let window: Int

  init(_ run: TrainedRun) throws {
    guard case .forecast(let work) = run.recipe.work else { throw run.mismatch(expected: "continues series") }
    let encoding = try TableEncoding(contentsOf: run.directory.columnsPath)
    (self.run, self.encoding, window) = (run, encoding, work.window)
    model = try run.loading { work.makeModel(encoding.inputCount, &$0) }
  }

  /// What the column is at the time after the last row, in its own units.
  func next(after table: TextTable) throws -> Double {
    guard case .number(_, let mean, let deviation) = encoding.target else {
      throw Failure("\(run.directory.columnsPath): the target is not a column of numbers")
    }
    guard table.rows.count >= window else {
      throw Failure("\(table.path): \(table.rows.count) rows, expected \(window) or more: what the model looks at")
    }
    let last = TextTable(table, rows: Array(table.rows.count - window..<table.rows.count))
    let inputs = Tensor(try encoding.inputs(last), shape: [1, window, encoding.inputCount])
    return Phase.with(.inference) { model(inputs) }.item() * deviation + mean
  }
}
