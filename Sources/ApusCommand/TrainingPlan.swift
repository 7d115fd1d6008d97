import Apus

/// Where a run goes, how it is configured, and where it begins.
struct TrainingPlan {
  enum Start { case beginning, checkpoint }

  let directory: RunDirectory
  let configuration: RunConfiguration
  let start: Start
  private static let help = "apus train --help"

  init(_ arguments: ParsedArguments, _ recipe: Recipe) throws {
    for option in Recipe.Work.ownOptions where !recipe.work.ownOptions.contains(option) && arguments.isGiven(option) {
      throw UsageError("--\(option) is not for recipe \(recipe.name), which \(recipe.work.text) (\(Self.help))")
    }
    if arguments.has("resume") {
      (directory, configuration, start) = try Self.resumed(arguments, recipe)
    } else {
      let configuration = try Self.configuration(arguments, recipe)
      self.configuration = configuration
      // Finding a rate leaves only a picture, beside whatever there is.
      let named = arguments.string("out")
      directory =
        arguments.has("find-learning-rate")
        ? RunDirectory(named ?? "runs/\(recipe.name)")
        : try named.map(Self.unused) ?? Self.nextFree("runs/\(recipe.name)")
      start = .beginning
    }
  }

  private static func configuration(_ arguments: ParsedArguments, _ recipe: Recipe) throws -> RunConfiguration {
    let optimizer = try name("optimizer", among: Recipe.optimizerNames, arguments) ?? recipe.optimizer
    let steps = try arguments.integer("steps", in: Limits.steps)
    let givenEpochs = try arguments.integer("epochs", in: Limits.epochs)
    // Steps alone are the whole measure of a run.
    let epochs = givenEpochs ?? (steps == nil && recipe.steps == nil ? recipe.epochs : Int.max >> 16)
    var configuration = RunConfiguration(
      recipe: recipe.name, dataset: recipe.dataset, dataDirectory: arguments.string("data"), classNames: [],
      epochs: epochs,
      batchSize: try arguments.integer("batch-size", in: Limits.batchSize) ?? recipe.batchSize,
      learningRate: try arguments.positiveNumber("learning-rate") ?? recipe.learningRate(with: optimizer),
      optimizer: optimizer,
      schedule: try name("schedule", among: ScheduleKind.allCases.map(\.rawValue), arguments)
        ?? recipe.schedule.rawValue,
      seed: try arguments.seed("seed") ?? 0)
    configuration.extras.steps = steps ?? (givenEpochs == nil ? recipe.steps : nil)
    configuration.extras.accumulate = try arguments.integer("accumulate", in: Limits.batchSize)
    configuration.extras.clipNorm = try arguments.positiveNumber("clip-norm") ?? recipe.clipNorm
    configuration.extras.weightDecay =
      try arguments.number("weight-decay", 0..<Double.infinity, "a number from 0 on")
      ?? (optimizer == recipe.optimizer ? recipe.weightDecay : nil)
    configuration.extras.labelSmoothing =
      try arguments.number("label-smoothing", 0..<1, "a number from 0 to below 1")
      ?? (recipe.labelSmoothing > 0 ? recipe.labelSmoothing : nil)
    configuration.extras.augmentation =
      try augmentation(arguments, recipe) ?? (recipe.augmentation.isEmpty ? nil : recipe.augmentation)
    configuration.extras.averageDecay =
      try arguments.number("ema", 0..<1, "a number from 0 to below 1") ?? recipe.averageDecay
    configuration.extras.earlyStopping = try arguments.integer("early-stopping", in: Limits.epochs)
    configuration.extras.keep = try arguments.integer("keep", in: Limits.epochs)
    configuration.extras.checkpointInterval = try arguments.integer("checkpoint-every", in: Limits.steps)
    configuration.extras.validationInterval = try arguments.integer("validate-every", in: Limits.steps)
    try setTable(&configuration.extras, arguments)
    configuration.extras.model = try modelSettings(arguments, recipe)
    configuration.extras.classifier = arguments.string("classifier")?.absolutePath
    configuration.extras.precision = try name("precision", among: ["float32", "bfloat16", "float16"], arguments)
    if configuration.extras.precision == "float32" { configuration.extras.precision = nil }
    return configuration
  }

  /// What only a table is asked for.
  private static func setTable(_ extras: inout RunExtras, _ arguments: ParsedArguments) throws {
    extras.target = arguments.string("target")
    extras.task = try name("task", among: TableEncoding.TargetKind.allCases.map(\.rawValue), arguments)
    extras.ignored = arguments.string("ignore").map { $0.split(separator: ",").map(String.init) }
    extras.testData = arguments.string("test")?.absolutePath
    extras.testShare = try arguments.number(
      "test-share", .leastNonzeroMagnitude..<1, "a number between 0 and 1")
    if extras.testData != nil, extras.testShare != nil {
      throw UsageError("--test and --test-share exclude each other")
    }
  }

