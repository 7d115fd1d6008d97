import ApusTensor

/// A text read in as many places at once as a batch has rows, stretch after stretch: for truncated back-propagation
/// through time, where a stretch begins with the state in which the one before ended (Mikolov et al. 2010).
///
/// Batches are tokens and the tokens that follow them, `[batch, time]` both, `int32`, and a scalar that is 0 where the
/// text begins anew and 1 where the state of the batch before goes on. Rows are in the same order in each epoch.
public struct TokenStreams: BatchLoader {
  public let tokens: [Int32]
  public let batchSize: Int
  /// How many tokens a stretch has.
  public let time: Int

  /// Traps when `batchSize` or `time` is not positive.
  public init(_ tokens: [Int32], batchSize: Int, time: Int) {
    guard batchSize > 0, time > 0 else {
      fatalError("TokenStreams: a batch of \(batchSize) and a time of \(time), expected 1 or more")
    }
    (self.tokens, self.batchSize, self.time) = (tokens, batchSize, time)
  }

  /// How many stretches each row has.
  public var batchCount: Int { max(0, tokens.count - 1) / batchSize / time }

  public var exampleCount: Int { batchCount * batchSize }

  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<Batch> {
    let count = batchCount
    let rowLength = count * time
    return Prefetched(min(first, count)..<count) { [self] number in
      func stretches(from offset: Int) -> Tensor {
        var values: [Int32] = []
        values.reserveCapacity(batchSize * time)
        for row in 0..<batchSize {
          let start = row * rowLength + number * time + offset
          values += tokens[start..<(start + time)]
        }
        return Tensor(values, shape: [batchSize, time])
      }
      let goesOn = Tensor(number == 0 ? 0.0 : 1.0, dtype: .float32)
      return Batch([stretches(from: 0), stretches(from: 1), goesOn], count: batchSize)
    }
  }
}
