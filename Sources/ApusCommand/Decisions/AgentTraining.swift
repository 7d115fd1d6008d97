import Apus
import ApusCPU

/// One run of `apus train` in which an agent learns in an environment.
struct AgentTraining {
  private let recipe: AgentRecipe
  private let arguments: ParsedArguments
  private let directory: RunDirectory
  private let configuration: RunConfiguration
  private let limit: Duration?
  /// How many episodes an agent is judged by.
  static let episodes = 100
  /// Judgements during a run.
  private static let judgements = 20
  private static let options: Set<String> = ["steps", "max-time", "learning-rate", "seed", "out", "threads", "quiet"]

  init(_ arguments: ParsedArguments, _ recipe: AgentRecipe) throws {
    (self.arguments, self.recipe) = (arguments, recipe)
    for option in Command.train.options where arguments.isGiven(option.name) {
      guard Self.options.contains(option.name) else {
        throw UsageError(
          "--\(option.name) is not for recipe \(recipe.name), which acts in an environment (apus train --help)")
      }
    }
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    limit = try arguments.duration("max-time")
    let steps = try arguments.integer("steps", in: Limits.steps) ?? recipe.totalSteps
    var configuration = RunConfiguration(
      recipe: recipe.name, dataset: recipe.environment, dataDirectory: nil, classNames: [], epochs: 1, batchSize: 1,
      learningRate: try arguments.positiveNumber("learning-rate") ?? recipe.learningRate, optimizer: "recipe's",
      seed: try arguments.seed("seed") ?? 0)
    configuration.extras.steps = steps
    self.configuration = configuration
    directory = try arguments.string("out").map(TrainingPlan.unused) ?? TrainingPlan.nextFree("runs/\(recipe.name)")
  }

  func run() throws {
    Interruption.watch()
    let isQuiet = arguments.has("quiet")
    let steps = configuration.extras.steps ?? recipe.totalSteps
    let agent = recipe.make(steps, configuration.learningRate, configuration.seed)
    try directory.create(configuration)
    if !isQuiet {
      Terminal.note(
        "\(recipe.name) in \(recipe.environment): \(agent.model.parameterCount.grouped) parameters, "
          + "\(steps.grouped) steps, \(CPUBackend.threads) threads (\(CPUBackend.instructionSet))")
    }
    var journal = AgentJournal(directory: directory, isQuiet: isQuiet)
    var best = (reward: -Double.infinity, step: 0)
    let clock = ContinuousClock()
    let start = clock.now
    var judging = Duration.zero
    var nextJudgement = max(1, steps / Self.judgements)
    var isOutOfTime = false
    while agent.stepsDone < steps, !Interruption.wasRequested, !isOutOfTime {
      journal.add(agent.advance(), agent)
      isOutOfTime = limit.map { clock.now - start > $0 } ?? false
      guard agent.stepsDone >= nextJudgement || agent.stepsDone >= steps || isOutOfTime else { continue }
      nextJudgement += max(1, steps / Self.judgements)
      let before = clock.now
      // Always the same episodes, so that judgements can be compared.
      let reward = Self.mean(recipe.evaluate(agent, Self.episodes, configuration.seed &+ 1_000_003))
      judging += clock.now - before
      if reward > best.reward {
        best = (reward, agent.stepsDone)
        try agent.model.save(to: directory.modelPath, metadata: ["format": "apus"])
      }
      try journal.tell(agent, reward, seconds: (clock.now - start - judging).inSeconds, of: steps)
    }
    Terminal.clearLine()
    let seconds = (clock.now - start - judging).inSeconds
    try finish(agent, journal, best.step, seconds)
    if Interruption.wasRequested { throw Interrupted() }
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// Judges the best network by episodes that it was not chosen by, and writes the run's page.
  private func finish(
    _ agent: any DeepAgent, _ journal: AgentJournal, _ bestStep: Int, _ seconds: Double
  ) throws {
    guard File.exists(directory.modelPath) else {
      return Terminal.note("stopped after \(agent.stepsDone.grouped) steps, before the first judgement")
    }
    try directory.loadModel(into: agent.model)
    let rewards = recipe.evaluate(agent, Self.episodes, configuration.seed &+ 2_000_003)
    let lead =
      "mean reward of \(rewards.count) episodes \(Self.mean(rewards).fixed(1)) (solved from "
      + "\(recipe.threshold.fixed(0)) on), network of step \(bestStep.grouped)"
    var facts = [("recipe", recipe.name), ("environment", recipe.environment)]
    facts += agent.facts.map { ($0.name, $0.value) }
    facts += [
      ("seed", "\(configuration.seed)"), ("parameters", agent.model.parameterCount.grouped),
      ("steps done", agent.stepsDone.grouped), ("time of acting and learning", "\(seconds.fixed(1)) s"),
      ("computed by", "\(CPUBackend.threads) threads (\(CPUBackend.instructionSet))"),
      ("Apus", ApusCommand.version),
    ]
    let film = try AgentFilm.make(recipe, agent, seed: configuration.seed &+ 3_000_003)
    if let film { try AtomicFile.write(film.png, to: directory.path + "/episode.png") }
    let report = TrainingReport(
      title: "\(recipe.name) in \(recipe.environment)", lead: lead, measurements: try directory.measurements(),
      samples: film.map { [$0] } ?? [], facts: facts.map { (name: $0.0, value: $0.1) })
    try AtomicFile.write(report.html, to: directory.reportPath)
    Terminal.print(
      "\(lead); \(agent.stepsDone.grouped) steps in \(seconds.fixed(1)) s, in \(directory.path)")
  }
}

/// What is measured while an agent learns.
private struct AgentJournal {
  private let directory: RunDirectory
  private let isQuiet: Bool
  private var episodes: [AgentEpisode] = []
  private var shown = 0

