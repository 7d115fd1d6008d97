import Apus
import ApusCPU

/// One run of `apus train`.
struct Training {
  let arguments: ParsedArguments
  let recipe: Recipe

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    recipe = try Recipe.find(arguments.operands[0])
  }

  func run() throws {
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    let device = try device()
    let isQuiet = arguments.has("quiet")
    let limit = try arguments.duration("max-time")
    Interruption.watch()
    let plan = try TrainingPlan(arguments, recipe)
    var configuration = plan.configuration
    configuration.dataDirectory = plan.configuration.dataDirectory?.absolutePath
    let reading = DataReading(isStrict: arguments.has("strict"), isQuiet: isQuiet)
    try Device.with(device) {
      let run = try recipe.makeRun(configuration, in: plan.directory, reading: reading)
      if arguments.has("find-learning-rate") { return try find(run, plan.directory) }
      try train(run, plan.directory, plan.start, limit, isQuiet: isQuiet)
    }
  }

  private func train(
    _ run: any RecipeRun, _ directory: RunDirectory, _ start: TrainingPlan.Start, _ limit: Duration?, isQuiet: Bool
  ) throws {
    let configuration = run.configuration
    let progress = Progress(run, isQuiet: isQuiet)
    let callbacks = try run.callbacks(directory, writesEvents: arguments.has("tensorboard"))
    let trainer = Trainer(
      run.task, data: run.batches, validation: run.testBatches, options: run.options(time: limit),
      callbacks: [progress] + callbacks, directory: directory)
    switch start {
    case .beginning:
      try directory.create()
      try run.writeCompanions(to: directory)
      try directory.update(configuration)
    case .checkpoint:
      try trainer.resume()
      try directory.update(configuration)
    }
    if !isQuiet {
      Terminal.note(
        "\(recipe.name) on \(configuration.dataset): \(run.model.parameterCount.grouped) parameters, "
          + "\(run.sizeText), \(CPUBackend.threads) threads (\(CPUBackend.instructionSet))")
    }
    let wasFinished = trainer.isFinished
    let outcome = try trainer.run(shouldStop: { Interruption.wasRequested })
    Terminal.clearLine()
    try tell(outcome, trainer, run, directory, wasFinished: wasFinished)
  }

  /// Says how training ended; a run that did not end is left with the status of one that was interrupted.
  private func tell(
    _ outcome: Trainer.Outcome, _ trainer: Trainer, _ run: any RecipeRun, _ directory: RunDirectory,
    wasFinished: Bool
  ) throws {
    let again = "apus train \(recipe.name) --out \(directory.path.shellQuoted) --resume"
    switch outcome {
    case .finished where wasFinished:
      let done = trainer.options.steps.map { trainer.progress.step >= $0 ? "\($0) steps" : nil } ?? nil
      Terminal.print("all \(done ?? "\(trainer.completedEpochs) epochs") were done already, in \(directory.path)")
    case .finished, .stoppedEarly:
      if case .stoppedEarly(let reason) = outcome { Terminal.note("stopped early: \(reason)") }
      let test = (trainer.lastValidation ?? trainer.validate(run.testBatches)).measures
      Terminal.print("\(run.resultText(test)), in \(directory.path)")
    case .outOfTime(let epoch, let batch):
      Terminal.note("the time is over in epoch \(epoch + 1) after \(batch) batches. Go on with: \(again)")
    case .interrupted(let epoch, let batch):
      Terminal.note("stopped in epoch \(epoch + 1) after \(batch) batches. Go on with: \(again)")
      throw Interrupted()
    }
  }

  private func find(_ run: any RecipeRun, _ directory: RunDirectory) throws {
    let finder = LearningRateFinder(steps: 100)
    let result = try finder.find(run.task, run.batches)
    guard let best = result.suggestion else {
      throw Failure("the loss falls at no learning rate from \(finder.lowest) to \(finder.highest)")
    }
    try File.createDirectory(directory.path)
    let path = directory.path + "/learning-rates.svg"
    try AtomicFile.write(result.figure(title: "\(recipe.name) on \(run.configuration.dataset)").svg(), to: path)
    Terminal.print("learning rate \(best.significant(2)) (the loss falls fastest), drawn in \(path)")
  }

  private func device() throws -> Device {
    guard let name = arguments.string("device") else { return .current }
    guard let device = Device.named(name) else {
      throw UsageError(unknown: "device", name, among: Device.all.map(\.name), help: "apus train --help")
    }
    return device
  }
}

extension ParsedArguments {
  /// A length of time: `90`, `90s`, `30m`, `2h`, `1.5h`.
  func duration(_ name: String) throws -> Duration? {
    guard let text = string(name) else { return nil }
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? text : String(text.dropLast())), number > 0, number < 1e9 else {
      throw UsageError("--\(name) \(text): expected a time such as 90s, 30m or 2h")
    }
    return .milliseconds(Int64((number * (unit ?? 1) * 1000).rounded()))
  }

  /// A number in a range that may or may not include its ends.
  func number(_ name: String, _ range: Range<Double>, _ expected: String) throws -> Double? {
    guard let text = string(name) else { return nil }
    guard let value = Double(text), range.contains(value) else {
      throw UsageError("--\(name) \(text): expected \(expected)")
    }
    return value
  }
}
