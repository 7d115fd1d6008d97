import Apus
import Foundation
import Testing

/// Examples that are their own numbers, made slowly and unevenly.
private struct Numbers: ExampleSet {
  let count: Int
  var delay = 0.0

  func batch(_ draws: [ExampleDraw]) -> Batch {
    if delay > 0 { Thread.sleep(forTimeInterval: delay * Double(draws[0].index % 3)) }
    return Batch(
      [Tensor(draws.map { Int32($0.index) }), Tensor(draws.map { UInt64($0.key) }, shape: [draws.count])],
      count: draws.count)
  }
}

@Suite struct DataLoaderTests {
  private func indices(_ batches: Prefetched<Batch>) -> [[Int32]] { batches.map { $0.tensors[0].scalars(Int32.self) } }

  @Test func batchesDoNotDependOnThreads() {
    let expected = indices(DataLoader(Numbers(count: 100), batchSize: 7, seed: 5, threads: 1).epoch(3))
    for threads in [1, 2, 3, 8] {
      let loader = DataLoader(Numbers(count: 100, delay: 0.001), batchSize: 7, seed: 5, threads: threads)
      #expect(indices(loader.epoch(3)) == expected, "\(threads) threads")
      for first in [0, 4, 14, 15, 20] {
        #expect(indices(loader.epoch(3, startingAt: first)) == Array(expected.dropFirst(first)), "from \(first)")
      }
    }
    #expect(
      expected.flatMap { $0 }.sorted() == Array(0..<100)
        && expected.map(\.count) == [Int](repeating: 7, count: 14) + [2])
  }

  /// All examples first, then those that count alone, as many draws an epoch.
  @Test func phasesFollowOneAnother() {
    let all = DataLoader(Numbers(count: 20), batchSize: 6, seed: 2)
    let weights = (0..<20).map { $0 < 3 ? 1.0 : 0 }
    let few = DataLoader(Numbers(count: 20), batchSize: 6, sampling: .weighted(weights, count: 20), seed: 2)
    let phases = PhasedBatches(all, until: 2, then: few)
    #expect(phases.batchCount == 4 && phases.exampleCount == 20)
    for epoch in 0..<2 {
      #expect(indices(phases.epoch(epoch, startingAt: 1)) == indices(all.epoch(epoch, startingAt: 1)))
    }
    let later = indices(phases.epoch(2, startingAt: 0))
    #expect(later == indices(few.epoch(2)) && later.joined().allSatisfy { $0 < 3 } && later.joined().count == 20)
  }

  @Test func theLastBatchMayBeDropped() {
    let loader = DataLoader(Numbers(count: 10), batchSize: 4, dropsLast: true)
    #expect(loader.batchCount == 2 && loader.exampleCount == 8)
    #expect(indices(loader.epoch(0)).map(\.count) == [4, 4])
    let whole = DataLoader(Numbers(count: 10), batchSize: 4, sampling: .sequential)
    #expect(whole.batchCount == 3 && whole.exampleCount == 10)
    #expect(indices(whole.epoch(9)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
    #expect(indices(DataLoader(Numbers(count: 0), batchSize: 4).epoch(0)).isEmpty)
  }

  /// What an example is changed by depends on the seed, the epoch and the example, not on the batch that it is in.
  @Test func keysBelongToExamples() {
    func keys(_ batchSize: Int, epoch: Int, seed: UInt64 = 1) -> [Int32: UInt64] {
      var keys: [Int32: UInt64] = [:]
      for batch in DataLoader(Numbers(count: 20), batchSize: batchSize, seed: seed).epoch(epoch) {
        let pairs = zip(batch.tensors[0].scalars(Int32.self), batch.tensors[1].scalars(UInt64.self))
        for (index, key) in pairs { keys[index] = key }
      }
      return keys
    }
    #expect(keys(3, epoch: 0) == keys(20, epoch: 0))
    #expect(Set(keys(3, epoch: 0).values).count == 20)
    #expect(Set(keys(3, epoch: 0).values).isDisjoint(with: keys(3, epoch: 1).values))
    #expect(Set(keys(3, epoch: 0).values).isDisjoint(with: keys(3, epoch: 0, seed: 2).values))
  }

  /// Frequencies of a weighted draw, against the weights: within five deviations of a binomial.
  @Test func weightsAreFrequencies() {
    let weights = [0.0, 1, 2, 5, 0, 2]
    let drawn = Sampling.weighted(weights, count: 20_000).order(of: 6, seed: 7, epoch: 0)
    #expect(drawn.count == 20_000)
    for (index, weight) in weights.enumerated() {
      let (share, count) = (weight / 10, Double(drawn.count { $0 == index }))
      let deviation = (20_000 * share * (1 - share)).squareRoot()
      #expect(abs(count - 20_000 * share) <= 5 * deviation, "\(index): \(count)")
    }
    #expect(Sampling.weighted(weights).order(of: 6, seed: 7, epoch: 1).count == 6)
    // An example that an epoch draws twice is changed in two ways.
    let loader = DataLoader(Numbers(count: 6), batchSize: 500, sampling: .weighted(weights, count: 500))
    let keys = loader.epoch(0).flatMap { $0.tensors[1].scalars(UInt64.self) }
    #expect(Set(keys).count == 500)
    let labels = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2]
    let balanced = Sampling.balanced(labels, count: 9000).order(of: 10, seed: 1, epoch: 0)
    for label in 0..<3 { #expect(abs(balanced.count { labels[$0] == label } - 3000) < 250) }
  }

  @Test func strataAreSpreadEvenly() {
    let labels = (0..<1000).map { $0 < 700 ? 0 : $0 < 950 ? 1 : 2 }
    let order = Sampling.stratified(labels).order(of: 1000, seed: 3, epoch: 2)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Sampling.stratified(labels).order(of: 1000, seed: 3, epoch: 3))
    for start in stride(from: 0, to: 1000, by: 20) {
      let counts = (0..<3).map { label in order[start..<(start + 20)].count { labels[$0] == label } }
      #expect(abs(counts[0] - 14) <= 1 && abs(counts[1] - 5) <= 1 && abs(counts[2] - 1) <= 1, "\(counts)")
    }
    // Within a class the order is random.
    let second = order.filter { labels[$0] == 1 }
    #expect(second != second.sorted())
  }

  @Test func splitsEachClass() {
    let labels = (0..<100).map { $0 % 3 }
    let (first, second) = stratifiedSplit(labels, share: 0.2, seed: 4)
    #expect((first + second).sorted() == Array(0..<100) && first == first.sorted())
    for label in 0..<3 { #expect(second.count { labels[$0] == label } == 7) }
    #expect(stratifiedSplit(labels, share: 0.2, seed: 4).second == second)
    #expect(stratifiedSplit(labels, share: 0.2, seed: 5).second != second)
  }

  @Test func waitingIsMeasured() {
    let slow = Prefetched(0..<5, threads: 1) { number in
      Thread.sleep(forTimeInterval: 0.02)
      return number
    }
    #expect(Array(slow) == [0, 1, 2, 3, 4])
    #expect(slow.waitSeconds > 0.05)
    let quick = Prefetched(0..<5, ahead: 5) { $0 }
    Thread.sleep(forTimeInterval: 0.05)
    #expect(Array(quick) == [0, 1, 2, 3, 4] && quick.waitSeconds < 0.05)
  }

  /// As many elements are made at a time as there are threads, and no more are made ahead than allowed.
  @Test func threadsWorkTogether() {
    let begun = Counter()
    let together = Prefetched(0..<6, threads: 3) { number in
      begun.add()
      // The first three wait for each other: one thread alone would wait in vain.
      let deadline = Date(timeIntervalSinceNow: 10)
      while begun.value < 3, Date() < deadline { Thread.sleep(forTimeInterval: 0.001) }
      return begun.value >= 3
    }
    #expect(together.allSatisfy { $0 })
    let made = Counter()
    let lazy = Prefetched(0..<100, ahead: 3) { _ in made.add() }
    _ = lazy.next()
    Thread.sleep(forTimeInterval: 0.05)
    #expect(made.value == 4)
  }
}

/// A number that threads count up.
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0
  func add() { lock.withLock { count += 1 } }
  var value: Int { lock.withLock { count } }
}
