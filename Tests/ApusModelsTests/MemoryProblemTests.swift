import Apus
import Testing

@Suite struct MemoryProblemTests {
  /// The sum is that of the two numbers that are marked, one in each half; batches are the same whenever they are asked.
  @Test func addingIsAsHochreiterAndSchmidhuberHaveIt() throws {
    let problem = AddingProblem(time: 30, batchSize: 4, batchCount: 5, seed: 3)
    var all: [[Double]] = []
    for batch in problem.epoch(0) {
      let (inputs, sums) = (batch.tensors[0].doubles(), batch.tensors[1].doubles())
      #expect(batch.tensors[0].shape == [4, 30, 2] && batch.tensors[1].shape == [4, 1])
      for row in 0..<4 {
        let marked = (0..<30).filter { inputs[(row * 30 + $0) * 2 + 1] == 1 }
        #expect(marked.count == 2 && marked[0] < 15 && marked[1] >= 15)
        let sum = marked.reduce(0) { $0 + inputs[(row * 30 + $1) * 2] }
        #expect(abs(sum - sums[row]) < 1e-6)
      }
      all.append(inputs)
    }
    #expect(all.count == 5 && Set(all).count == 5)
    #expect(problem.epoch(0, startingAt: 3).map { $0.tensors[0].doubles() } == Array(all[3...]))
    #expect(problem.epoch(1).next()?.tensors[0].doubles() != all[0])
  }

  @Test func copyingIsAsArjovskyAndOthersHaveIt() throws {
    let problem = CopyingProblem(delay: 5, length: 3, symbols: 4, batchSize: 2, batchCount: 2, seed: 1)
    #expect(problem.time == 11 && problem.vocabulary == 6)
    for batch in problem.epoch(0) {
      let (inputs, targets) = (batch.tensors[0].scalars(Int32.self), batch.tensors[1].scalars(Int32.self))
      for row in 0..<2 {
        let (given, said) = (Array(inputs[row * 11..<row * 11 + 11]), Array(targets[row * 11..<row * 11 + 11]))
        #expect(given[0..<3].allSatisfy { (1...4).contains($0) })
        #expect(Array(given[3..<8]) == [0, 0, 0, 0, 0] && Array(given[8...]) == [5, 0, 0])
        #expect(Array(said[0..<8]) == [Int32](repeating: 0, count: 8) && Array(said[8...]) == Array(given[0..<3]))
      }
    }
  }
}
