import ApusTensor

/// Stretches of a text for learning which token comes next: batches of tokens and of the tokens that follow them,
/// `[batch, time]` both, `int32`.
///
/// Stretches do not overlap in what is to be said; what is left over at the end is not used.
public struct TokenWindows: ExampleSet {
  public let tokens: [Int32]
  /// How many tokens a stretch has.
  public let time: Int

  /// Traps when `time` is not positive.
  public init(_ tokens: [Int32], time: Int) {
    guard time > 0 else { fatalError("TokenWindows: a time of \(time), expected 1 or more") }
    (self.tokens, self.time) = (tokens, time)
  }

  public var count: Int { max(0, tokens.count - 1) / time }

  public func batch(_ draws: [ExampleDraw]) -> Batch {
    func stretches(from offset: Int) -> Tensor {
      var values: [Int32] = []
      values.reserveCapacity(draws.count * time)
      for draw in draws {
        let start = draw.index * time + offset
        values += tokens[start..<(start + time)]
      }
      return Tensor(values, shape: [draws.count, time])
    }
    return Batch([stretches(from: 0), stretches(from: 1)], count: draws.count)
  }
}
