import ApusTensor

/// A measure of quality that gathers over batches: a value, of which a fresh copy begins anew.
///
/// ```swift
/// var accuracy = Accuracy()
/// for batch in batches { accuracy.add(model(batch.inputs), batch.labels) }
/// print(accuracy.value)
/// ```
public protocol Metric: Sendable {
  /// What its measurements are called.
  var name: String { get }
  /// Takes in what a model made of a batch, and what it should have made of it.
  mutating func add(_ predictions: Tensor, _ targets: Tensor)
  /// Offers the sum of a batch's losses instead, and how many there are: whether that is all the metric needs.
  mutating func addLoss(_ sum: Double, count: Double) -> Bool
  /// The measure of all that was taken in; NaN before.
  var value: Double { get }
  /// The numbers that a run notes; `value` under the metric's name unless it has others.
  var measures: Measures { get }
}

extension Metric {
  public mutating func addLoss(_ sum: Double, count: Double) -> Bool { false }

  public var measures: Measures {
    var measures = Measures()
    measures[name] = value
    return measures
  }
}

/// Whether a batch fits a metric; a mistake if not, and then nothing is counted.
func require(_ condition: Bool, _ message: @autoclosure () -> String) -> Bool {
  if !condition { _ = Tensor.mistake(message()) }
  return condition
}
