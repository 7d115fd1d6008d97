import Apus
import Foundation
import Testing

/// Layers of images, sequences and tables against PyTorch's numbers: values, and the gradients of inputs and parameters.
@Suite struct LayerFixtureTests {
  /// What is the same at each call.
  static func cases() throws -> [JSONValue] { try all().filter { $0["attributes"]?["drawn"] == nil } }
  /// What is drawn at each call.
  static func drawn() throws -> [JSONValue] { try all().filter { $0["attributes"]?["drawn"] != nil } }

  static func all() throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    func read(_ name: String) throws -> [JSONValue] {
      try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/\(name).json").path)["cases"]?.array ?? []
    }
    // The windows that are layers, too.
    return try read("layers") + read("windows").filter { FixtureLayer.isPooling($0["op"]?.string ?? "") }
  }

  @Test(arguments: try! cases())
  func layersAreAsPyTorchs(_ json: JSONValue) throws {
    let name = "\((json["layer"] ?? json["op"])?.string ?? "") \(json["attributes"] ?? .null)"
    let layer = try #require(FixtureLayer(json), "no layer for \(name)")
    let inputs = (json["inputs"]?.array ?? []).map(Self.tensor)
    let state = json["state"]?.object ?? [:]
    #expect(Set(layer.module.entries.map(\.path)) == Set(state.keys), "\(name)")
    for entry in layer.module.entries {
      let tensor = Self.tensor(try #require(state[entry.path]))
      #expect(tensor.shape == entry.slot.tensor!.shape, "\(name): shape of \(entry.path)")
      entry.slot.tensor = tensor
    }
    let output = layer.call(inputs)
    expectClose(output, json["output"], name)
    let cotangent = Self.tensor(try #require(json["cotangent"]))
    let floats = inputs.indices.filter { inputs[$0].dtype.isFloat }
    let gradients = vjp(at: floats.map { inputs[$0] }, cotangent: cotangent) { variables in
      var operands = inputs
      for (place, variable) in zip(floats, variables) { operands[place] = variable }
      return layer.call(operands)
    }.gradients
    for (place, gradient) in zip(floats, gradients) {
      expectClose(gradient, json["gradients"]?.array?[place], "\(name): gradient of input \(place)")
    }
    let (_, flows) = valueAndGrad(layer.module) { (layer.call(inputs) * cotangent).sum() }
    for (entry, flow) in zip(layer.module.parameters, flows) {
      expectClose(flow, json["stateGradients"]?[entry.path], "\(name): gradient of \(entry.path)")
    }
  }

  /// Among the first keys there is one that draws what PyTorch drew: output and gradient are then PyTorch's, too.
  @Test(arguments: try! drawn())
  func dropsWhatPyTorchDropped(_ json: JSONValue) throws {
    let name = "\(json["layer"]?.string ?? "") \(json["attributes"] ?? .null)"
    let layer = try #require(FixtureLayer(json))
    let x = Self.tensor(try #require(json["inputs"]?.array?[0]))
    let expected = Self.tensor(try #require(json["output"]))
    let cotangent = Self.tensor(try #require(json["cotangent"]))
    #expect((layer.call([x]) - x).abs().max().item() == 0, "\(name): changes its input in inference")
    let key = try #require(layer.module.buffers.first).slot
    let seed = (0..<4000).first { seed in
      key.tensor = Tensor([UInt32(seed), 7])
      return Phase.with(.training) { (layer.call([x]) - expected).abs().max().item() < 1e-5 }
    }
    key.tensor = Tensor([UInt32(try #require(seed, "\(name): not drawn")), 7])
    let (output, gradients) = Phase.with(.training) { vjp(at: [x], cotangent: cotangent) { layer.call($0) } }
    expectClose(output, json["output"], name)
    expectClose(gradients[0], json["gradients"]?.array?[0], "\(name): gradient of the input")
  }

  static func tensor(_ json: JSONValue) -> Tensor {
    let shape = Shape((json["shape"]?.array ?? []).compactMap(\.int))
    let values = (json["values"]?.array ?? []).compactMap(\.double)
    if json["dtype"]?.string == "int32" { return Tensor(values.map { Int32($0) }, shape: shape) }
    return Tensor(values.map(Float.init), shape: shape)
  }

  private func expectClose(_ value: Tensor, _ json: JSONValue?, _ what: String) {
    guard let json else {
      Issue.record("\(what): nothing to compare with")
      return
    }
    let expected = Self.tensor(json)
    guard value.shape == expected.shape else {
      Issue.record("\(what): shape \(value.shape), expected \(expected.shape)")
      return
    }
    for (ours, theirs) in zip(value.scalars(Float.self), expected.scalars(Float.self)) {
      guard abs(ours - theirs) > 1e-5 * max(1, abs(theirs)) else { continue }
      Issue.record("\(what): \(ours), expected \(theirs)")
      return
    }
  }
}
