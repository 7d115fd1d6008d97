import Apus
import Testing

/// Activations, losses, normalisations and reparametrized layers: values and all gradients as PyTorch's
/// (`Tests/Fixtures/vocabulary.json`), as functions and as layers, in both precisions.
@Suite struct VocabularyTests {
  /// Relative to the size of the numbers in a result, and to each of them.
  private static let tolerances: [DType: Double] = [.float32: 4e-6, .float64: 4e-7]

  static var kinds: [String] { Set(VocabularyCase.all.map(\.op)).sorted() }

  @Test(arguments: kinds) func isAsPyTorchs(_ kind: String) throws {
    let calls = try #require(VocabularyCalls.all[kind], "no call for \(kind)")
    let cases = VocabularyCase.all.filter { $0.op == kind }
    #expect(cases.count >= 3, "\(kind) is tested by \(cases.count) cases")
    for dtype in [DType.float32, .float64] {
      let results = cases.flatMap { fixture in calls.map { (fixture, result(fixture, $0, dtype)) } }
      // In one go: that is quicker than a plan for each.
      Tensor.evaluate(results.flatMap { [$0.1.value] + $0.1.gradients })
      for (fixture, result) in results { check(fixture, result.value, result.gradients, dtype) }
    }
  }

  @Test func everyCallIsTested() {
    #expect(Set(VocabularyCalls.all.keys) == Set(Self.kinds))
    #expect(VocabularyCase.all.count >= 500)
  }

  private func result(
    _ fixture: VocabularyCase, _ call: VocabularyCall, _ dtype: DType
  ) -> (value: Tensor, gradients: [Tensor]) {
    let inputs = fixture.inputs.map { $0.tensor(dtype) }
    let floats = inputs.indices.filter { inputs[$0].dtype.isFloat }
    return vjp(at: floats.map { inputs[$0] }, cotangent: fixture.cotangent.tensor(dtype)) { variables in
      var operands = inputs
      for (place, variable) in zip(floats, variables) { operands[place] = variable }
      return call(fixture.arguments(operands))
    }
  }

  private func check(_ fixture: VocabularyCase, _ value: Tensor, _ gradients: [Tensor], _ dtype: DType) {
    let place = "\(fixture), \(dtype)"
    #expect(value.dtype == dtype, "\(place): \(value.dtype)")
    compare(value, fixture.output, dtype, place)
    let floats = fixture.inputs.indices.filter { !fixture.inputs[$0].isInteger }
    for (number, gradient) in zip(floats, gradients) {
      guard let expected = fixture.gradients[number] else { continue }
      compare(gradient, expected, dtype, "\(place), gradient \(number)")
    }
  }

  private func compare(_ tensor: Tensor, _ expected: VocabularyCase.Array, _ dtype: DType, _ place: String) {
    guard tensor.shape == expected.shape else {
      Issue.record("\(place): shape \(tensor.shape), PyTorch \(expected.shape)")
      return
    }
    let tolerance = Self.tolerances[dtype]!
    for (ours, theirs) in zip(tensor.doubles(), expected.values) where ours != theirs {
      guard abs(ours - theirs) <= tolerance * max(1, abs(theirs)) else {
        Issue.record("\(place): \(ours), PyTorch \(theirs)")
        return
      }
    }
  }
}
