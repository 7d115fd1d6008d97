import Apus
import ApusCPU

/// One run of `apus train` in which an agent learns in an environment.
struct AgentTraining {
  private let recipe: AgentRecipe
  private let arguments: ParsedArguments
  private let directory: RunDirectory
  private let configuration: RunConfiguration
  private let limit: Duration?
  private let isResumed: Bool
  /// How many episodes an agent is judged by.
  static let episodes = 100
  /// Judgements during a run.
  private static let judgements = 20
  private static let options: Set<String> = [
    "steps", "max-time", "learning-rate", "seed", "out", "resume", "threads", "quiet",
  ]
  /// What a resumed run keeps from its beginning; how far the learning rate falls depends on the steps.
  private static let fixed = ["steps", "learning-rate", "seed"]

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
    if arguments.has("resume") {
      (directory, configuration) = try TrainingPlan.resumed(arguments, recipe.name, fixed: Self.fixed)
      isResumed = directory.hasCheckpoint
      return
    }
    let steps = try arguments.integer("steps", in: Limits.steps) ?? recipe.totalSteps
    var configuration = RunConfiguration(
      recipe: recipe.name, dataset: recipe.environment, dataDirectory: nil, classNames: [], epochs: 1, batchSize: 1,
      learningRate: try arguments.positiveNumber("learning-rate") ?? recipe.learningRate, optimizer: "recipe's",
      seed: try arguments.seed("seed") ?? 0)
    configuration.extras.steps = steps
    self.configuration = configuration
    directory = try arguments.string("out").map(TrainingPlan.unused) ?? TrainingPlan.nextFree("runs/\(recipe.name)")
    isResumed = false
  }

  func run() throws {
    Interruption.watch()
    let isQuiet = arguments.has("quiet")
    let steps = configuration.extras.steps ?? recipe.totalSteps
    let agent = recipe.make(steps, configuration.learningRate, configuration.seed)
    var progress = AgentProgress()
    var journal = AgentJournal(directory: directory, isQuiet: isQuiet)
    if isResumed {
      try restore(agent, &progress, &journal)
    } else {
      try directory.create(configuration)
    }
    if !isQuiet {
      Terminal.note(
        "\(recipe.name) in \(recipe.environment): \(agent.model.parameterCount.grouped) parameters, "
          + "\(steps.grouped) steps, \(CPUBackend.threads) threads (\(CPUBackend.instructionSet))")
    }
    guard agent.stepsDone < steps else {
      return Terminal.print("all \(steps.grouped) steps were done already, in \(directory.path)")
    }
    let clock = ContinuousClock()
    let start = clock.now
    let secondsBefore = progress.seconds
    var judging = Duration.zero
    let interval = max(1, steps / Self.judgements)
    var nextJudgement = (agent.stepsDone / interval + 1) * interval
    var isOutOfTime = false
    while agent.stepsDone < steps, !Interruption.wasRequested, !isOutOfTime {
      journal.add(agent.advance(), agent)
      progress.seconds = secondsBefore + (clock.now - start - judging).inSeconds
      isOutOfTime = limit.map { clock.now - start > $0 } ?? false
      guard agent.stepsDone >= nextJudgement || agent.stepsDone >= steps else { continue }
      nextJudgement = (agent.stepsDone / interval + 1) * interval
      let before = clock.now
      // Always the same episodes, so that judgements can be compared.
      let reward = Self.mean(recipe.evaluate(agent, Self.episodes, configuration.seed &+ 1_000_003))
      judging += clock.now - before
      if reward > progress.bestReward {
        (progress.bestReward, progress.bestStep) = (reward, agent.stepsDone)
        try agent.model.save(to: directory.modelPath, metadata: ["format": "apus"])
      }
      try journal.tell(agent, reward, seconds: progress.seconds, of: steps)
      try writeCheckpoint(agent, &progress, &journal)
    }
    Terminal.clearLine()
    guard agent.stepsDone < steps else { return try finish(agent, progress) }
    try writeCheckpoint(agent, &progress, &journal)
    let again = "apus train \(recipe.name) --out \(directory.path.shellQuoted) --resume"
    let what = Interruption.wasRequested ? "stopped" : "the time is over"
    Terminal.note("\(what) after \(agent.stepsDone.grouped) steps. Go on with: \(again)")
    if Interruption.wasRequested { throw Interrupted() }
  }

  // MARK: Checkpoints

  private func code(
    _ coder: AgentCoder, _ agent: any DeepAgent, _ progress: inout AgentProgress, _ journal: inout AgentJournal
  ) throws {
    try agent.code(coder)
    try progress.code(coder)
    try journal.code(coder)
  }

  private func writeCheckpoint(
    _ agent: any DeepAgent, _ progress: inout AgentProgress, _ journal: inout AgentJournal
  ) throws {
    let coder = AgentCoder()
    try code(coder, agent, &progress, &journal)
    try TensorFile(coder.tensors, metadata: ["format": "apus", "recipe": recipe.name]).write(
      to: directory.checkpointPath)
  }

  private func restore(
    _ agent: any DeepAgent, _ progress: inout AgentProgress, _ journal: inout AgentJournal
  ) throws {
    let file = try TensorFile(contentsOf: directory.checkpointPath)
    do {
      try code(AgentCoder(reading: file.tensors), agent, &progress, &journal)
    } catch let mismatch as AgentCoder.Mismatch {
      throw Failure("\(directory.checkpointPath): not a checkpoint of this agent: \(mismatch)")
    }
    try directory.removeLeftovers()
    try directory.dropMetrics(after: agent.stepsDone)
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// Judges the best network by episodes that it was not chosen by, and writes the run's page.
  private func finish(_ agent: any DeepAgent, _ progress: AgentProgress) throws {
    let seconds = progress.seconds
    try directory.loadModel(into: agent.model)
    let rewards = recipe.evaluate(agent, Self.episodes, configuration.seed &+ 2_000_003)
    let lead =
      "mean reward of \(rewards.count) episodes \(Self.mean(rewards).fixed(1)) (solved from "
      + "\(recipe.threshold.fixed(0)) on), network of step \(progress.bestStep.grouped)"
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

/// How far a run came.
private struct AgentProgress {
  var bestReward = -Double.infinity
  var bestStep = 0
  /// Of acting and learning.
  var seconds = 0.0

  mutating func code(_ coder: AgentCoder) throws {
    try coder.code("progress.best_reward", &bestReward)
    try coder.code("progress.best_step", &bestStep, in: 0...Int(Int32.max))
    try coder.code("progress.seconds", &seconds)
  }
}

/// What is measured while an agent learns.
private struct AgentJournal {
  private let directory: RunDirectory
  private let isQuiet: Bool
  private var episodes: [AgentEpisode] = []
  private var shown = 0

  init(directory: RunDirectory, isQuiet: Bool) { (self.directory, self.isQuiet) = (directory, isQuiet) }

  /// The episodes since the last judgement.
  mutating func code(_ coder: AgentCoder) throws {
    var (rewards, lengths) = (episodes.map(\.reward), episodes.map { Double($0.length) })
    try coder.code(list: "journal.rewards", &rewards)
    try coder.code(list: "journal.lengths", &lengths)
    guard lengths.allSatisfy({ (0...1e9).contains($0) }), lengths.count == rewards.count else {
      throw AgentCoder.Mismatch(
        description: "journal.lengths has \(lengths.count) lengths of episodes, expected \(rewards.count)")
    }
    episodes = zip(rewards, lengths).map { AgentEpisode(reward: $0, length: Int($1)) }
  }

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
