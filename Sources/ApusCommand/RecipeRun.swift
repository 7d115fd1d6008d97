import Apus
import ApusCPU
import ApusImages

/// A recipe's model, task and data, made as a configuration says: what training needs of any kind of work.
protocol RecipeRun {
  /// With what only the data can say: its name, those of its classes, how many epochs the steps make.
  var configuration: RunConfiguration { get }
  var model: Module { get }
  var task: TrainingTask { get }
  /// What is trained on.
  var batches: any BatchLoader { get }
  /// What is judged by.
  var testBatches: any BatchLoader { get }
  /// How many examples there are.
  var counts: (training: Int, test: Int) { get }
  /// What they are called: `images`.
  static var exampleName: String { get }
  /// How much there is: `60,000 training and 10,000 test images`.
  var sizeText: String { get }
  /// The model layer by layer, if it can be shown so.
  var modelSummary: ModelSummary? { get }

  /// What was measured in an epoch, in short: `loss 0.3163 accuracy 88.71 %`.
  func epochText(_ measures: Measures) -> String
  /// What training ended with: `test accuracy 88.71 %, test loss 0.3163`.
  func resultText(_ measures: Measures) -> String
  /// What else is worth judging by, after training: it takes longer.
  ///
  /// - Parameter arguments: Those of `apus evaluate`.
  func scores(_ arguments: ParsedArguments) throws -> [(name: String, value: Double)]
  /// A score as it is told.
  func scoreText(_ name: String, _ value: Double) -> String
  /// Examples for the run's page, and what the model makes of them.
  func samples(_ trainer: Trainer) -> [TrainingReport.Sample]
  /// Callbacks of this kind of work, which are called before the others.
  func ownCallbacks(_ directory: RunDirectory) throws -> [any Callback]
  /// Pictures of training, larger than examples: those that move, or as they are now.
  func pictures(_ directory: RunDirectory, isMoving: Bool) -> [TrainingReport.Sample]
  /// Writes what the model cannot be used without, beside the model: a tokenizer. Called when the run begins.
  func writeCompanions(to directory: RunDirectory) throws
}

extension RecipeRun {
  var modelSummary: ModelSummary? { nil }
  func scores(_ arguments: ParsedArguments) throws -> [(name: String, value: Double)] { [] }
  func scoreText(_ name: String, _ value: Double) -> String { "\(name) \(value.fixed(2))" }
  func ownCallbacks(_ directory: RunDirectory) throws -> [any Callback] { [] }
  func pictures(_ directory: RunDirectory, isMoving: Bool) -> [TrainingReport.Sample] { [] }
  func samples(_ trainer: Trainer) -> [TrainingReport.Sample] { [] }
  func writeCompanions(to directory: RunDirectory) throws {}

  var sizeText: String {
    "\(counts.training.grouped) training and \(counts.test.grouped) test \(Self.exampleName)"
  }

  func options(time: Duration?) -> TrainerOptions {
    var options = TrainerOptions(epochs: configuration.epochs, steps: configuration.extras.steps, time: time)
    options.batchesPerStep = configuration.extras.accumulate ?? 1
    options.checkpointInterval = configuration.extras.checkpointInterval
    options.validationInterval = configuration.extras.validationInterval
    return options
  }

  func callbacks(_ directory: RunDirectory, writesEvents: Bool) throws -> [any Callback] {
    var callbacks = try ownCallbacks(directory)
    if let count = configuration.extras.keep { callbacks.append(KeepCheckpoints(keeping: count)) }
    if let patience = configuration.extras.earlyStopping { callbacks.append(StopEarly(task, patience: patience)) }
    if writesEvents {
      callbacks.append(
        LogTensorBoard(
          directory: directory.eventsPath, summary: modelSummary,
          text: configuration.facts.map { "- \($0.name): \($0.value)" }.joined(separator: "\n"),
          images: { firstFilters + examples($0) + pictures(directory, isMoving: false).map(\.picture) }))
    }
    callbacks.append(
      WriteReport(
        title: "\(configuration.recipe) on \(configuration.dataset)", classNames: configuration.classNames,
        facts: { facts }, pictures: { _ in pictures(directory, isMoving: true) }, samples: { samples($0) }))
    return callbacks
  }

