/// How long training goes on, and what is done on the way.
public struct TrainerOptions: Hashable, Sendable {
  /// How often to go through the data; nil for as long as something else allows.
  public var epochs: Int?
  /// After how many steps to stop.
  public var steps: Int?
  /// After how much time in this process to stop with a checkpoint.
  public var time: Duration?
  /// How many batches' gradients make one step.
  public var batchesPerStep = 1
  /// Judge after each so many steps too, not only after each epoch.
  public var validationInterval: Int?
  /// Write a checkpoint after each so many steps too, not only after each epoch.
  public var checkpointInterval: Int?
  /// How many steps lie between two lines of training loss in the metrics.
  public var metricInterval = 50
  /// Whether to keep a copy of everything, a hundred steps old at most, so that a loss that is no longer a number can be
  /// traced to the tensor that went bad first.
  public var tracesDivergence = true
  /// What the examples that are not trained on are called in the metrics.
  public var validationName = "test"

  public init(epochs: Int? = nil, steps: Int? = nil, time: Duration? = nil) {
    (self.epochs, self.steps, self.time) = (epochs, steps, time)
  }
}
