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
  public var bestCheckpointPath: String { path + "/checkpoints/best.safetensors" }
  public var eventsPath: String { path + "/events" }
  public var reportPath: String { path + "/report.html" }

  /// The checkpoint of an epoch, from 1, where it is kept.
  public func checkpointPath(epoch: Int) -> String {
    let number = String(epoch)
    return path + "/checkpoints/epoch-" + String(repeating: "0", count: max(0, 4 - number.count)) + number
      + ".safetensors"
  }

  func removeCheckpoint(epoch: Int) throws { try File.remove(checkpointPath(epoch: epoch)) }

  /// Whether a run was started here.
  public var holdsRun: Bool { File.exists(configurationPath) }

  /// Whether the run here got as far as a checkpoint.
  public var hasCheckpoint: Bool { File.exists(checkpointPath) }

  /// Makes the directory and writes the configuration of a recipe's run: last, because with it the directory holds one.
  public func create(_ configuration: RunConfiguration? = nil) throws {
    try File.createDirectory(path)
    try File.createDirectory(path + "/checkpoints")
    try AtomicFile.write("", to: metricsPath)
    if let configuration { try update(configuration) }
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

  /// Writes what was learned, for those who want nothing else: the averages of the parameters, where there are such.
  func writeModel(_ task: TrainingTask) throws {
    try task.withAverages {
      let parts = task.model.map { [("", $0)] } ?? task.objectives.map { ($0.prefix, $0.model) }
      let tensors = parts.flatMap { prefix, model in
        model.namedTensors.map { (name: prefix + $0.name, tensor: $0.tensor) }
      }
      try TensorFile(tensors, metadata: ["format": "apus"]).write(to: modelPath)
    }
  }

  /// Removes what a process that was killed had begun to write.
  package func removeLeftovers() throws {
    for folder in [path, path + "/checkpoints"] {
      for name in try File.names(in: folder) where name.hasSuffix(".tmp") {
        let isOurs = [".safetensors.", "config.json.", "metrics.jsonl.", "report.html."].contains { name.contains($0) }
        if isOurs { try File.remove("\(folder)/\(name)") }
      }
    }
  }

  // MARK: Metrics

  /// Adds measurements, one JSON object a line: all or none.
  package func append(_ metrics: [RunMeasurement]) throws {
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

  /// All measurements, in the order in which they were made.
  public func measurements() throws -> [RunMeasurement] {
    let text = String(decoding: try File.read(metricsPath), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      (try? JSONValue(parsing: String(line))).flatMap { RunMeasurement($0) }
    }
  }

  /// Drops measurements from after a checkpoint, which will be made again.
  package func dropMetrics(after step: Int) throws {
    guard File.exists(metricsPath) else { return }
    let text = String(decoding: try File.read(metricsPath), as: UTF8.self)
    let kept = text.split(separator: "\n").filter { line in
      guard let json = try? JSONValue(parsing: String(line)), let place = json["step"]?.int else { return false }
      return place <= step
    }
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: metricsPath)
  }
}
