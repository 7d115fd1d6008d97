import Apus
import ApusCPU

extension Command {
  static let train = Command(
    name: "train", summary: "Train a recipe", operands: "RECIPE", operandCount: 1...1,
    options: [
      Option(name: "data", value: "DIR", help: "where the data set is (default: found or fetched)"),
      Option(name: "epochs", value: "N", help: "how often to go through the data"),
      Option(name: "batch-size", value: "N", help: "examples in one step"),
      Option(name: "learning-rate", value: "X", help: "step size"),
      Option(name: "optimizer", value: "NAME", help: "how steps are taken (default: the recipe's)"),
      Option(name: "schedule", value: "NAME", help: "how the learning rate goes over the run (default constant)"),
      Option(name: "seed", value: "N", help: "of initial values and order (default 0)"),
      Option(name: "out", value: "DIR", help: "run directory (default runs/RECIPE, numbered if taken)"),
      Option(name: "resume", help: "go on from the last checkpoint in --out"),
      Option(name: "threads", value: "N", help: "threads to compute with (default: one per core)"),
      Option(name: "device", value: "NAME", help: "where to compute (default cpu)"),
      Option(name: "strict", help: "stop at a picture that cannot be read, instead of leaving it out"),
      Option(name: "quiet", help: "no progress"),
    ],
    details: """
      Optimizers: \(Command.names(Recipe.optimizerNames))
      Schedules: \(Command.names(ScheduleKind.allCases.map(\.rawValue)))

      The run directory gets config.json, metrics.jsonl, model.safetensors and checkpoints.
      Ctrl-C stops after the current step with a checkpoint; `apus train RECIPE --out DIR --resume`
      goes on from it and ends with the same bits.
      """
  ) { try Training($0).run() }

  /// A list in lines of at most 80 columns, the later ones indented.
  private static func names(_ all: [String]) -> String {
    var lines = [""]
    for name in all {
      if lines[lines.count - 1].count + name.count > 66 { lines.append("") }
      lines[lines.count - 1] += name + (name == all.last ? "" : ", ")
    }
    return lines.map { $0.hasSuffix(" ") ? String($0.dropLast()) : $0 }.joined(separator: "\n  ")
  }
}

private struct Training {
  /// Where in the run training begins.
  enum Start { case beginning, checkpoint }

