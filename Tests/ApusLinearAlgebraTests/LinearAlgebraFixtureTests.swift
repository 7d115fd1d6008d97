import Apus
import ApusLinearAlgebra
import Testing

/// Values and gradients against PyTorch's, and gradients against central differences in double precision.
@Suite struct LinearAlgebraFixtureTests {
  static let all = LinearAlgebraFixture.load()

  @Test func coversEveryCall() {
    #expect(Self.all.count > 80)
    #expect(Set(Self.all.map(\.op)).count == 25)
  }

  @Test(arguments: all)
  func isAsPyTorch(_ fixture: LinearAlgebraFixture) throws {
    let values = try #require(fixture.call(fixture.inputs))
    #expect(values.count == fixture.outputs.count)
    for (value, expected) in zip(values, fixture.outputs) {
      #expect(value.shape == expected.shape)
      expectClose(value, expected, 1e-10, "value")
    }
    guard fixture.isDifferentiable else { return }
    let (_, gradients) = valueAndGradient(at: fixture.inputs) { loss(fixture, $0) }
    for (gradient, expected) in zip(gradients, fixture.gradients) {
      expectClose(gradient, expected ?? .zeros(like: gradient), 1e-8, "gradient")
    }
  }

  @Test(arguments: all.filter(\.isSmooth))
  func gradientMatchesCentralDifferences(_ fixture: LinearAlgebraFixture) {
    let (_, gradients) = valueAndGradient(at: fixture.inputs) { loss(fixture, $0) }
    check(fixture, gradients) { loss(fixture, $0).item() }
  }

  /// The derivative of the gradient along a direction: everything is differentiated twice.
  @Test(arguments: all.filter(\.isSmooth))
  func secondGradientMatchesCentralDifferences(_ fixture: LinearAlgebraFixture) {
    func slope(_ x: [Tensor]) -> Tensor {
      let (_, gradients) = valueAndGradient(at: x) { loss(fixture, $0) }
      var sum = Tensor(0, dtype: .float64)
      for gradient in gradients { sum += (gradient * weights(gradient)).sum() }
      return sum
    }
    let (_, gradients) = valueAndGradient(at: fixture.inputs, slope)
    check(fixture, gradients) { slope($0).item() }
  }

  @Test(arguments: all.filter(\.isDifferentiable))
  func forwardModeIsTheTranspose(_ fixture: LinearAlgebraFixture) {
    let (_, gradients) = valueAndGradient(at: fixture.inputs) { loss(fixture, $0) }
    let tangents = fixture.inputs.map(weights)
    let (_, moved) = jvp(at: fixture.inputs, tangents: tangents) { [loss(fixture, $0)] }
    var expected = 0.0
    for (gradient, tangent) in zip(gradients, tangents) { expected += (gradient * tangent).sum().item() }
    #expect(abs(moved[0].item() - expected) <= 1e-9 * (1 + abs(expected)))
  }

  /// Single precision agrees with double to what it can hold.
  @Test(arguments: all.filter { $0.isDifferentiable && $0.op != "pseudoInverse" })
  func singlePrecisionAgrees(_ fixture: LinearAlgebraFixture) throws {
    let inputs = fixture.inputs.map { $0.cast(to: .float32) }
    for (value, expected) in zip(try #require(fixture.call(inputs)), fixture.outputs) {
      #expect(value.dtype == .float32)
      expectClose(value.cast(to: .float64), expected, 2e-4, "value")
    }
  }

  // MARK: -

  /// The sum of the outputs times the fixture's cotangents.
  private func loss(_ fixture: LinearAlgebraFixture, _ x: [Tensor]) -> Tensor {
    var sum = Tensor(0, dtype: .float64)
    for (value, cotangent) in zip(fixture.call(x)!, fixture.cotangents) {
      if let cotangent { sum += (value * cotangent).sum() }
    }
    return sum
  }

  /// A direction that is no symmetry of anything.
  private func weights(_ x: Tensor) -> Tensor {
    let values = (0..<x.count).map { place -> Double in Double((place * 37 + 11) % 17) / 17.0 - 0.4 }
    return Tensor(values, shape: x.shape, dtype: .float64)
  }

  private func check(_ fixture: LinearAlgebraFixture, _ gradients: [Tensor], _ f: ([Tensor]) -> Double) {
    for (place, gradient) in gradients.enumerated() {
      let (values, slopes) = (fixture.inputs[place].doubles(), gradient.doubles())
      for element in stride(from: 0, to: values.count, by: Swift.max(1, values.count / 5)) {
        let step = 1e-5
        func moved(_ by: Double) -> Double {
          var (inputs, changed) = (fixture.inputs, values)
          changed[element] += by
          inputs[place] = Tensor(changed, shape: gradient.shape, dtype: .float64)
          return f(inputs)
        }
        // Fourth order: the errors of both terms are far below the tolerance.
        let near = (moved(step) - moved(-step)) / (2 * step)
        let far = (moved(2 * step) - moved(-2 * step)) / (4 * step)
        let expected = (4 * near - far) / 3
        let scale = 1 + slopes.map(abs).max()!
        #expect(
          abs(slopes[element] - expected) <= 2e-5 * scale, "input \(place), element \(element) of \(values.count)")
      }
    }
  }
}

/// Expects every element within `tolerance` of the largest.
func expectClose(
  _ value: Tensor, _ expected: Tensor, _ tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (a, b) = (value.doubles(), expected.doubles())
  guard a.count == b.count else {
    Issue.record("\(what): \(value.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  let scale = 1 + (b.map(abs).max() ?? 0)
  let isClose = zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * scale || $0 == $1 || $0.isNaN && $1.isNaN }
  #expect(isClose, "\(what): \(a), expected \(b)", sourceLocation: sourceLocation)
}
