import Apus

/// Learning to continue a series.
struct ForecastRun: RecipeRun {
  let configuration: RunConfiguration
  let model: Module
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "times"
  private let naiveError: Double

  init(_ work: ForecastWork, _ configuration: RunConfiguration, _ directory: RunDirectory) throws {
    guard let path = configuration.dataDirectory else {
      throw UsageError("expected --data, a CSV table with a row for each time (apus train --help)")
    }
    let series = try Series(contentsOf: path, target: configuration.extras.target)
    var configuration = configuration
    configuration.dataset = path.split(separator: "/").last.map(String.init) ?? path
    configuration.extras.target = series.names[series.target]
    let cut = Int(Double(series.count) * (1 - (configuration.extras.testShare ?? 0.2)))
    guard cut > work.window, cut < series.count else {
      throw Failure(
        "\(path): \(series.count) times, of which \(cut) are to train on; expected more than \(work.window) and some to "
          + "judge by")
    }
    let (values, mean, deviation) = series.standardized(by: cut)
    naiveError = series.naiveError(from: cut)
    func windows(_ times: Range<Int>) -> SeriesWindows {
      SeriesWindows(values, features: series.names.count, target: series.target, window: work.window, times: times)
    }
    let loader = DataLoader(
      windows(work.window..<cut), batchSize: configuration.batchSize, sampling: .shuffled, seed: configuration.seed)
    batches = loader
    testBatches = DataLoader(windows(cut..<series.count), batchSize: 500, sampling: .sequential)
    var key = RandomKey(configuration.seed)
    let network = work.makeModel(series.names.count, &key)
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
}

/// The columns of numbers of a table whose rows are times.
private struct Series {
  let names: [String]
  /// Time after time.
  let values: [Double]
  let target: Int
  var count: Int { values.count / names.count }

  init(contentsOf path: String, target: String?) throws {
    let table = try TextTable(contentsOfCSV: path, knownNames: target.map { [$0] } ?? [])
    func number(_ field: String) -> Double? { Double(field).flatMap { $0.isFinite ? $0 : nil } }
    let columns = table.names.indices.filter { number(table.rows[0][$0]) != nil }
    if let target, let column = table.names.firstIndex(of: target), !columns.contains(column) {
      throw Failure("\(path): the column \(target) is not of numbers")
    }
    names = columns.map { table.names[$0] }
    guard !names.isEmpty else { throw Failure("\(path): no column is of numbers") }
    var values: [Double] = []
    for (place, row) in table.rows.enumerated() {
      for column in columns {
        guard let value = number(row[column]) else {
          throw Failure(
            "\(path): row \(place + 1) has \"\(row[column])\" for \(table.names[column]), expected a number")
        }
        values.append(value)
      }
    }
    self.values = values
    if let target {
      guard let column = names.firstIndex(of: target) else {
        throw UsageError(unknown: "column", target, among: names, help: "apus train --help")
      }
      self.target = column
    } else {
      self.target = names.count - 1
    }
  }

  /// All columns less their means and by their deviations, those of the first times; with those of the target.
  func standardized(by times: Int) -> (values: [Float], mean: Double, deviation: Double) {
    let scales = names.indices.map { column in
      let known = (0..<times).map { values[$0 * names.count + column] }
      let mean = known.reduce(0, +) / Double(times)
      let variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times)
      return (mean: mean, deviation: variance > 0 ? variance.squareRoot() : 1)
    }
    let result = values.enumerated().map { place, value in
      Float((value - scales[place % names.count].mean) / scales[place % names.count].deviation)
    }
    return (result, scales[target].mean, scales[target].deviation)
  }

  /// The mean magnitude of the target's steps.
  func naiveError(from time: Int) -> Double {
    func value(_ time: Int) -> Double { values[time * names.count + target] }
    let times = time..<count
    return times.reduce(0) { $0 + abs(value($1) - value($1 - 1)) } / Double(max(1, times.count))
  }
}
