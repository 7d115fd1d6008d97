import ApusFiles

/// One measurement of a run: a line of `metrics.jsonl`.
public struct RunMeasurement: Hashable, Sendable {
  /// Training steps done.
  public let step: Int
  /// Epochs done or begun, from 1.
  public let epoch: Int
  /// `train` or `test`.
  public let split: String
  /// `loss`, `accuracy`, …
  public let name: String
  public let value: Double

  public init(step: Int, epoch: Int, split: String, name: String, value: Double) {
    (self.step, self.epoch, self.split, self.name, self.value) = (step, epoch, split, name, value)
  }

  var json: JSONValue {
    [
      "step": .integer(Int64(step)), "epoch": .integer(Int64(epoch)), "split": .string(split), "name": .string(name),
      // JSON has no NaN: a measure of nothing.
      "value": value.isFinite ? .number(value) : .null,
    ]
  }

  /// Nil for what is no measurement.
  init?(_ json: JSONValue) {
    guard let step = json["step"]?.int, let epoch = json["epoch"]?.int, let split = json["split"]?.string,
      let name = json["name"]?.string, let value = json["value"]?.double
    else { return nil }
    self.init(step: step, epoch: epoch, split: split, name: name, value: value)
  }
}
