import Apus
import Foundation
import Testing

/// A layer with its parameters, inputs and all gradients as PyTorch has them (`Tests/Fixtures/fixture_sequences.py`).
struct LayerFixture: Sendable, CustomTestStringConvertible {
  let number: Int
  let layer: String
  let attributes: JSONValue
  let parameters: [String: Tensor]
  let inputs: [Tensor]
  let outputs: [Tensor]
  let cotangents: [Tensor]
  let gradients: [Tensor?]
  let parameterGradients: [String: Tensor]

  var testDescription: String { "case \(number), \(layer)" }

  static func load(_ name: String) throws -> [LayerFixture] {
    let cases = try #require(try fixtureFile(name)["cases"]?.array)
    return cases.enumerated().map { LayerFixture($0.offset, $0.element) }
  }

  private init(_ number: Int, _ json: JSONValue) {
    func tensors(_ name: String) -> [Tensor?] { (json[name]?.array ?? []).map(\.tensor) }
    func named(_ name: String) -> [String: Tensor] {
      let object = json[name]?.object ?? [:]
      return Dictionary(uniqueKeysWithValues: object.keys.map { ($0, object[$0]!.tensor!) })
    }
    self.number = number
    layer = json["layer"]?.string ?? ""
    attributes = json["attributes"] ?? [:]
    parameters = named("parameters")
    inputs = tensors("inputs").compactMap { $0 }
    outputs = tensors("outputs").compactMap { $0 }
    cotangents = tensors("cotangents").compactMap { $0 }
    gradients = tensors("gradients")
    parameterGradients = named("parameterGradients")
  }

  func int(_ name: String, _ standard: Int = 0) -> Int { attributes[name]?.int ?? standard }
  func double(_ name: String, _ standard: Double = 0) -> Double { attributes[name]?.double ?? standard }
  func bool(_ name: String, _ standard: Bool = false) -> Bool { attributes[name]?.bool ?? standard }
  func string(_ name: String) -> String? { attributes[name]?.string }
  func ints(_ name: String) -> Tensor? {
    attributes[name]?.array.map { Tensor($0.map { Int32($0.int ?? 0) }) }
  }

  /// True where a place is beyond a sequence's end: `padding` holds the lengths.
  func padding(_ time: Int) -> Tensor? {
    ints("padding").map { Tensor.range(time) .>= $0.expandingAxis(1) }
  }

  /// Holds the outputs and the gradients of every parameter and input against PyTorch's.
  func check(_ model: Module, _ tolerance: Double = 2e-5, _ body: @escaping ([Tensor]) -> [Tensor]) throws {
    try model.load(stateDictionary: parameters)
    let slots = model.parameters
    let places = inputs.indices.filter { gradients[$0] != nil }
    var found: [Tensor] = []
    let saved = slots.map { $0.slot.tensor! }
    let (_, ours) = valueAndGradient(at: places.map { inputs[$0] } + saved) { variables in
      var operands = inputs
      for (place, variable) in zip(places, variables) { operands[place] = variable }
      for (entry, variable) in zip(slots, variables.dropFirst(places.count)) { entry.slot.tensor = variable }
      found = body(operands)
      return zip(found, cotangents).map { ($0 * $1).sum() }.reduce(Tensor(0), +)
    }
    for (entry, tensor) in zip(slots, saved) { entry.slot.tensor = tensor }
    #expect(found.count == outputs.count)
    for (number, pair) in zip(found, outputs).enumerated() {
      expectClose(pair.0, pair.1, tolerance, "output \(number)")
    }
    for (place, gradient) in zip(places, ours) {
      expectClose(gradient, gradients[place]!, tolerance, "gradient of input \(place)")
    }
    for (entry, gradient) in zip(slots, ours.dropFirst(places.count)) {
      let theirs = try #require(parameterGradients[entry.path], "no gradient of \(entry.path)")
      expectClose(gradient, theirs, tolerance, "gradient of \(entry.path)")
    }
    #expect(slots.count == parameterGradients.count)
  }

  private func expectClose(_ ours: Tensor, _ theirs: Tensor, _ tolerance: Double, _ what: String) {
    guard ours.shape == theirs.shape else {
      Issue.record("\(testDescription), \(what): shape \(ours.shape), PyTorch \(theirs.shape)")
      return
    }
    for (place, (a, b)) in zip(ours.doubles(), theirs.doubles()).enumerated()
    where !(abs(a - b) <= tolerance * (1 + abs(b))) {
      Issue.record("\(testDescription), \(what) of \(ours.shape), element \(place): \(a), PyTorch \(b)")
      return
    }
  }
}

/// A file under `Tests/Fixtures`.
func fixtureFile(_ name: String) throws -> JSONValue {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/\(name).json").path)
}

extension JSONValue {
  /// The array that it describes; nil when it is null.
  var tensor: Tensor? {
    guard let sizes = self["shape"]?.array, let values = self["values"]?.array else { return nil }
    let shape = Shape(sizes.compactMap(\.int))
    switch self["dtype"]?.string {
    case "bool": return Tensor(values.map { $0.bool ?? false }, shape: shape)
    case "int32": return Tensor(values.map { Int32($0.int ?? 0) }, shape: shape)
    default: return Tensor(values.map { Float($0.double ?? .nan) }, shape: shape)
    }
  }
}
