import Apus
import ApusCPU

extension Command {
  static let train = Command(
    name: "train", summary: "Train a recipe", operands: "RECIPE", operandCount: 1...1,
    options: [
      Option(name: "data", value: "PATH", help: "where the data set is (default: found or fetched)"),
      Option(name: "target", value: "COLUMN", help: "what is learned of a table"),
      Option(name: "task", value: "NAME", help: "classification or regression (default: by the target's kind)"),
      Option(name: "ignore", value: "COLUMNS", help: "what is not learned from, names with commas"),
      Option(name: "test", value: "FILE", help: "the table to judge by (default: rows held out of --data)"),
      Option(name: "test-share", value: "X", help: "how many rows are held out (default 0.2)"),
      Option(name: "epochs", value: "N", help: "how often to go through the data"),
      Option(name: "steps", value: "N", help: "stop after so many steps"),
      Option(name: "max-time", value: "TIME", help: "stop with a checkpoint after 90s, 30m or 2h"),
      Option(name: "batch-size", value: "N", help: "examples in one step"),
      Option(name: "learning-rate", value: "X", help: "step size"),
      Option(name: "optimizer", value: "NAME", help: "how steps are taken (default: the recipe's)"),
      Option(name: "schedule", value: "NAME", help: "how the learning rate goes over the run (default: the recipe's)"),
      Option(name: "augment", value: "STEPS", help: "change images at random, as crop:2,flip (default: the recipe's)"),
      Option(name: "weight-decay", value: "X", help: "how much weights shrink (default: the recipe's)"),
      Option(name: "label-smoothing", value: "X", help: "probability that all classes share (default: the recipe's)"),
      Option(name: "clip-norm", value: "X", help: "scale gradients down to this norm"),
      Option(name: "accumulate", value: "N", help: "batches that make one step (default 1)"),
      Option(name: "ema", value: "DECAY", help: "judge and save an exponential average of the weights"),
      Option(name: "classifier", value: "RUN", help: "after each epoch, judge generated images by this classifier"),
      Option(name: "precision", value: "NAME", help: "compute in bfloat16 or float16 (default float32)"),
      Option(name: "early-stopping", value: "PATIENCE", help: "stop after epochs without a better test loss"),
      Option(name: "keep", value: "N", help: "keep the checkpoints of the last epochs, and the best"),
      Option(name: "validate-every", value: "N", help: "steps between judgements by the test data within an epoch"),
      Option(name: "checkpoint-every", value: "N", help: "steps between checkpoints within an epoch"),
      Option(name: "tensorboard", help: "write event files for TensorBoard to DIR/events"),
      Option(name: "find-learning-rate", help: "try learning rates, draw their losses, and train nothing"),
      Option(name: "seed", value: "N", help: "of initial values and order (default 0)"),
      Option(name: "out", value: "DIR", help: "run directory (default runs/RECIPE, numbered if taken)"),
      Option(name: "resume", help: "go on from the last checkpoint in --out"),
      Option(name: "threads", value: "N", help: "threads to compute with (default: one per core)"),
      Option(name: "device", value: "NAME", help: "where to compute (default cpu)"),
      Option(name: "strict", help: "stop at a picture that cannot be read, instead of leaving it out"),
      Option(name: "quiet", help: "no progress"),
    ] + modelOptions,
    details: """
      Optimizers: \(Command.names(Recipe.optimizerNames))
      Schedules: \(Command.names(ScheduleKind.allCases.map(\.rawValue)))

      The run directory gets config.json, metrics.jsonl, model.safetensors, report.html and checkpoints.
      Ctrl-C stops after the current step with a checkpoint; `apus train RECIPE --out DIR --resume`
      goes on from it and ends with the same bits.

      Recipe table learns a column of a table: apus train table --data FILE.csv --target COLUMN. Columns
      of numbers are standardised, columns of words have an input for each word; the run keeps both in
      columns.json.
      """
  ) { arguments in
    if let model = vectorModels[arguments.operands[0]] { return try trainVectors(arguments, model: model) }
    if let recipe = AgentRecipe.named(arguments.operands[0]) { return try AgentTraining(arguments, recipe).run() }
    try Training(arguments).run()
  }

  /// What recipes' models are made with.
  private static let modelOptions = Recipe.modelOptions.map { option in
    Option(name: option.name, value: option.valueName, help: option.help)
  }

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

extension Recipe {
  static func find(_ name: String) throws -> Recipe {
    if let recipe = named(name) { return recipe }
    throw UsageError(
      unknown: "recipe", name, among: all.map(\.name) + AgentRecipe.all.map(\.name), help: "apus recipes")
  }
}