  /// The filters of the first convolution, for TensorBoard.
  private var firstFilters: [LogTensorBoard.Picture] {
    guard let filters = LearnedFilters.all(of: model).first else { return [] }
    let image = Mosaic(filters, count: 64).image()
    return [
      .init(
        tag: "filters/\(filters.path)", png: image.pngData, width: image.width, height: image.height,
        channels: image.channels)
    ]
  }

  /// The examples of the run's page, for TensorBoard.
  private func examples(_ trainer: Trainer) -> [LogTensorBoard.Picture] {
    samples(trainer).prefix(12).enumerated().map { number, sample in
      .init(
        tag: "examples/\(number + 1)", png: sample.png, width: sample.width, height: sample.height,
        channels: sample.channels)
    }
  }

  /// What is run, and on what.
  private var facts: [(name: String, value: String)] {
    var facts = configuration.facts
    facts.append(("parameters", model.parameterCount.grouped))
    facts.append(("examples", "\(counts.training.grouped) for training, \(counts.test.grouped) for testing"))
    facts.append(("computed by", "\(CPUBackend.threads) threads (\(CPUBackend.instructionSet))"))
    facts.append(("Apus", ApusCommand.version))
    return facts
  }
}

extension TrainingReport.Sample {
  /// The picture for TensorBoard, by what its caption begins with.
  fileprivate var picture: LogTensorBoard.Picture {
    let tag = "pictures/\(caption.prefix { $0 != ":" })"
    return LogTensorBoard.Picture(tag: tag, png: png, width: width, height: height, channels: channels)
  }
}

/// How the data of a run is read.
struct DataReading {
  /// Whether an example that cannot be read ends the run, instead of being left out.
  var isStrict = false
  var isQuiet = false
}

extension Recipe {
  /// A run as a configuration says, with the data that it names.
  func makeRun(
    _ configuration: RunConfiguration, in directory: RunDirectory, reading: DataReading
  ) throws -> any RecipeRun {
    switch work {
    case .classification(let inputShape, let makeModel):
      try ClassificationRun(self, inputShape, makeModel, configuration, directory, reading)
    case .segmentation(let inputShape, let makeModel):
      try SegmentationRun(self, inputShape, makeModel, configuration, directory, reading)
    case .table(let makeModel): try TableRun(makeModel, configuration, directory)
    case .languageModel(let work): try LanguageModelRun(self, work, configuration, directory, reading)
    case .translation(let work): try TranslationRun(self, work, configuration, directory, reading)
    case .punctuation(let work): try PunctuationRun(self, work, configuration, directory, reading)
    case .textClassification(let work): try TextClassificationRun(self, work, configuration, directory, reading)
    case .forecast(let work): try ForecastRun(work, configuration, directory)
    case .imageModel(let work): try ImageModelRun(self, work, configuration, directory, reading)
    }
  }
}

extension Recipe.Work {
  /// What a recipe of this kind does, after its name.
  var text: String {
    switch self {
    case .classification: "classifies images"
    case .segmentation: "classifies pixels"
    case .table: "learns from a table"
    case .languageModel: "continues texts"
    case .translation: "translates"
    case .punctuation: "puts marks between words"
    case .textClassification: "classifies texts"
    case .forecast: "continues series"
    case .imageModel: "models images"
    }
  }

  /// Which options of `apus train` it takes besides those that all recipes take.
  var ownOptions: Set<String> {
    switch self {
    case .classification: ["augment", "label-smoothing", "strict"]
    case .segmentation: ["label-smoothing", "strict"]
    case .table: ["label-smoothing", "target", "task", "ignore", "test", "test-share"]
    case .languageModel, .translation, .punctuation, .textClassification: ["label-smoothing"]
    case .forecast: ["target", "test-share"]
    case .imageModel(let work): Set(work.options.map(\.name)).union(["strict", "classifier"])
    }
  }

  /// The options that only some recipes take.
  static let ownOptions =
    [
      "augment", "label-smoothing", "strict", "target", "task", "ignore", "test", "test-share",
      "classifier",
    ] + Recipe.modelOptions.map(\.name)
}