  let arguments: ParsedArguments
  let recipe: Recipe

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    recipe = try Recipe.find(arguments.operands[0])
  }

  func run() throws {
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    let device = try Self.device(arguments.string("device"))
    let isQuiet = arguments.has("quiet")
    Interruption.watch()
    let (directory, configuration, start) = try plan()
    let data = try DatasetAccess.load(
      recipe.dataset, directory: configuration.dataDirectory, isStrict: arguments.has("strict"), isQuiet: isQuiet)
    let images = data.train
    guard [images.height, images.width, images.channels] == Array(recipe.inputShape), images.count > 0 else {
      let expected = recipe.inputShape.map(String.init).joined(separator: " × ")
      throw Failure(
        "\(data.name): images of \(images.height) × \(images.width) × \(images.channels), recipe \(recipe.name) "
          + "expects \(expected)")
    }
    var actual = configuration
    actual.dataset = data.name
    actual.dataDirectory = configuration.dataDirectory?.absolutePath
    actual.classNames = data.classNames
    try Device.with(device) { try train(actual, data, directory, start, isQuiet: isQuiet) }
  }

  private func train(
    _ configuration: RunConfiguration, _ data: ImageClassificationData, _ directory: RunDirectory, _ start: Start,
    isQuiet: Bool
  ) throws {
    var key = RandomKey(configuration.seed)
    let model = recipe.makeModel(configuration.classNames.count, &key)
    let rate = configuration.learningRate
    guard let optimizer = Recipe.makeOptimizer(configuration.optimizer, model, learningRate: rate) else {
      throw Failure("\(directory.configurationPath): the optimizer \"\(configuration.optimizer)\" is unknown")
    }
    let scheduler = try scheduler(configuration, optimizer, data, directory)
    let trainer = Trainer(
      configuration, model: model, optimizer: optimizer, scheduler: scheduler, data: data, directory: directory)
    switch start {
    case .beginning: try directory.create(configuration)
    case .checkpoint:
      try trainer.resume()
      try directory.update(configuration)
    }
    if !isQuiet {
      Terminal.note(
        "\(recipe.name) on \(data.name): \(model.parameterCount.grouped) parameters, "
          + "\(data.train.count.grouped) training and \(data.test.count.grouped) test images, "
          + "\(CPUBackend.threads) threads (\(CPUBackend.instructionSet))")
    }
    var progress = Progress(epochs: configuration.epochs, isQuiet: isQuiet)
    var last: Evaluation?
    let outcome = try trainer.run(shouldStop: { Interruption.wasRequested }) { event in
      if case .epoch(_, _, _, let test, _) = event { last = test }
      progress.show(event)
    }
    Terminal.clearLine()
    switch outcome {
    case .finished:
      if let last {
        Terminal.print(
          "test accuracy \(last.accuracy.percent()), test loss \(last.loss.fixed(4)), in \(directory.path)")
      } else {
        Terminal.print("all \(configuration.epochs) epochs were done already, in \(directory.path)")
      }
    case .interrupted(let epoch, let batch):
      Terminal.note(
        "stopped in epoch \(epoch + 1) after \(batch) batches. Go on with: apus train \(recipe.name) --out "
          + "\(directory.path.shellQuoted) --resume")
      throw Interrupted()
    }
  }

  /// Nil for rates that stay as they are.
  private func scheduler(
    _ configuration: RunConfiguration, _ optimizer: Optimizer, _ data: ImageClassificationData,
    _ directory: RunDirectory
  ) throws -> Scheduler? {
    guard let kind = ScheduleKind(rawValue: configuration.schedule) else {
      throw Failure("\(directory.configurationPath): the schedule \"\(configuration.schedule)\" is unknown")
    }
    if kind == .constant { return nil }
    let batches = ImageLoader(data.train, batchSize: configuration.batchSize).batchCount
    let schedule = kind.make(
      learningRate: configuration.learningRate, steps: configuration.epochs * batches,
      withMomentum: optimizer.momentum != nil)
    return Scheduler(optimizer, schedule)
  }

  /// Where the run goes and how it is configured.
  private func plan() throws -> (RunDirectory, RunConfiguration, Start) {
    if arguments.has("resume") { return try planResumed() }
    let directory = try arguments.string("out").map(Self.unused) ?? Self.nextFree("runs/\(recipe.name)")
    return (directory, try configuration(), .beginning)
  }

  private func configuration() throws -> RunConfiguration {
    let optimizer = try name("optimizer", among: Recipe.optimizerNames) ?? recipe.optimizer
    return RunConfiguration(
      recipe: recipe.name, dataset: recipe.dataset, dataDirectory: arguments.string("data"), classNames: [],
      epochs: try arguments.integer("epochs", in: Limits.epochs) ?? recipe.epochs,
      batchSize: try arguments.integer("batch-size", in: Limits.batchSize) ?? recipe.batchSize,
      learningRate: try arguments.positiveNumber("learning-rate") ?? recipe.learningRate(with: optimizer),
      optimizer: optimizer,
      schedule: try name("schedule", among: ScheduleKind.allCases.map(\.rawValue)) ?? ScheduleKind.constant.rawValue,
      seed: try arguments.seed("seed") ?? 0)
  }

  /// The name that an option gives, if it is given, one of those that there are.
  private func name(_ option: String, among known: [String]) throws -> String? {
    guard let name = arguments.string(option) else { return nil }
    guard known.contains(name) else {
      throw UsageError(unknown: option, name, among: known, help: "apus train --help")
    }
    return name
  }

  private func planResumed() throws -> (RunDirectory, RunConfiguration, Start) {
    guard let path = arguments.string("out") else { throw UsageError("--resume needs --out, the run to go on with") }
    for option in ["batch-size", "learning-rate", "optimizer", "schedule", "seed"] where arguments.string(option) != nil
    {
      throw UsageError("--\(option) cannot be changed by --resume: the run goes on as it began")
    }
    let epochs = try arguments.integer("epochs", in: Limits.epochs)
    let directory = RunDirectory(path)
    var saved = try directory.configuration()
    guard saved.recipe == recipe.name else {
      throw Failure("\(directory.configurationPath): a run of recipe \(saved.recipe), not of \(recipe.name)")
    }
    if let epochs { saved.epochs = epochs }
    if let data = arguments.string("data") { saved.dataDirectory = data }
    if directory.hasCheckpoint { return (directory, saved, .checkpoint) }
    guard !File.exists(directory.modelPath) else {
      throw Failure("\(directory.checkpointPath): the checkpoint is missing; without it the run cannot go on")
    }
    // The run ended before its first checkpoint: from its configuration it begins with the same bits.
    return (directory, saved, .beginning)
  }

  private static func unused(_ path: String) throws -> RunDirectory {
    let directory = RunDirectory(path)
    if directory.holdsRun {
      throw Failure("\(path): holds a run already. Go on with it by --resume, or name another directory")
    }
    if File.exists(path), !File.isDirectory(path) { throw Failure("\(path): is a file, expected a directory") }
    return directory
  }

  private static func nextFree(_ path: String) -> RunDirectory {
    func isTaken(_ path: String) -> Bool { File.exists(path) || File.isDirectory(path) }
    if !isTaken(path) { return RunDirectory(path) }
    var number = 2
    while isTaken("\(path)-\(number)") { number += 1 }
    return RunDirectory("\(path)-\(number)")
  }

  private static func device(_ name: String?) throws -> Device {
    guard let name else { return .current }
    guard let device = Device.named(name) else {
      throw UsageError(unknown: "device", name, among: Device.all.map(\.name), help: "apus train --help")
    }
    return device
  }
}

extension Recipe {
  static func find(_ name: String) throws -> Recipe {
    if let recipe = named(name) { return recipe }
    throw UsageError(unknown: "recipe", name, among: all.map(\.name), help: "apus recipes")
  }
}
