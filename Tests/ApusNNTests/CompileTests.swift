import Apus
import ApusRuntime
import Testing

@Suite(.serialized) struct CompileTests {
  private static func makeStep() -> (Sequential, Adam, (Tensor, Tensor) -> Tensor) {
    var key = RandomKey(5)
    let model = Sequential {
      Linear(64, 128, key: &key)
      Tanh()
      Linear(128, 3, key: &key)
    }
    let optimizer = Adam(model)
    let step = { (x: Tensor, y: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(x), y) }
      optimizer.update(gradients)
      return loss
    }
    return (model, optimizer, step)
  }

  private static let inputs = Tensor.linspace(-1, 1, steps: 8 * 64).reshaped(to: [8, 64])
  private static let labels = Tensor([0, 1, 2, 0, 1, 2, 0, 1])

  /// A compiled step gives what the step gives, to the bit.
  @Test func compiledEqualsLazy() {
    let (lazyModel, _, lazyStep) = Self.makeStep()
    let (model, optimizer, body) = Self.makeStep()
    let step = compile(updating: model, optimizer, body: body)
    for _ in 0..<5 {
      let expected = lazyStep(Self.inputs, Self.labels).item()
      #expect(step(Self.inputs, Self.labels).item() == expected)
    }
    for (a, b) in zip(lazyModel.entries, model.entries) {
      #expect(a.slot.tensor!.scalars() == b.slot.tensor!.scalars())
    }
  }

  /// Parameters and moments are updated where they are: from step to step no buffer moves.
  @Test func stateIsUpdatedInPlace() {
    let (model, optimizer, body) = Self.makeStep()
    let step = compile(updating: model, optimizer, body: body)
    for _ in 0..<2 { _ = step(Self.inputs, Self.labels).item() }
    func places() -> [UnsafeMutableRawPointer] {
      (model.stateSlots + optimizer.stateSlots).filter { $0.tensor!.rank > 0 }.map { $0.tensor!.buffer.pointer }
    }
    let before = places()
    for _ in 0..<3 { _ = step(Self.inputs, Self.labels).item() }
    #expect(places() == before)
  }

  /// A tensor that the user kept is not overwritten.
  @Test func keptTensorsStay() {
    let (model, optimizer, body) = Self.makeStep()
    let step = compile(updating: model, optimizer, body: body)
    _ = step(Self.inputs, Self.labels)
    let kept = model.entries[0].slot.tensor!
    let values = kept.scalars()
    _ = step(Self.inputs, Self.labels)
    #expect(kept.scalars() == values)
    #expect(model.entries[0].slot.tensor!.scalars() != values)
  }

  /// Another learning rate needs no new plan.
  @Test func theLearningRateIsState() {
    let (model, optimizer, body) = Self.makeStep()
    var traces = 0
    let step = compile(updating: model, optimizer) { (x: Tensor, y: Tensor) -> Tensor in
      traces += 1
      return body(x, y)
    }
    _ = step(Self.inputs, Self.labels)
    let before = model.entries[0].slot.tensor!.scalars()
    optimizer.learningRate = 0
    _ = step(Self.inputs, Self.labels)
    #expect(model.entries[0].slot.tensor!.scalars() == before)
    #expect(traces == 1)
    _ = step(Self.inputs[0..<4], Self.labels[0..<4])
    #expect(traces == 2)
  }

  /// A loop without `compile` plans once, too.
  @Test func aLazyLoopPlansOnce() {
    var x = Tensor.ones([16])
    for _ in 0..<3 { x = (x * 1.5 - 0.25).evaluated() }
    #expect(Evaluator.countingCompilations { for _ in 0..<50 { x = (x * 1.5 - 0.25).evaluated() } } == 0)
  }

  /// A training loop that reads nothing but its loss does each step once, and keeps nothing of the steps before.
  @Test func aLazyTrainingLoopIsSteady() {
    let (_, _, step) = Self.makeStep()
    for _ in 0..<5 { _ = step(Self.inputs, Self.labels).item() }
    let bytes = MemoryPool.shared.bytesInUse
    let plans = Evaluator.countingCompilations { for _ in 0..<40 { _ = step(Self.inputs, Self.labels).item() } }
    #expect(plans == 0)
    // Other tests run beside this one: only growth by the step would show as megabytes.
    #expect(MemoryPool.shared.bytesInUse < bytes + 40 * 100_000)
  }
}