  /// What the recipe's model is made with; nil where nothing of it can be told.
  private static func modelSettings(_ arguments: ParsedArguments, _ recipe: Recipe) throws -> ModelSettings? {
    guard case .imageModel(let work) = recipe.work else { return nil }
    var settings = work.usualSettings
    for option in work.options {
      guard let text = arguments.string(option.name) else { continue }
      guard let value = option.parsed(text) else {
        throw UsageError("--\(option.name) \(text): expected \(option.expectation) (\(help))")
      }
      settings[option.name] = value
    }
    return settings
  }

  private static func augmentation(_ arguments: ParsedArguments, _ recipe: Recipe) throws -> String? {
    guard let text = arguments.string("augment"), case .classification(let inputShape, _) = recipe.work else {
      return nil
    }
    do {
      let augmentation = try Augmentation(parsing: text)
      try augmentation.check(channels: inputShape[2])
      return augmentation.description
    } catch {
      throw UsageError("--augment: \(error.description) (\(help))")
    }
  }

  /// The name that an option gives, if it is given, one of those that there are.
  private static func name(_ option: String, among known: [String], _ arguments: ParsedArguments) throws -> String? {
    guard let name = arguments.string(option) else { return nil }
    guard known.contains(name) else { throw UsageError(unknown: option, name, among: known, help: help) }
    return name
  }

  /// What a resumed run keeps from its beginning.
  private static let fixed =
    [
      "batch-size", "learning-rate", "optimizer", "schedule", "augment", "weight-decay", "label-smoothing", "clip-norm",
      "accumulate", "ema", "precision", "early-stopping", "keep", "checkpoint-every", "validate-every", "target",
      "task",
      "ignore", "test", "test-share", "classifier", "seed",
    ] + Recipe.modelOptions.map(\.name)

  private static func resumed(
    _ arguments: ParsedArguments, _ recipe: Recipe
  ) throws -> (RunDirectory, RunConfiguration, Start) {
    if arguments.has("find-learning-rate") { throw UsageError("--find-learning-rate trains nothing to --resume") }
    let epochs = try arguments.integer("epochs", in: Limits.epochs)
    let steps = try arguments.integer("steps", in: Limits.steps)
    var (directory, saved) = try resumed(arguments, recipe.name, fixed: fixed)
    if let epochs { saved.epochs = epochs }
    if let steps { saved.extras.steps = steps }
    if let data = arguments.string("data") { saved.dataDirectory = data }
    // A run that ended before its first checkpoint begins with the same bits, from its configuration.
    return (directory, saved, directory.hasCheckpoint ? .checkpoint : .beginning)
  }

  /// The run in --out that is to go on, as it was told to be; it may have ended before its first checkpoint.
  static func resumed(
    _ arguments: ParsedArguments, _ recipe: String, fixed: [String]
  ) throws -> (RunDirectory, RunConfiguration) {
    guard let path = arguments.string("out") else { throw UsageError("--resume needs --out, the run to go on with") }
    for option in fixed where arguments.string(option) != nil {
      throw UsageError("--\(option) cannot be changed by --resume: the run goes on as it began")
    }
    let directory = RunDirectory(path)
    let saved = try directory.configuration()
    guard saved.recipe == recipe else {
      throw Failure("\(directory.configurationPath): a run of recipe \(saved.recipe), not of \(recipe)")
    }
    if !directory.hasCheckpoint, File.exists(directory.modelPath) {
      throw Failure("\(directory.checkpointPath): the checkpoint is missing; without it the run cannot go on")
    }
    return (directory, saved)
  }

  static func unused(_ path: String) throws -> RunDirectory {
    let directory = RunDirectory(path)
    if directory.holdsRun {
      throw Failure("\(path): holds a run already. Go on with it by --resume, or name another directory")
    }
    if File.exists(path), !File.isDirectory(path) { throw Failure("\(path): is a file, expected a directory") }
    return directory
  }

  static func nextFree(_ path: String) -> RunDirectory {
    func isTaken(_ path: String) -> Bool { File.exists(path) || File.isDirectory(path) }
    if !isTaken(path) { return RunDirectory(path) }
    var number = 2
    while isTaken("\(path)-\(number)") { number += 1 }
    return RunDirectory("\(path)-\(number)")
  }
}
