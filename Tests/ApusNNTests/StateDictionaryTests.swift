import Apus
import Foundation
import Testing

/// The model of `Tests/Fixtures/fixture_state_dictionary.py`.
private final class Mixed: Module {
  let conv: Conv2D
  let norm = BatchNorm(3)
  let fc: Linear
  let lstm: LSTM
  let attention: MultiHeadAttention
  let encoder: TransformerEncoder
  let words: Embedding
  let head: Linear

  init(key: inout RandomKey) {
    conv = Conv2D(2, 3, kernel: Pair(3, 2), padding: .explicit(Pair(1, 0)), key: &key)
    fc = Linear(3 * 4 * 3, 8, key: &key)
    lstm = LSTM(4, 2, isBidirectional: true, key: &key)
    attention = MultiHeadAttention(4, heads: 2, key: &key)
    let layers = (0..<2).map { _ in TransformerEncoderLayer(4, heads: 2, hidden: 6, key: &key) }
    encoder = TransformerEncoder(layers, norm: LayerNorm(4))
    words = Embedding(5, 4, key: &key)
    head = Linear(4, 5, bias: false, key: &key)
    head.$weight.tie(to: words.$weight)
  }

  func callAsFunction(_ images: Tensor, _ words: Tensor) -> Tensor {
    var x = norm(conv(images)).relu()
    x = fc(x.flattened(from: 1)).reshaped(to: [-1, 2, 4])
    x = lstm(x)
    x = x + attention(x)
    return head(encoder(x + self.words(words)))
  }
}

/// The model `Transposed` of the same file.
private final class Transposed: Module, Layer {
  let line: ConvTranspose1D
  let image: ConvTranspose2D
  let volume: ConvTranspose3D

  init(key: inout RandomKey) {
    line = ConvTranspose1D(4, 6, kernel: 3, stride: 2, padding: 1, groups: 2, key: &key)
    image = ConvTranspose2D(
      6, 4, kernel: Pair(2, 3), stride: Pair(1, 2), outputPadding: Pair(0, 1), bias: false, key: &key)
    volume = ConvTranspose3D(4, 2, kernel: Triple(2, 1, 2), dilation: Triple(1, 1, 2), groups: 2, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let rows = line(x)
    let images = image(rows.reshaped(to: [rows.shape[0], -1, 3, rows.shape[2]]))
    let sizes = images.shape
    return volume(images.reshaped(to: [sizes[0], sizes[1], 2, -1, sizes[3]]))
  }
}

/// State dictionaries that PyTorch wrote.
@Suite struct StateDictionaryTests {
  private let fixture: JSONValue
  /// What only the model knows: that `fc` follows flattened images.
  private let layouts = ["fc.weight": StateLayout.flattened(channels: 3, height: 4, width: 3)]

  init() throws { fixture = try #require(try fixtureFile("state_dictionary")["cases"]?.array?.first) }

  /// A file of the fixture on disk.
  private func withFile<R>(_ name: String, _ body: (String) throws -> R) throws -> R {
    let data = try #require(Data(base64Encoded: fixture[name]?.string ?? ""))
    return try withPath { path in
      try data.write(to: URL(fileURLWithPath: path))
      return try body(path)
    }
  }

  private func withPath<R>(_ body: (String) throws -> R) throws -> R {
    let path = NSTemporaryDirectory() + "apus-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func makeModel() -> Mixed {
    var key = RandomKey(3)
    return Mixed(key: &key)
  }

  private func expectPyTorchsLogits(_ model: Mixed, _ tolerance: Double = 1e-5) throws {
    let images = try #require(fixture["images"]?.tensor)
    let words = try #require(fixture["words"]?.tensor)
    let logits = try #require(fixture["logits"]?.tensor)
    #expect((model(images, words) - logits).abs().max().item() < tolerance)
  }

  @Test func aFileOfPyTorchLoadsKeyForKey() throws {
    let model = makeModel()
    let names = (fixture["names"]?.array ?? []).compactMap(\.string)
    #expect(model.stateDictionary().map(\.name) == names)
    let difference = try withFile("file") { try model.loadPyTorch(from: $0, layouts: layouts) }
    #expect(difference.isEmpty)
    #expect(model.norm.batchesTracked!.scalars(Int64.self) == [7])
    #expect(model.fc.bias!.dtype == .float32, "a half-precision tensor becomes the model's type")
    try expectPyTorchsLogits(model)
  }

  /// `save_model` leaves out one of a shared tensor's two names.
  @Test func oneNameOfASharedTensorIsEnough() throws {
    let model = makeModel()
    try withFile("tiedFile") { _ = try model.loadPyTorch(from: $0, layouts: layouts) }
    try expectPyTorchsLogits(model, 1e-2)  // This file's fc.bias was never rounded to half precision.
    #expect((model.head.weight - model.words.weight).abs().max().item() == 0)
  }

  @Test func whatIsWrittenForPyTorchIsReadBack() throws {
    let model = makeModel()
    try withFile("file") { _ = try model.loadPyTorch(from: $0, layouts: layouts) }
    try withPath { path in
      try model.savePyTorch(to: path, layouts: layouts)
      let original = try withFile("file") { try TensorFile(contentsOf: $0) }
      let written = try TensorFile(contentsOf: path)
      #expect(written.metadata == ["format": "pt"])
      #expect(Set(written.tensors.map(\.name)) == Set(original.tensors.map(\.name)))
      for (name, tensor) in original.tensors {
        let again = try #require(written[name])
        #expect(
          again.shape == tensor.shape && again.cast(to: .float64).doubles() == tensor.cast(to: .float64).doubles())
      }
      let other = makeModel()
      try other.loadPyTorch(from: path, layouts: layouts)
      try expectPyTorchsLogits(other)
    }
  }

