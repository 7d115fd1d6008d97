import Apus
import ApusCPU
import ApusCore
import ApusReference
import ApusRuntime
import Testing

/// An optimizer's step lies over what it updates: nothing is copied, and the numbers are those of separate memory.
@Suite struct OptimizerPlanTests {
  /// A step with its moments, and the elements of its coefficients.
  struct Step: Sendable, CustomTestStringConvertible {
    let block: AnyBlock
    let momentCount: Int
    let coefficients: [Float]
    var testDescription: String { "\(block.name) \(block.attributes), \(momentCount) moments" }
  }

  static let steps: [Step] = [
    Step(block: AnyBlock(SGDStep(isNesterov: false)), momentCount: 0, coefficients: [1, 0.5, 0.75, 0.25, 0.5, 0.75]),
    Step(block: AnyBlock(SGDStep(isNesterov: true)), momentCount: 1, coefficients: [1, 0.5, 0.75, 0.25, 0.5, 0.75]),
    Step(
      block: AnyBlock(AdamStep()), momentCount: 2, coefficients: [1, 0.5, 0.75, 0.25, 2, 0.5, 0.5, 0.5, 0.75, 0.25]),
    Step(
      block: AnyBlock(AdamStep()), momentCount: 3, coefficients: [1, 0.5, 0.75, 0.25, 2, 0.5, 0.5, 0.5, 0.75, 0.25]),
  ]

  @Test(arguments: steps, [7, 70_000])
  func overwritesWhatItUpdates(_ step: Step, _ count: Int) throws {
    let types = (0..<step.momentCount + 2).map { _ in TensorType([count], .float32) }
    let parameters = (types + [TensorType([step.coefficients.count], .float32)]).map { Node.build(.parameter($0)) }
    let node = Node.build(.block(step.block), parameters)
    let (graph, _) = Graph.capture(node.types.indices.map { node.output($0) }, parameters: parameters)
    // The gradient is operand 1 and stays.
    let donations = (0...step.momentCount).map { Donation(input: $0 == 0 ? 0 : $0 + 1, output: $0) }
    let plan = try #require(try CPUBackend().compile(graph, donations: donations) as? Plan)
    #expect(plan.donations.count == step.momentCount + 1)
    #expect(plan.stepLabels == [step.block.name])

    func value(_ operand: Int, _ element: Int) -> Float { Float((element * 7 + operand * 3) % 11) / 8 + 0.25 }
    func inputs() -> [ApusRuntime.Buffer] {
      var arrays = (0..<step.momentCount + 2).map { operand in (0..<count).map { value(operand, $0) } }
      arrays.append(step.coefficients)
      return arrays.map { array in array.withUnsafeBytes { ApusRuntime.Buffer(copying: $0) } }
    }
    func floats(_ buffers: [ApusRuntime.Buffer]) -> [[Float]] {
      buffers.map { buffer in
        let bytes = UnsafeRawBufferPointer(start: buffer.pointer, count: 4 * count)
        return Array(bytes.bindMemory(to: Float.self))
      }
    }
    let own = inputs()
    let results = plan.run(own)
    for donation in plan.donations { #expect(results[donation.output] === own[donation.input]) }
    let apart = try CPUBackend().compile(graph, donations: []).run(inputs())
    #expect(floats(results) == floats(apart))
    let reference = try ReferenceBackend().compile(graph, donations: []).run(inputs())
    for (ours, theirs) in zip(floats(results).joined(), floats(reference).joined()) {
      #expect(abs(ours - theirs) <= 4e-7 * max(1, abs(theirs)), "\(ours), by the reference \(theirs)")
    }
  }

  /// The bits do not depend on the number of threads.
  @Test func isTheSameOnOneThread() {
    var key = RandomKey(3)
    let tensors = (0..<4).map { _ in Tensor.uniform([100_003], in: 0.1..<1, key: &key) }
    let numbers = AdamCoefficients(
      stepSize: Tensor(0.1), rootScale: Tensor(2), epsilon: Tensor(1e-8), beta1: Tensor(0.9), beta2: Tensor(0.99))
    func step() -> [Float] {
      let coefficients = numbers.packed(for: .float32)
      return adamStep(
        tensors[0], gradient: tensors[1], moments: [tensors[2], tensors[3]], coefficients: coefficients
      ).parameter.scalars()
    }
    let threads = CPUBackend.threads
    defer { CPUBackend.threads = threads }
    CPUBackend.threads = 1
    let alone = step()
    CPUBackend.threads = 4
    #expect(step() == alone)
  }
}
