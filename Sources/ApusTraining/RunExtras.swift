import ApusFiles

/// What a run may be asked for beyond its recipe: members of `config.json` that are there only if they are set.
public struct RunExtras: Hashable, Sendable {
  /// After how many steps to stop, where that comes before the epochs.
  public var steps: Int?
  /// How many batches' gradients make one step.
  public var accumulate: Int?
  /// The largest norm of the gradients.
  public var clipNorm: Double?
  public var weightDecay: Double?
  public var labelSmoothing: Double?
  /// How much the exponential average of the weights keeps at each step.
  public var averageDecay: Double?
  /// How many epochs without a better test loss are waited for.
  public var earlyStopping: Int?
  /// How many of the last epochs' checkpoints are kept, beside the last and the best.
  public var keep: Int?
  /// Steps between checkpoints within an epoch.
  public var checkpointInterval: Int?
  /// `bfloat16` or `float16` for mixed precision.
  public var precision: String?
  /// How examples are changed at random before they are trained on, in words.
  public var augmentation: String?

  /// Steps between two judgements within an epoch.
  public var validationInterval: Int?
  /// Of a table: the column that is learned.
  public var target: String?
  /// Of a table: whether classes or numbers are learned, where that is not left to the column.
  public var task: String?
  /// Of a table: columns that are not learned from.
  public var ignored: [String]?
  /// Of a table: where the rows to judge by are, if not among the others.
  public var testData: String?
  /// Of a table: the share of rows that are held out to judge by.
  public var testShare: Double?
  /// Of a model of images: what it is made with.
  public var model: ModelSettings?
  /// Of a model that makes images: the run of the classifier that judges them after each epoch.
  public var classifier: String?

  public init() {}

  var members: [(String, JSONValue)] {
    var members: [(String, JSONValue)] = []
    func add(_ name: String, _ value: JSONValue?) { if let value { members.append((name, value)) } }
    add("steps", steps.map { .integer(Int64($0)) })
    add("accumulate", accumulate.map { .integer(Int64($0)) })
    add("clip_norm", clipNorm.map { .number($0) })
    add("weight_decay", weightDecay.map { .number($0) })
    add("label_smoothing", labelSmoothing.map { .number($0) })
    add("average_decay", averageDecay.map { .number($0) })
    add("early_stopping", earlyStopping.map { .integer(Int64($0)) })
    add("keep", keep.map { .integer(Int64($0)) })
    add("checkpoint_interval", checkpointInterval.map { .integer(Int64($0)) })
    add("precision", precision.map { .string($0) })
    add("augmentation", augmentation.map { .string($0) })
    add("validation_interval", validationInterval.map { .integer(Int64($0)) })
    add("target", target.map { .string($0) })
    add("task", task.map { .string($0) })
    add("ignored", ignored.map { .array($0.map { .string($0) }) })
    add("test_data", testData.map { .string($0) })
    add("test_share", testShare.map { .number($0) })
    add("model", model.map(\.json))
    add("classifier", classifier.map { .string($0) })
    return members
  }

  init(_ json: JSONValue, path: String) throws(FileError) {
    func field<T>(_ name: String, _ expected: String, _ read: (JSONValue) -> T?) throws(FileError) -> T? {
      guard let value = json[name] else { return nil }
      guard let result = read(value) else { throw .malformed(path, "the field \"\(name)\" is not \(expected)") }
      return result
    }
    func count(_ name: String) throws(FileError) -> Int? {
      try field(name, "a positive integer") { $0.int.flatMap { $0 > 0 ? $0 : nil } }
    }
    func number(_ name: String, _ expected: String, _ range: Range<Double>) throws(FileError) -> Double? {
      try field(name, expected) { $0.double.flatMap { range.contains($0) ? $0 : nil } }
    }
    steps = try count("steps")
    accumulate = try count("accumulate")
    clipNorm = try number("clip_norm", "a positive number", .leastNonzeroMagnitude..<Double.infinity)
    weightDecay = try number("weight_decay", "a number from 0 on", 0..<Double.infinity)
    labelSmoothing = try number("label_smoothing", "a number from 0 to 1", 0..<1)
    averageDecay = try number("average_decay", "a number from 0 to 1", 0..<1)
    earlyStopping = try count("early_stopping")
    keep = try count("keep")
    checkpointInterval = try count("checkpoint_interval")
    precision = try field("precision", "\"bfloat16\" or \"float16\"") { value in
      value.string.flatMap { ["bfloat16", "float16"].contains($0) ? $0 : nil }
    }
    augmentation = try field("augmentation", "a string") { $0.string }
    validationInterval = try count("validation_interval")
    target = try field("target", "a string") { $0.string }
    task = try field("task", "\"classification\" or \"regression\"") { value in
      value.string.flatMap { ["classification", "regression"].contains($0) ? $0 : nil }
    }
    ignored = try field("ignored", "an array of strings") { value in
      value.array.flatMap { $0.allSatisfy { $0.string != nil } ? $0.compactMap(\.string) : nil }
    }
    testData = try field("test_data", "a string") { $0.string }
    testShare = try number("test_share", "a number between 0 and 1", .leastNonzeroMagnitude..<1)
    model = try field("model", "an object of numbers and words") { ModelSettings($0) }
    classifier = try field("classifier", "a string") { $0.string }
  }
}

extension RunConfiguration {
  /// What was asked for, in words: for reports.
  public var facts: [(name: String, value: String)] {
    var facts = [
      (name: "recipe", value: recipe), (name: "data", value: dataset), (name: "epochs", value: "\(epochs)"),
      (name: "batch size", value: "\(batchSize)"), (name: "optimizer", value: optimizer),
      (name: "learning rate", value: "\(learningRate)"), (name: "schedule", value: schedule),
    ]
    var members: [(String, JSONValue)] = []
    for (name, value) in extras.members {
      // What the model is made with is told one by one.
      if let settings = value.object {
        for (name, value) in settings { members.append((name, value)) }
      } else {
        members.append((name, value))
      }
    }
    for (name, value) in members {
      let words = name.split { $0 == "_" || $0 == "-" }.joined(separator: " ")
      facts.append((name: words, value: value.string ?? value.serialized()))
    }
    facts.append((name: "seed", value: "\(seed)"))
    return facts
  }
}