  init(directory: RunDirectory, isQuiet: Bool) { (self.directory, self.isQuiet) = (directory, isQuiet) }

  mutating func add(_ ended: [AgentEpisode], _ agent: any DeepAgent) {
    episodes += ended
    guard !isQuiet, Terminal.isInteractive, agent.stepsDone - shown >= 2000 else { return }
    shown = agent.stepsDone
    let last = episodes.suffix(20)
    let mean = last.isEmpty ? 0 : last.reduce(0) { $0 + $1.reward } / Double(last.count)
    Terminal.status(
      Progress.bar(
        "steps", agent.stepsDone, of: agent.totalSteps, "reward \(mean.fixed(1))", width: Terminal.width))
  }

  /// Writes a judgement with what was measured since the last, and tells it.
  mutating func tell(_ agent: any DeepAgent, _ reward: Double, seconds: Double, of steps: Int) throws {
    var measurements: [RunMeasurement] = []
    func add(_ split: String, _ name: String, _ value: Double) {
      measurements.append(
        RunMeasurement(step: agent.stepsDone, epoch: 1, split: split, name: name, value: value))
    }
    var training = "no episode ended"
    if !episodes.isEmpty {
      let count = Double(episodes.count)
      let mean = episodes.reduce(0) { $0 + $1.reward } / count
      add("train", "reward", mean)
      add("train", "episode_length", episodes.reduce(0.0) { $0 + Double($1.length) } / count)
      training = "train reward \(mean.fixed(1)) (\(episodes.count.grouped) episodes)"
    }
    add("test", "reward", reward)
    for (name, value) in agent.measures { add("train", name, value) }
    try directory.append(measurements)
    episodes = []
    if isQuiet { return }
    Terminal.note(
      "step \(agent.stepsDone.grouped)/\(steps.grouped)  \(seconds.fixed(1)) s  \(training)  "
        + "test reward \(reward.fixed(1))")
  }
}

/// A run directory in which an agent learned.
struct TrainedAgent {
  let directory: RunDirectory
  let configuration: RunConfiguration
  let recipe: AgentRecipe
  let agent: any DeepAgent

  /// Nil where something else was trained.
  init?(_ path: String) throws {
    directory = RunDirectory(path)
    configuration = try directory.configuration()
    guard let recipe = AgentRecipe.named(configuration.recipe) else { return nil }
    self.recipe = recipe
    agent = recipe.make(
      configuration.extras.steps ?? recipe.totalSteps, configuration.learningRate, configuration.seed)
    try directory.loadModel(into: agent.model)
  }

  /// How well it does, in words and as JSON.
  func judged() -> (text: [String], json: JSONValue) {
    let rewards = recipe.evaluate(agent, AgentTraining.episodes, configuration.seed &+ 2_000_003)
    let mean = rewards.reduce(0, +) / Double(rewards.count)
    let variance = rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rewards.count - 1)
    let text = [
      "\(recipe.environment), \(rewards.count) episodes",
      "mean reward \(mean.fixed(1)) (solved from \(recipe.threshold.fixed(0)) on), deviation "
        + "\(variance.squareRoot().fixed(1)), least \((rewards.min() ?? 0).fixed(1))",
    ]
    let json: JSONValue = [
      "environment": .string(recipe.environment), "episodes": .integer(Int64(rewards.count)), "reward": .number(mean),
      "threshold": .number(recipe.threshold), "rewards": .numbers(rewards),
    ]
    return (text, json)
  }
}