  @Test func transposedConvolutionsOfPyTorchLoadKeyForKey() throws {
    let expected = try #require(try fixtureFile("state_dictionary")["cases"]?.array?[1])
    var key = RandomKey(5)
    let model = Transposed(key: &key)
    #expect(model.stateDictionary().map(\.name) == (expected["names"]?.array ?? []).compactMap(\.string))
    let data = try #require(Data(base64Encoded: expected["file"]?.string ?? ""))
    let original = try withPath { path in
      try data.write(to: URL(fileURLWithPath: path))
      #expect(try model.loadPyTorch(from: path).isEmpty)
      return try TensorFile(contentsOf: path)
    }
    let output = model(try #require(expected["input"]?.tensor))
    #expect((output - (try #require(expected["output"]?.tensor))).abs().max().item() < 1e-5)
    for (name, tensor) in model.stateDictionary() {
      #expect(original[name]?.doubles() == tensor.doubles(), "\(name)")
    }
  }

  @Test func everythingThatIsWrongIsToldAtOnce() throws {
    var key = RandomKey(1)
    let model = Sequential {
      Linear(3, 2, key: &key)
      Dropout(0.5, key: &key)
      Linear(2, 2, key: &key)
    }
    let before = model.entries.map { $0.slot.tensor!.bytes }
    var tensors = Dictionary(uniqueKeysWithValues: model.stateDictionary().map { ($0.name, $0.tensor + 1) })
    #expect(tensors.count == 4)
    tensors["0.weight"] = .zeros([3, 2])
    tensors["2.bias"] = nil
    tensors["fc.bias"] = .zeros([2])
    let error = #expect(throws: StateMismatch.self) { try model.load(stateDictionary: tensors) }
    #expect(
      error?.description
        == "not a state dictionary of Sequential; missing: 2.bias; unexpected: fc.bias; shapes: 0.weight is [3, 2], "
        + "expected [2, 3]")
    #expect(throws: StateMismatch.self) { try model.load(stateDictionary: tensors, isStrict: false) }
    #expect(model.entries.map { $0.slot.tensor!.bytes } == before, "a refused dictionary changed the model")

    tensors["0.weight"] = .zeros([2, 3])
    let difference = try model.load(stateDictionary: tensors, isStrict: false)
    #expect(difference.missing == ["2.bias"] && difference.unexpected == ["fc.bias"] && difference.shapes.isEmpty)
    #expect(model.entries[0].slot.tensor!.scalars() == [Float](repeating: 0, count: 6))
    try withPath { path in
      let renamed = model.stateDictionary().map { (name: "module." + $0.name, tensor: $0.tensor * 2) }
      try TensorFile(renamed).write(to: path)
      let refused = #expect(throws: ModelMismatch.self) { try model.loadPyTorch(from: path) }
      #expect(
        refused?.description.hasPrefix("\(path): not a state dictionary of Sequential; missing: 0.weight") ?? false)
      let expected = model.entries.last!.slot.tensor!.doubles().map { $0 * 2 }
      try model.loadPyTorch(from: path, prefix: "module.")
      #expect(model.entries.last!.slot.tensor!.doubles() == expected)
    }
  }

  /// Each layout and its inverse, against the axes that they name.
  @Test func layoutsAreTheirOwnInverses() {
    let x = Tensor.range(24)
    let kernel = x.reshaped(to: [2, 3, 1, 4])
    let encoded = StateLayout.convolution.encoded(kernel)
    #expect(encoded.shape == [4, 1, 2, 3])
    #expect(encoded[3, 0, 1, 2].item() == kernel[1, 2, 0, 3].item())
    let rotated = StateLayout.permuted([2, 0, 1])
    #expect(rotated.encoded(x.reshaped(to: [2, 3, 4])).shape == [4, 2, 3])
    let columns = x.reshaped(to: [1, 24])
    let flattened = StateLayout.flattened(channels: 4, height: 2, width: 3)
    // Channel 1 of row 1, column 2 is our element ((1 · 3) + 2) · 4 + 1 and PyTorch's (1 · 2 + 1) · 3 + 2.
    #expect(flattened.encoded(columns)[0, 11].item() == 21)
    for (layout, tensor) in [(.convolution, kernel), (rotated, x.reshaped(to: [2, 3, 4])), (flattened, columns)]
      as [(
        StateLayout, Tensor
      )]
    {
      let again = layout.decoded(layout.encoded(tensor))
      #expect(again.shape == tensor.shape && again.doubles() == tensor.doubles())
    }
  }
}
