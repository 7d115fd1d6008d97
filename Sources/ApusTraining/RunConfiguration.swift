import ApusFiles

/// Everything that is needed to repeat a training run: the contents of `config.json`.
public struct RunConfiguration: Hashable, Sendable {
  public var recipe: String
  /// The name of the data set, and the directory it was read from when the user named one.
  public var dataset: String
  public var dataDirectory: String?
  /// Empty where there are no classes.
  public var classNames: [String]
  public var epochs: Int
  public var batchSize: Int
  public var learningRate: Double
  public var optimizer: String
  /// How the learning rate goes over the run, by name.
  public var schedule: String
  public var seed: UInt64
  /// What a run may have besides; as the file of a plain run they are not there.
  public var extras = RunExtras()

  public init(
    recipe: String, dataset: String, dataDirectory: String?, classNames: [String], epochs: Int, batchSize: Int,
    learningRate: Double, optimizer: String, schedule: String = "constant", seed: UInt64
  ) {
    self.recipe = recipe
    self.dataset = dataset
    self.dataDirectory = dataDirectory
    self.classNames = classNames
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.optimizer = optimizer
    self.schedule = schedule
    self.seed = seed
  }

  /// The number of the form of `config.json`, for readers of later ones.
  private static let format = 1

  var json: JSONValue {
    let plain: JSONObject = [
      "format": .integer(Int64(RunConfiguration.format)),
      "recipe": .string(recipe),
      "dataset": .string(dataset),
      "data_directory": dataDirectory.map { .string($0) } ?? .null,
      "class_names": .array(classNames.map { .string($0) }),
      "epochs": .integer(Int64(epochs)),
      "batch_size": .integer(Int64(batchSize)),
      "learning_rate": .number(learningRate),
      "optimizer": .string(optimizer),
      "schedule": .string(schedule),
      // A string, because JSON numbers are not exact beyond 2^53.
      "seed": .string(String(seed)),
    ]
    return .object(JSONObject(plain.map { ($0.key, $0.value) } + extras.members))
  }

  init(_ json: JSONValue, path: String) throws(FileError) {
    func field<T>(_ name: String, _ expected: String, _ read: (JSONValue) -> T?) throws(FileError) -> T {
      guard let value = json[name] else { throw .malformed(path, "the field \"\(name)\" is missing") }
      guard let result = read(value) else { throw .malformed(path, "the field \"\(name)\" is not \(expected)") }
      return result
    }
    guard json.object != nil else { throw .malformed(path, "expected a JSON object") }
    let format = try field("format", "a whole number") { $0.int }
    guard format == Self.format else {
      throw .malformed(path, "the field \"format\" is \(format), this version of Apus reads \(Self.format)")
    }
    recipe = try field("recipe", "a string") { $0.string }
    dataset = try field("dataset", "a string") { $0.string }
    dataDirectory = try field("data_directory", "a string or null") { value -> String?? in
      value == .null ? .some(nil) : value.string.map { .some($0) }
    }
    classNames = try field("class_names", "an array of strings") { value in
      guard let names = value.array?.map(\.string), !names.contains(nil) else { return nil }
      return names.compactMap { $0 }
    }
    epochs = try field("epochs", "a positive integer") { $0.int.flatMap { $0 > 0 ? $0 : nil } }
    batchSize = try field("batch_size", "a positive integer") { $0.int.flatMap { $0 > 0 ? $0 : nil } }
    learningRate = try field("learning_rate", "a positive number") { $0.double.flatMap { $0 > 0 ? $0 : nil } }
    optimizer = try field("optimizer", "a string") { $0.string }
    // Runs from before there were schedules have none.
    schedule = json["schedule"] == nil ? "constant" : try field("schedule", "a string") { $0.string }
    seed = try field("seed", "a string of digits") { $0.string.flatMap { UInt64($0) } }
    extras = try RunExtras(json, path: path)
  }
}
