import ApusCore
import ApusTensor
import Testing

/// Numbers that PyTorch computed (`Tests/Fixtures/*.json`, written by the script beside them): forward and gradients.
@Suite struct FixtureTests {
  @Test(arguments: Fixture.load("primitives"))
  func isAsPyTorch(_ fixture: Fixture) throws {
    let body = try #require(FixtureCalls.body(fixture), "no call for \(fixture) \(fixture.attributes)")
    Self.compare(fixture, body)
  }

  /// Values and gradients of `body` with those of the fixture.
  static func compare(_ fixture: Fixture, _ body: FixtureCalls.Body) {
    let inputs = fixture.inputs.map(\.tensor)
    let value = body(inputs)
    expect(value, fixture.output, fixture, "output")
    guard let cotangent = fixture.cotangent, value.dtype.isFloat else { return }
    let places = inputs.indices.filter { $0 < fixture.gradients.count && fixture.gradients[$0] != nil }
    guard !places.isEmpty else { return }
    let gradients = vjp(at: places.map { inputs[$0] }, cotangent: cotangent.tensor) { variables in
      var operands = inputs
      for (place, variable) in zip(places, variables) { operands[place] = variable }
      return body(operands)
    }.gradients
    for (place, gradient) in zip(places, gradients) {
      expect(gradient, fixture.gradients[place]!, fixture, "gradient of input \(place)")
    }
  }

  private static func expect(_ value: Tensor, _ expected: Fixture.Array, _ fixture: Fixture, _ what: String) {
    guard value.shape == expected.type.shape else {
      Issue.record("\(fixture), \(what): shape \(value.shape), expected \(expected.type.shape)")
      return
    }
    let unit = value.dtype == .float64 ? 1e-12 : 1e-5
    let message = difference(
      value.doubles(), from: expected.values, value.node.type,
      value.dtype.isFloat ? Tolerance(absolute: unit, relative: unit) : .exact)
    if let message { Issue.record("\(fixture), \(what): \(message)") }
  }
}
