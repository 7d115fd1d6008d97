import ApusFiles
import ApusFormats
import ApusNN
import ApusOptim
import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The directory of one training run: `config.json`, `metrics.jsonl`, `model.safetensors`, `checkpoints/`.
public struct RunDirectory: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  public var configurationPath: String { path + "/config.json" }
  public var metricsPath: String { path + "/metrics.jsonl" }
  public var modelPath: String { path + "/model.safetensors" }
  public var checkpointPath: String { path + "/checkpoints/last.safetensors" }

  /// Whether a run was started here.
  public var holdsRun: Bool { File.exists(configurationPath) }

  /// Whether the run here got as far as a checkpoint.
  public var hasCheckpoint: Bool { File.exists(checkpointPath) }

  /// Makes the directory and writes the configuration: last, because with it the directory holds a run.
  public func create(_ configuration: RunConfiguration) throws {
    try File.createDirectory(path)
    try File.createDirectory(path + "/checkpoints")
    try AtomicFile.write("", to: metricsPath)
    try update(configuration)
  }

  /// Writes the configuration of a run that goes on (with more epochs, say).
  public func update(_ configuration: RunConfiguration) throws(FileError) {
    try AtomicFile.write(configuration.json.serialized(indentation: 2) + "\n", to: configurationPath)
  }

  /// Reads the configuration of a run.
  public func configuration() throws(FileError) -> RunConfiguration {
    guard File.isDirectory(path) else {
      // Says whether it is missing or not a directory.
      _ = try File.size(path)
      throw .malformed(path, "not a directory, expected that of a training run")
    }
    guard File.exists(configurationPath) else {
      throw .malformed(path, "not a training run: it has no config.json")
    }
    return try RunConfiguration(try JSONValue(contentsOf: configurationPath), path: configurationPath)
  }

  /// Loads the trained parameters into a model of the same architecture.
  public func loadModel(into model: Module) throws {
    guard File.exists(modelPath) else {
      throw FileError.malformed(path, "the run has no model.safetensors: it ended before its first checkpoint")
    }
    try model.load(from: modelPath)
  }

  // MARK: Checkpoints

  /// Writes the model, and everything that is needed to go on from here.
  func writeCheckpoint(
    _ progress: TrainingProgress, _ model: Module, _ optimizer: Optimizer, _ scheduler: Scheduler?
  ) throws {
    var tensors = model.namedTensors.map { (name: "model." + $0.name, tensor: $0.tensor) }
    tensors += RunDirectory.state(optimizer, scheduler).map { (name: $0.path, tensor: $0.slot.value) }
    try TensorFile(tensors, metadata: progress.metadata).write(to: checkpointPath)
    try writeModel(model)
  }

  /// Writes what a model has learned, for those who want nothing else.
  func writeModel(_ model: Module) throws { try model.save(to: modelPath, metadata: ["format": "apus"]) }

  /// Restores the last checkpoint and says where the run was.
  func readCheckpoint(
    into model: Module, _ optimizer: Optimizer, _ scheduler: Scheduler?
  ) throws -> TrainingProgress {
    let file = try TensorFile(contentsOf: checkpointPath)
    let progress = try TrainingProgress(file.metadata, path: checkpointPath)
    let state = RunDirectory.state(optimizer, scheduler).map { (path: $0.path, slot: $0.slot as Slot) }
    let parameters = model.entries.map { (path: "model." + $0.path, slot: $0.slot as Slot) }
    try assign(parameters + state, from: file, prefix: "", path: checkpointPath, what: "this run's model and optimizer")
    return progress
  }

  private static func state(_ optimizer: Optimizer, _ scheduler: Scheduler?) -> [(path: String, slot: TensorSlot)] {
    var entries = optimizer.stateEntries.map { (path: "optimizer." + $0.path, slot: $0.slot) }
    for entry in scheduler?.stateEntries ?? [] { entries.append((path: "schedule." + entry.path, slot: entry.slot)) }
    return entries
  }

  // MARK: Metrics

  /// Adds measurements, one JSON object a line: all or none.
  func append(_ metrics: [Metric]) throws {
    let lines = metrics.map { $0.json.serialized() + "\n" }.joined()
    let size = File.exists(metricsPath) ? try File.size(metricsPath) : 0
    do {
      try File.append(lines, to: metricsPath)
    } catch {
      // The disk may have had room for a part of them.
      truncate(metricsPath, off_t(size))
      throw error
    }
  }

  /// Drops measurements from after a checkpoint, which will be made again.
  func dropMetrics(after step: Int) throws {
    guard File.exists(metricsPath) else { return }
    let text = String(decoding: try File.read(metricsPath), as: UTF8.self)
    let kept = text.split(separator: "\n").filter { line in
      guard let json = try? JSONValue(parsing: String(line)), let place = json["step"]?.int else { return false }
      return place <= step
    }
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: metricsPath)
  }
}

/// One measurement of a run.
public struct Metric: Hashable, Sendable {
  /// Training steps done.
  public let step: Int
  /// Epochs done or begun, from 1.
  public let epoch: Int
  /// `train` or `test`.
  public let split: String
  /// `loss` or `accuracy`.
  public let name: String
  public let value: Double

  var json: JSONValue {
    [
      "step": .integer(Int64(step)), "epoch": .integer(Int64(epoch)), "split": .string(split), "name": .string(name),
      "value": .number(value),
    ]
  }
}
