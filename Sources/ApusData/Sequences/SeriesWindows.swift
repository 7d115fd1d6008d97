import ApusTensor

/// Series in stretches, each with the value that follows: batches of `[batch, window, features]` and of the next value of
/// one of them, `[batch, 1]`.
public struct SeriesWindows: ExampleSet {
  /// `count × features`, time after time.
  public let values: [Float]
  public let features: Int
  /// Which of the features is continued.
  public let target: Int
  public let window: Int
  /// The times whose values are to be said.
  public let times: Range<Int>

  /// Traps when a value that is to be said has not a whole window before it.
  public init(_ values: [Float], features: Int, target: Int, window: Int, times: Range<Int>) {
    guard features > 0, (0..<features).contains(target), window > 0, times.lowerBound >= window,
      times.upperBound <= values.count / features
    else {
      fatalError(
        "SeriesWindows: feature \(target) of \(features) at times \(times) from windows of \(window), of "
          + "\(values.count) values")
    }
    (self.values, self.features, self.target) = (values, features, target)
    (self.window, self.times) = (window, times)
  }

  public var count: Int { times.count }

  public func batch(_ draws: [ExampleDraw]) -> Batch {
    var inputs: [Float] = []
    inputs.reserveCapacity(draws.count * window * features)
    var targets: [Float] = []
    for draw in draws {
      let time = times.lowerBound + draw.index
      inputs += values[((time - window) * features)..<(time * features)]
      targets.append(values[time * features + target])
    }
    return Batch(
      [Tensor(inputs, shape: [draws.count, window, features]), Tensor(targets, shape: [draws.count, 1])],
      count: draws.count)
  }
}
