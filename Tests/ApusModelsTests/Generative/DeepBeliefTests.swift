import Apus
import Testing

/// Boltzmann machines one on the other, and layers that learn one after the other.
@Suite struct DeepBeliefTests {
  /// One step of contrastive divergence with random numbers that are given, against NumPy unit by unit.
  @Test func contrastiveDivergenceIsHintons() throws {
    let expected = try #require(try AutoencoderTests.cases("contrastive divergence").first)
    let (batch, visible, hidden) = (expected["batch"]!.int!, expected["visible"]!.int!, expected["hidden"]!.int!)
    var key = RandomKey(0)
    let machine = RestrictedBoltzmannMachine(visible, hidden, key: &key)
    machine.weight = hashedTensor([hidden, visible], 0, 0, 0.8)
    machine.hiddenBias = hashedTensor([hidden], 1, 0, 0.3)
    machine.visibleBias = hashedTensor([visible], 2, 0, 0.3)
    let data = hashedTensor([batch, visible], 3, 0.5, 0.5)
    let drawn = machine.sampled(
      from: data, hiddenNumbers: hashedTensor([batch, hidden], 4, 0.5, 0.5),
      visibleNumbers: hashedTensor([batch, visible], 5, 0.5, 0.5))
    func numbers(_ json: JSONValue?) -> [Double] { (json?.array ?? []).compactMap(\.double) }
    #expect(drawn.doubles() == numbers(expected["drawn"]))
    let gradients = valueAndGrad(machine) {
      machine.freeEnergy(data).mean() - machine.freeEnergy(drawn.stoppingGradient()).mean()
    }.gradients
    for (entry, gradient) in zip(machine.parameters, gradients) {
      let name = ["weight": "weight", "hiddenBias": "hidden", "visibleBias": "visible"][entry.path] ?? ""
      let change = numbers(expected["change"]?[name])
      #expect(change.count == gradient.count)
      // Down the gradient, so that the change has the other sign.
      for (ours, theirs) in zip(gradient.doubles(), change) { #expect(abs(ours + theirs) < 1e-6, "\(entry.path)") }
    }
  }

  /// Six patterns of bars and stripes: chains that go on from step to step find all of them, and draw little else.
  @Test func persistentChainsLearnTheDistribution() {
    var key = RandomKey(4)
    let machine = RestrictedBoltzmannMachine(4, 8, persistentChains: 100, key: &key)
    let patterns = Tensor(
      [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1] as [Float], shape: [6, 4])
    let many = patterns.broadcast(to: [20, 6, 4]).reshaped(to: [120, 4])
    let before = machine.chains!.doubles()
    machine.train(on: many, steps: 1500, gibbsSteps: 2, learningRate: 0.01)
    #expect(machine.chains!.doubles() != before && machine.chains!.shape == [100, 4])
    // The exact likelihood: no model does better than −log 6.
    let likelihood = machine.meanLogLikelihood(patterns).item()
    #expect(likelihood > -2.25 && likelihood <= -1.7917, "\(likelihood)")
    let drawn = machine.samples(400, steps: 60, key: RandomKey(9))
    #expect(drawn.shape == [400, 4] && drawn.doubles() == machine.samples(400, steps: 60, key: RandomKey(9)).doubles())
    // Ten of the 16 patterns are none of those that were learned.
    let numbers = (drawn.rounded() * Tensor([1, 2, 4, 8] as [Float])).sum(axis: 1).doubles().map { Int($0) }
    let share = Double(numbers.count { [0, 3, 12, 5, 10, 15].contains($0) }) / 400
    #expect(share > 0.6, "\(share)")
  }

  /// Each layer is trained in its epochs, and only in those.
  @Test func layersAreTrainedOneAfterTheOther() throws {
    var key = RandomKey(2)
    let model = DeepBeliefNetwork(imageShape: [3], hidden: [5, 4, 6], layerEpochs: 2, key: &key)
    #expect(model.objectives.map(\.epochs) == [0..<2, 2..<4, 4..<Int.max])
    #expect(model.objectives.map(\.name) == ["layer1", "layer2", "layer3"])
    let objectives = model.objectives.map { draft in
      Objective(
        name: draft.name, draft.part, SGD(draft.part, learningRate: 0.1), epochs: draft.epochs, loss: draft.loss)
    }
    let task = TrainingTask(objectives, model: model) { Judgement(predictions: $0[0], targets: $0[0]) }
    let watcher = WeightWatcher(model)
    try Trainer(task, data: BitBatches(), options: TrainerOptions(epochs: 6), callbacks: [watcher]).run()
    let seen = watcher.seen
    let changed = zip(seen, seen.dropFirst()).map { before, after in (0..<3).map { before[$0] != after[$0] } }
    let (first, second, third) = ([true, false, false], [false, true, false], [false, false, true])
    #expect(changed == [first, first, second, second, third, third])
  }
}

/// Images of three bits.
private struct BitBatches: BatchLoader {
  let exampleCount = 24
  let batchCount = 3

  func epoch(_ epoch: Int, startingAt first: Int) -> Prefetched<Batch> {
    Prefetched(first..<batchCount) { number in
      let bits = (0..<24).map { Float(($0 * 5 + number + epoch) % 3 == 0 ? 1 : 0) }
      return Batch([Tensor(bits, shape: [8, 3])], count: 8)
    }
  }
}

/// The weights of the machines before the first epoch and after each.
private final class WeightWatcher: Callback {
  private let model: DeepBeliefNetwork
  private(set) var seen: [[[Double]]] = []

  init(_ model: DeepBeliefNetwork) { self.model = model }

  private func note() { seen.append(model.machines.map { $0.weight.doubles() }) }
  func runBegan(_ trainer: Trainer) { note() }
  func epochEnded(_ trainer: Trainer, _ report: EpochReport) { note() }
}
