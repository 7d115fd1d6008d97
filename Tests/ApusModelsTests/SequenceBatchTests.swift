import Apus
import Testing

@Suite struct SequenceBatchTests {
  /// Rows read on where the batch before ended, and each token's target is the next one.
  @Test func streamsGoOn() {
    let streams = TokenStreams((0..<25).map { Int32($0) }, batchSize: 2, time: 3)
    #expect(streams.batchCount == 4 && streams.exampleCount == 8)
    let batches = Array(streams.epoch(0))
    #expect(
      batches.map { $0.tensors[0].doubles() } == [
        [0, 1, 2, 12, 13, 14], [3, 4, 5, 15, 16, 17], [6, 7, 8, 18, 19, 20], [9, 10, 11, 21, 22, 23],
      ])
    #expect(batches.map { $0.tensors[1].doubles() } == batches.map { $0.tensors[0].doubles().map { $0 + 1 } })
    #expect(batches.map { $0.tensors[2].item() } == [0, 1, 1, 1])
    #expect(
      streams.epoch(0, startingAt: 2).map { $0.tensors[0].doubles() } == batches[2...].map { $0.tensors[0].doubles() })
  }

  @Test func windowsDoNotOverlap() {
    let windows = TokenWindows((0..<11).map { Int32($0) }, time: 4)
    #expect(windows.count == 2)
    let batch = windows.batch([ExampleDraw(index: 1, key: 0), ExampleDraw(index: 0, key: 0)])
    #expect(batch.tensors[0].doubles() == [4, 5, 6, 7, 0, 1, 2, 3])
    #expect(batch.tensors[1].doubles() == [5, 6, 7, 8, 1, 2, 3, 4])
  }

  /// Each example once, filled up at its end, with little filling; the same order for the same seed and epoch.
  @Test func sequencesAreBatchedByLength() {
    var generator = SplitMix64(seed: 5)
    let examples = (0..<300).map { number in
      SequenceExample(
        [Int32](repeating: Int32(number + 1), count: 1 + generator.next(below: 40)), [Int32(number + 1), 7])
    }
    let batches = SequenceBatches(examples, batchSize: 16, padding: [0, -1], seed: 9)
    #expect(batches.batchCount == 19)
    var (seen, filled, total): ([Int], Int, Int) = ([], 0, 0)
    for batch in batches.epoch(0) {
      let (rows, time) = (batch.tensors[0].shape[0], batch.tensors[0].shape[1])
      #expect(rows == batch.count && time % 4 == 0 && batch.tensors[1].shape == [rows, 4])
      let values = batch.tensors[0].scalars(Int32.self)
      for row in 0..<rows {
        let number = Int(values[row * time]) - 1
        seen.append(number)
        let length = examples[number].sequences[0].count
        #expect(Array(values[row * time..<row * time + length]) == examples[number].sequences[0])
        #expect(values[(row * time + length)..<(row + 1) * time].allSatisfy { $0 == 0 })
        filled += time - length
      }
      total += rows * time
    }
    #expect(seen.sorted() == Array(0..<300) && Double(filled) / Double(total) < 0.15)
    #expect(batches.groups(0) == batches.groups(0) && batches.groups(0) != batches.groups(1))
    let plain = SequenceBatches(examples, batchSize: 16, padding: [0, -1])
    #expect(plain.groups(3).flatMap { $0 } == Array(0..<300))
  }

  @Test func seriesAreContinued() {
    let values: [Float] = (0..<8).flatMap { [Float($0), Float(10 * $0)] }
    let windows = SeriesWindows(values, features: 2, target: 1, window: 3, times: 5..<8)
    let batch = windows.batch([ExampleDraw(index: 2, key: 0), ExampleDraw(index: 0, key: 0)])
    #expect(windows.count == 3 && batch.tensors[0].shape == [2, 3, 2])
    #expect(batch.tensors[0].doubles() == [4, 40, 5, 50, 6, 60, 2, 20, 3, 30, 4, 40])
    #expect(batch.tensors[1].doubles() == [70, 50])
  }
}
