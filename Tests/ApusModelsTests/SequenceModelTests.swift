import Apus
import Foundation
import Testing

/// Models of sequences beside PyTorch's: `Tests/Fixtures/fixture_sequence_models.py`.
@Suite struct SequenceModelTests {
  private static func cases(_ model: String) throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/sequence_models.json").path
    return try (JSONValue(contentsOf: file)["cases"]?.array ?? []).filter { $0["model"]?.string == model }
  }

  /// Truncated back-propagation through time: each batch begins with the state in which the one before ended.
  @Test(arguments: try! cases("language model"))
  func languageModelsLearnAsPyTorchs(_ expected: JSONValue) throws {
    let arguments = Arguments(expected)
    let cell = try #require(RecurrentLanguageModel.Cell(rawValue: arguments.text("cell")))
    var key = RandomKey(0)
    let model = RecurrentLanguageModel(
      cell, vocabulary: arguments["vocabulary"], features: arguments["features"], hidden: arguments["hidden"],
      layers: arguments["layers"], key: &key)
    try fill(model)
    let text = (expected["text"]?.array ?? []).compactMap(\.int).map { Int32($0) }
    let rows = try #require(expected["rows"]?.int)
    let streams = TokenStreams(text, batchSize: rows, time: try #require(expected["time"]?.int))
    let task = TrainingTask.languageModel(
      carryingStateOf: model, SGD(model, learningRate: 0.5), batchSize: rows, validationBatchSize: rows,
      clipping: .norm(0.5), initialState: model.initialState(batch:)
    ) { model($0, state: $1) }
    let noted = Losses()
    let epochs = try #require(expected["epochs"]?.int)
    try Trainer(task, data: streams, options: TrainerOptions(epochs: epochs), callbacks: [noted]).run()
    let losses = (expected["losses"]?.array ?? []).compactMap(\.double)
    #expect(noted.values.count == losses.count)
    for (ours, theirs) in zip(noted.values, losses) { #expect(abs(ours - theirs) < 1e-4) }
  }

  /// Logits, loss and gradients of padded sentences, and what is written token by token.
  @Test(arguments: try! cases("recurrent translator") + cases("transformer translator"))
  func translatorsArePyTorchs(_ expected: JSONValue) throws {
    let model = try translator(expected)
    try fill(model)
    let (source, target) = (integers(expected, "source"), integers(expected, "target"))
    let labels = target[0..., 1...]
    let inputs = target[0..., 0..<(target.shape[1] - 1)]
    let reference = (expected["logits"]?.array ?? []).compactMap(\.double)
    let logits = model(source, inputs).doubles()
    #expect(logits.count == reference.count)
    for (ours, theirs) in zip(logits, reference) { #expect(abs(ours - theirs) < 1e-4) }
    let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(source, inputs), labels, ignoredLabel: 0) }
    #expect(abs(loss.item() - (try #require(expected["loss"]?.double))) < 1e-5)
    for (entry, gradient) in zip(model.parameters, gradients) {
      let norm = try #require(expected["norms"]?[entry.path]?.double, "\(entry.path)")
      #expect(abs(gradient.norm().item() - norm) < 1e-3 * norm + 1e-6, "\(entry.path)")
    }

    var state = model.begin(source)
    var token = Tensor([Int32](repeating: 1, count: 3))
    var written: [[Double]] = []
    for place in 0..<6 {
      let step = model.next(token, state, position: Tensor(place, dtype: .int32))
      if let attention = step.attention {
        // Padding gets none of it.
        #expect((attention.sum(axis: 1) - 1).abs().max().item() < 1e-5)
        #expect((attention * (source .== 0).cast(to: .float32)).max().item() == 0)
      }
      state = step.state
      token = step.logits.argMax().cast(to: .int32)
      written.append(token.doubles())
    }
    let rows = (expected["greedy"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
    for (row, expected) in rows.enumerated() { #expect(written.map { $0[row] } == expected) }
  }

  private func translator(_ expected: JSONValue) throws -> any Translator {
    let arguments = Arguments(expected)
    let (sources, targets) = (arguments["sourceVocabulary"], arguments["targetVocabulary"])
    var key = RandomKey(0)
    guard expected["model"]?.string == "recurrent translator" else {
      return TransformerTranslator(
        sourceVocabulary: sources, targetVocabulary: targets, context: arguments["context"], width: arguments["width"],
        layers: arguments["layers"], heads: arguments["heads"], key: &key)
    }
    let attention = try #require(RecurrentTranslator.Attention(rawValue: arguments.text("attention")))
    return RecurrentTranslator(
      attention, sourceVocabulary: sources, targetVocabulary: targets, features: arguments["features"],
      hidden: arguments["hidden"], key: &key)
  }

  @Test func taggersArePyTorchs() throws {
    let expected = try #require(try Self.cases("tagger").first)
    let arguments = Arguments(expected)
    var key = RandomKey(0)
    let model = SequenceTagger(
      vocabulary: arguments["vocabulary"], tags: arguments["tags"], features: arguments["features"],
      hidden: arguments["hidden"], layers: arguments["layers"], key: &key)
    try expectLogits(of: model, expected)
  }

  @Test func transformerClassifiersArePyTorchs() throws {
    let expected = try #require(try Self.cases("classifier").first)
    let arguments = Arguments(expected)
    var key = RandomKey(0)
    let model = TransformerClassifier(
      vocabulary: arguments["vocabulary"], classes: arguments["classes"], context: arguments["context"],
      width: arguments["width"], layers: arguments["layers"], heads: arguments["heads"], key: &key)
    try expectLogits(of: model, expected)
  }

  private func expectLogits(of model: any Layer, _ expected: JSONValue) throws {
    try fill(model)
    let logits = model(integers(expected, "words"))
    #expect(Array(logits.shape) == expected["shape"]?.array?.compactMap(\.int))
    let reference = (expected["logits"]?.array ?? []).compactMap(\.double)
    for (ours, theirs) in zip(logits.doubles(), reference) { #expect(abs(ours - theirs) < 1e-4) }
  }

  /// The weights of the fixture's formulas: the stream of an entry is its place among the sorted names.
  private func fill(_ model: Module) throws {
    var state: [String: Tensor] = [:]
    let entries = model.stateDictionary().filter { $0.tensor.dtype == .float32 }
    for (stream, entry) in entries.sorted(by: { $0.name < $1.name }).enumerated() {
      let isVector = entry.tensor.rank == 1
      let isNorm = isVector && entry.name.contains("norm") && entry.name.hasSuffix("weight")
      state[entry.name] = hashedTensor(entry.tensor.shape, UInt32(stream), isNorm ? 1 : 0, isVector ? 0.1 : 0.4)
    }
    try model.load(stateDictionary: state, isStrict: false)
  }

  private func integers(_ expected: JSONValue, _ name: String) -> Tensor {
    let rows = (expected[name]?.array ?? []).map { ($0.array ?? []).compactMap(\.int).map { Int32($0) } }
    return Tensor(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
  }

  private struct Arguments {
    let json: JSONValue
    init(_ expected: JSONValue) { json = expected["arguments"] ?? .null }
    subscript(_ name: String) -> Int { json[name]!.int! }
    func text(_ name: String) -> String { json[name]!.string! }
  }

  /// The loss of each step.
  private final class Losses: Callback {
    let name = "losses"
    var values: [Double] = []
    func batchEnded(_ trainer: Trainer, _ report: BatchReport) throws { values.append(report.values["loss"] ?? .nan) }
  }
}
