/// What is better: a measurement of the examples that are not trained on.
public struct Monitor: Hashable, Sendable {
  public let measure: String
  /// Whether more is better.
  public let isMaximized: Bool
  /// By how much a measurement must be better to count.
  public let margin: Double

  public init(_ measure: String, isMaximized: Bool = false, margin: Double = 0) {
    (self.measure, self.isMaximized, self.margin) = (measure, isMaximized, margin)
  }

  /// The loss: less is better.
  public static let loss = Monitor("loss")

  public func isBetter(_ value: Double, than best: Double) -> Bool {
    isMaximized ? value > best + margin : value < best - margin
  }

  /// Worse than anything.
  var worst: Double { isMaximized ? -.infinity : .infinity }

  /// The measurement that counts. Nil where there is none: nothing was judged, or it is not measured.
  func value(_ result: ValidationResult?) -> Double? { result?.measures[measure] }
}
