import Apus
import Foundation
import Testing

/// The model `Kinds` of `Tests/Fixtures/fixture_state_dictionary.py`.
private final class Kinds: Module {
  let line: Conv1D
  let volume: Conv3D
  let slopes = PReLU(4)
  let groups = GroupNorm(2, 4)
  let instance = InstanceNorm(3, affine: true, tracksRunningStatistics: true)
  let pairs: Bilinear
  let gru: GRU
  let rnn: RNN
  let cell: GRUCell
  let bag: EmbeddingBag
  let weighted: WeightNorm
  let spectral: SpectralNorm
  let decoder: TransformerDecoderLayer
  let adaptive: AdaptiveLogSoftmax

  init(key: inout RandomKey) {
    line = Conv1D(4, 6, kernel: 3, groups: 2, key: &key)
    volume = Conv3D(2, 4, kernel: Triple(2, 1, 3), bias: false, key: &key)
    pairs = Bilinear(3, 2, 4, key: &key)
    gru = GRU(3, 2, layers: 2, key: &key)
    rnn = RNN(3, 2, activation: .relu, isBidirectional: true, key: &key)
    cell = GRUCell(3, 2, key: &key)
    bag = EmbeddingBag(5, 3, reduction: .sum, key: &key)
    weighted = WeightNorm(Linear(3, 2, key: &key))
    spectral = SpectralNorm(Linear(3, 2, key: &key), key: &key)
    decoder = TransformerDecoderLayer(4, heads: 2, hidden: 6, key: &key)
    adaptive = AdaptiveLogSoftmax(4, 6, cutoffs: [2, 4], divisor: 2, key: &key)
  }

  func output(_ name: String, _ x: [Tensor]) -> Tensor? {
    switch name {
    case "pairs": pairs(x[0], x[1])
    case "cell": cell(x[0], x[1])
    case "decoder": decoder(x[0], x[1])
    default: layer(name).map { $0(x[0]) }
    }
  }

  private func layer(_ name: String) -> (any Layer)? {
    let layers: [String: any Layer] = [
      "line": line, "volume": volume, "slopes": slopes, "groups": groups, "instance": instance, "gru": gru, "rnn": rnn,
      "bag": bag, "weighted": weighted, "spectral": spectral, "adaptive": adaptive,
    ]
    return layers[name]
  }
}

/// One of each kind of layer, its parameters as PyTorch saved them.
@Suite struct StateDictionaryKindsTests {
  @Test func everyKindOfLayerLoadsKeyForKey() throws {
    let expected = try #require(try fixtureFile("state_dictionary")["cases"]?.array?[2])
    var key = RandomKey(7)
    let model = Kinds(key: &key)
    let names = (expected["names"]?.array ?? []).compactMap(\.string)
    #expect(Set(model.stateDictionary().map(\.name)) == Set(names))
    let data = try #require(Data(base64Encoded: expected["file"]?.string ?? ""))
    let path = NSTemporaryDirectory() + "apus-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try data.write(to: URL(fileURLWithPath: path))
    #expect(try model.loadPyTorch(from: path).isEmpty)
    let layers = try #require(expected["layers"]?.object)
    #expect(layers.keys.count == 14)
    for name in layers.keys {
      let inputs = (layers[name]?["inputs"]?.array ?? []).compactMap(\.tensor)
      let theirs = try #require(layers[name]?["output"]?.tensor)
      let ours = try #require(model.output(name, inputs), "no layer \(name)")
      #expect(ours.shape == theirs.shape, "\(name)")
      #expect((ours - theirs).abs().max().item() < 1e-5, "\(name)")
    }
  }
}
