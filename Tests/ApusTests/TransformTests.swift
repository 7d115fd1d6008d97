import ApusCore
import ApusGradients
import ApusReference
import ApusRuntime
import ApusTensor
import Testing

/// The transforms of functions, on every case of the table.
@Suite struct TransformTests {
  /// Forward mode against reverse mode: ⟨c, J t⟩ = ⟨Jᵀ c, t⟩.
  @Test(arguments: Case.typed([.float64]) { $0.hasGradient && $0.isDifferentiable })
  func forwardModeIsTheAdjoint(_ typed: Case.Typed) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let type = testCase.graph(dtype).outputTypes[0]
    let places = testCase.variables(dtype)
    guard type.dtype == .float64, !places.isEmpty else { return }
    Device.with(reference) {
      let inputs = testCase.tensors(dtype)
      var noise = Noise(testCase.name + " tangent")
      let tangents = places.map { place in
        Tensor(exactly: inputs[place].shape.elementCount.times { noise.uniform(-1...1) }, inputs[place].node.type)
      }
      let cotangent = Tensor(exactly: testCase.cotangent(type), type)
      let (_, moved) = jvp(at: places.map { inputs[$0] }, tangents: tangents) { variables in
        var operands = inputs
        for (place, variable) in zip(places, variables) { operands[place] = variable }
        return [testCase.body(operands)]
      }
      let gradients = testCase.gradients(inputs, cotangent: cotangent, dtype)
      let forward = (moved[0] * cotangent).sum().item()
      let backward = zip(gradients, tangents).map { ($0 * $1).sum().item() }.reduce(0, +)
      #expect(
        abs(forward - backward) <= 1e-10 * (1 + abs(forward)) || (forward.isNaN && backward.isNaN),
        "case \"\(testCase.name)\": \(forward) and \(backward)")
    }
  }

  /// A vectorised function against a loop over the batch, with all inputs or only the first one batched.
  @Test(arguments: Case.typed([.float32, .float64, .int32]))
  func vectorisesToTheSame(_ typed: Case.Typed) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    guard !testCase.inputs.isEmpty, testCase.inputs.allSatisfy({ $0.shape.rank < 7 }) else { return }
    Device.with(cpu) {
      let inputs = testCase.tensors(dtype)
      let type = testCase.graph(dtype).outputTypes[0]
      guard type.shape.rank < 7 else { return }
      for shared in [false, true] where !shared || inputs.count > 1 {
        // The second example has other values: the first one's, backwards.
        let others = inputs.enumerated().map { index, input in
          shared && index > 0 ? input : input.reversed(Array(input.shape.indices))
        }
        let batched = zip(inputs, others).enumerated().map { index, pair in
          shared && index > 0 ? pair.0 : stack([pair.0, pair.1])
        }
        let axes: [Int?] = inputs.indices.map { shared && $0 > 0 ? nil : 0 }
        let wide = vmap(inAxes: axes) { [testCase.body($0)] }(batched)[0]
        let expected = stack([testCase.body(inputs), testCase.body(others)])
        #expect(wide.node.type == expected.node.type, "case \"\(testCase.name)\"")
        testCase.failure(
          dtype, shared ? "vectorised over the first operand" : "vectorised",
          difference(
            wide.doubles(), from: expected.doubles(), expected.node.type,
            Tolerance(expected.dtype, scale: 2 * testCase.tolerance)))
      }
    }
  }

  /// The gradient of a vectorised function is the gradients of the examples.
  @Test(arguments: Case.typed([.float64]) { $0.isDifferentiable })
  func vectorisedGradients(_ typed: Case.Typed) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let type = testCase.graph(dtype).outputTypes[0]
    let places = testCase.variables(dtype)
    guard type.dtype == .float64, !places.isEmpty, testCase.inputs.allSatisfy({ $0.shape.rank < 7 }) else { return }
    Device.with(cpu) {
      let inputs = testCase.tensors(dtype)
      let cotangent = Tensor(exactly: testCase.cotangent(type), type)
      let wide = vmap { testCase.gradients($0, cotangent: cotangent, dtype) }(inputs.map { stack([$0, $0]) })
      let expected = testCase.gradients(inputs, cotangent: cotangent, dtype)
      for (gradient, single) in zip(wide, expected) {
        testCase.failure(
          dtype, "gradient in a batch",
          difference(
            gradient[1].doubles(), from: single.doubles(), single.node.type,
            Tolerance(dtype, scale: 16 * testCase.tolerance)))
      }
    }
  }
}

extension Int {
  fileprivate func times<T>(_ make: () -> T) -> [T] { (0..<self).map { _ in make() } }
}
