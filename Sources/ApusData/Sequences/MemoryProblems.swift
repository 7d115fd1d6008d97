import ApusTensor

/// The adding problem (Hochreiter & Schmidhuber 1997): batches of sequences `[batch, time, 2]` of a number from 0 to 1 and
/// a mark, and of the sum of the two numbers that are marked, `[batch, 1]`. Whoever always answers 1 has a mean squared
/// error of 1/6.
///
/// One of the marks is in the first half of the time, one in the second. Every batch is drawn anew from the seed, the epoch
/// and its number.
public struct AddingProblem: BatchLoader {
  public let time: Int
  public let batchSize: Int
  public let batchCount: Int
  public let seed: UInt64

  public init(time: Int, batchSize: Int, batchCount: Int, seed: UInt64) {
    guard time >= 2, batchSize > 0, batchCount >= 0 else {
      fatalError("AddingProblem: time \(time) and a batch of \(batchSize), expected at least 2 and 1")
    }
    (self.time, self.batchSize, self.batchCount, self.seed) = (time, batchSize, batchCount, seed)
  }

  public var exampleCount: Int { batchCount * batchSize }

  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<Batch> {
    Prefetched(min(first, batchCount)..<batchCount) { [self] number in
      var generator = SplitMix64(problem: seed, epoch, number)
      var values: [Float] = []
      var sums: [Float] = []
      for _ in 0..<batchSize {
        let marked = [generator.next(below: time / 2), time / 2 + generator.next(below: time - time / 2)]
        var sum: Float = 0
        for place in 0..<time {
          let value = Float(generator.nextUnit())
          let isMarked = marked.contains(place)
          values += [value, isMarked ? 1 : 0]
          if isMarked { sum += value }
        }
        sums.append(sum)
      }
      return Batch(
        [Tensor(values, shape: [batchSize, time, 2]), Tensor(sums, shape: [batchSize, 1])], count: batchSize)
    }
  }
}

/// The copying problem (Hochreiter & Schmidhuber 1997; the form of Arjovsky et al. 2016): batches of symbols
/// `[batch, time]` and of what is to be said at each time, `[batch, time]`, both `int32`.
///
/// `length` symbols out of `symbols` come first (numbers from 1 on), then nothing for `delay` times (0), then a mark
/// (`symbols` + 1) at whose time the first of the symbols is to be said, and then the others.
public struct CopyingProblem: BatchLoader {
  public let delay: Int
  public let length: Int
  public let symbols: Int
  public let batchSize: Int
  public let batchCount: Int
  public let seed: UInt64

  public init(delay: Int, length: Int = 10, symbols: Int = 8, batchSize: Int, batchCount: Int, seed: UInt64) {
    guard delay >= 0, length > 0, symbols > 0, batchSize > 0, batchCount >= 0 else {
      fatalError("CopyingProblem: delay \(delay), \(length) of \(symbols) symbols, expected at least 0, 1 and 1")
    }
    (self.delay, self.length, self.symbols) = (delay, length, symbols)
    (self.batchSize, self.batchCount, self.seed) = (batchSize, batchCount, seed)
  }

  public var exampleCount: Int { batchCount * batchSize }
  /// How long a sequence is.
  public var time: Int { delay + 2 * length }
  /// Nothing, the symbols, the mark.
  public var vocabulary: Int { symbols + 2 }

  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<Batch> {
    Prefetched(min(first, batchCount)..<batchCount) { [self] number in
      var generator = SplitMix64(problem: seed, epoch, number)
      var inputs = [Int32](repeating: 0, count: batchSize * time)
      var targets = inputs
      for row in 0..<batchSize {
        let start = row * time
        for place in 0..<length {
          let symbol = Int32(1 + generator.next(below: symbols))
          inputs[start + place] = symbol
          targets[start + delay + length + place] = symbol
        }
        inputs[start + delay + length] = Int32(symbols + 1)
      }
      return Batch(
        [Tensor(inputs, shape: [batchSize, time]), Tensor(targets, shape: [batchSize, time])], count: batchSize)
    }
  }
}

extension SplitMix64 {
  /// The generator of a batch.
  fileprivate init(problem seed: UInt64, _ epoch: Int, _ number: Int) {
    var mixer = SplitMix64(seed: seed &+ UInt64(epoch) &* 0x9E6C_63D0_876A_9A47)
    self.init(seed: mixer.next() &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03)
  }
}
