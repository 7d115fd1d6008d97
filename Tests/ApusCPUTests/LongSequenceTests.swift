import Apus
import ApusCPU
import ApusCore
import ApusRuntime
import Foundation
import Testing

/// What training on one long sequence takes: plans are made, not run.
@Suite struct LongSequenceTests {
  /// How many bytes a training step of a small GPT on one sequence works in.
  private static func arenaSize(time: Int, dropout: Double) throws -> Int {
    var key = RandomKey(0)
    let configuration = GPT.Configuration(
      vocabulary: 64, context: time, width: 64, layers: 2, heads: 4, dropout: dropout)
    let model = GPT(configuration, key: &key)
    let optimizer = AdamW(model, learningRate: 1e-3)
    let slots = model.stateSlots + optimizer.stateSlots
    let saved = slots.map { $0.tensor! }
    defer { for (slot, tensor) in zip(slots, saved) { slot.tensor = tensor } }
    let state = saved.map { Node.build(.parameter(TensorType($0.shape, $0.dtype))) }
    let batch = (0..<2).map { _ in Node.build(.parameter(TensorType([1, time], .int32))) }
    for (slot, node) in zip(slots, state) { slot.tensor = Tensor(node) }
    let loss = Phase.with(.training) {
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(Tensor(batch[0])), Tensor(batch[1])) }
      optimizer.update(gradients)
      return loss
    }
    let results = [loss] + slots.map { $0.tensor! }
    let (graph, _) = Graph.capture(results.map(\.node), parameters: batch + state)
    let donations = state.indices.map { Donation(input: 2 + $0, output: 1 + $0) }
    return try #require(try CPUBackend().compile(graph, donations: donations) as? Plan).arenaSize
  }

  /// Memory grows with the length of the sequence, not with its square: scores of 8,192 places alone would take 1 GB.
  @Test(arguments: [0, 0.1]) func memoryGrowsWithTheLengthAlone(_ dropout: Double) throws {
    let (short, long) = (
      try Self.arenaSize(time: 4096, dropout: dropout), try Self.arenaSize(time: 8192, dropout: dropout)
    )
    let ratio = Double(long) / Double(short)
    #expect(ratio > 1.7 && ratio < 2.1, "\(short) and \(long) bytes")
  }

  /// What the documentation says of 16,384 tokens: steps are done, which takes a minute.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["APUS_LONG_SEQUENCES"] != nil, "APUS_LONG_SEQUENCES is not set"))
  func sixteenThousandTokensAreTrainedOn() {
    for time in [2048, 4096, 8192, 16_384] {
      var key = RandomKey(0)
      let configuration = GPT.Configuration(
        vocabulary: 256, context: time, width: 256, layers: 4, heads: 4, dropout: 0.1)
      let model = GPT(configuration, key: &key)
      let optimizer = AdamW(model, learningRate: 1e-3)
      let step = compile(updating: model, optimizer) { (inputs: Tensor, labels: Tensor) -> Tensor in
        let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(inputs), labels) }
        optimizer.update(gradients)
        return loss
      }
      let tokens = Tensor.randomIntegers([1, time], in: 0..<256, key: &key).evaluated()
      model.evaluate()
      Device.current.releaseCachedMemory()
      Device.current.resetPeakMemory()
      let losses = Phase.with(.training) {
        let first = step(tokens, tokens).item()
        let start = ContinuousClock.now
        let second = step(tokens, tokens).item()
        print(
          "\(time) tokens: \(Device.current.memory.peakBytes >> 20) MiB at most, \(ContinuousClock.now - start) a step")
        return [first, second]
      }
      #expect(losses[1] < losses[0])
    }
  }
}
