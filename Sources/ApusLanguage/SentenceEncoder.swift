import ApusFiles
import ApusModels
import ApusTensor
import ApusTokenizers

/// Texts as vectors whose directions are near where meanings are (Reimers & Gurevych 2019): a BERT, and one vector made of
/// those of its tokens.
///
/// ```swift
/// let encoder = try SentenceEncoder(directory: "all-MiniLM-L6-v2")
/// let vectors = encoder.encode(["A man is eating food.", "A man is eating a piece of bread."])
/// ```
public struct SentenceEncoder {
  /// What the vectors of tokens become.
  public enum Pooling: String, Hashable, Sendable, CaseIterable {
    case mean, max
    /// That of the first token.
    case first
  }

  public let model: BERT
  public let tokenizer: Tokenizer
  public let pooling: Pooling
  /// Whether vectors have length 1, so that their products are cosines.
  public let isNormalized: Bool
  /// How many tokens of a text are read, those around it among them.
  public let maximumLength: Int

  public init(
    _ model: BERT, _ tokenizer: Tokenizer, pooling: Pooling = .mean, isNormalized: Bool = true,
    maximumLength: Int = 256
  ) {
    let length = min(maximumLength, model.configuration.context)
    var cut = tokenizer
    (cut.truncation, cut.padding) = (Tokenizer.Truncation(length: length), nil)
    (self.model, self.tokenizer, self.pooling) = (model, cut, pooling)
    (self.isNormalized, self.maximumLength) = (isNormalized, length)
  }

  /// An encoder as Sentence Transformers lays it out: `config.json`, weights as safetensors and `tokenizer.json`, and where
  /// they are there `sentence_bert_config.json`, `modules.json` and `1_Pooling/config.json`.
  ///
  /// - Throws: ``FileError`` that names the file, and what is wrong with it.
  public init(directory: String) throws(FileError) {
    func file(_ name: String) -> String? {
      let path = directory.appendingPath(name)
      return File.exists(path) ? path : nil
    }
    let tokenizer = try Tokenizer(contentsOf: directory.appendingPath("tokenizer.json"))
    let configuration = try PretrainedConfiguration(directory: directory)
    guard try configuration.string("model_type") == "bert" else { throw configuration.wrong("model_type", "\"bert\"") }
    let model = try BERT(directory: directory)
    let vocabulary = model.configuration.vocabulary
    guard tokenizer.vocabularySize <= vocabulary else {
      throw .malformed(
        directory.appendingPath("tokenizer.json"),
        "has \(tokenizer.vocabularySize) tokens, more than the model's \(vocabulary)")
    }
    var (pooling, isNormalized, length) = (Pooling.mean, true, model.configuration.context)
    if let path = file("1_Pooling/config.json") {
      let modes: [(String, Pooling)] = [
        ("pooling_mode_mean_tokens", .mean), ("pooling_mode_max_tokens", .max), ("pooling_mode_cls_token", .first),
      ]
      let fields = try PretrainedConfiguration(contentsOf: path)
      var asked: [Pooling] = []
      for (name, pooling) in modes where try fields.bool(name, default: false) { asked.append(pooling) }
      guard asked.count == 1 else {
        throw .malformed(path, "asks for \(asked.count) kinds of pooling, expected one of mean, max and cls tokens")
      }
      pooling = asked[0]
    }
    if let path = file("modules.json") {
      let modules = try JSONValue(contentsOf: path).array ?? []
      isNormalized = modules.contains { $0["type"]?.string?.hasSuffix(".Normalize") == true }
    }
    if let path = file("sentence_bert_config.json") {
      length = try PretrainedConfiguration(contentsOf: path)
        .size("max_seq_length", upTo: PretrainedConfiguration.Limit.context, default: length)
    }
    self.init(model, tokenizer, pooling: pooling, isNormalized: isNormalized, maximumLength: length)
  }

  /// One vector for each text, `[texts, width]`.
  ///
  /// - Parameter batchSize: How many texts go through the model together, those of similar length with each other.
  public func encode(_ texts: [String], batchSize: Int = 32) -> Tensor {
    if texts.isEmpty { return .zeros([0, model.configuration.width]) }
    let encodings = texts.map { tokenizer.encode($0) }
    let order = encodings.indices.sorted { (encodings[$0].ids.count, $0) < (encodings[$1].ids.count, $1) }
    var parts: [Tensor] = []
    for start in stride(from: 0, to: order.count, by: max(1, batchSize)) {
      let batch = order[start..<min(order.count, start + max(1, batchSize))]
      parts.append(encode(batch.map { encodings[$0] }).evaluated())
    }
    var places = [Int32](repeating: 0, count: order.count)
    for (place, text) in order.enumerated() { places[text] = Int32(place) }
    return concatenate(parts).take(Tensor(places), axis: 0).evaluated()
  }

  /// The cosine of the angle between the vectors of each text and each other, `[left, right]`.
  public func similarities(_ left: [String], _ right: [String]) -> Tensor {
    let (a, b) = (encode(left), encode(right))
    return unit(a).matmul(unit(b).transposed())
  }

  private func encode(_ encodings: [Tokenizer.Encoding]) -> Tensor {
    let longest = encodings.map(\.ids.count).max() ?? 0
    // Lengths in steps, so that a program planned for one serves others.
    let time = min((longest + 7) / 8 * 8, maximumLength)
    func filled(_ part: KeyPath<Tokenizer.Encoding, [Int]>) -> Tensor {
      let rows = encodings.flatMap { encoding in
        encoding[keyPath: part].map { Int32($0) } + [Int32](repeating: 0, count: time - encoding[keyPath: part].count)
      }
      return Tensor(rows, shape: [encodings.count, time])
    }
    let isSeen = filled(\.mask) .> 0
    let features = model(filled(\.ids), types: filled(\.types), padding: !isSeen)
    let pooled = pool(features, isSeen.expandingAxis(-1))
    return isNormalized ? unit(pooled) : pooled
  }

  private func pool(_ features: Tensor, _ isSeen: Tensor) -> Tensor {
    let seen = isSeen.broadcast(to: features.shape)
    switch pooling {
    case .first: return features[TensorIndex.all, 0]
    case .max: return select(seen, features, -Double.infinity).max(axis: 1)
    case .mean:
      return select(seen, features, 0).sum(axis: 1) / maximum(isSeen.cast(to: features.dtype).sum(axis: 1), 1)
    }
  }

  private func unit(_ x: Tensor) -> Tensor {
    x / maximum((x * x).sum(axis: -1, keepDims: true).sqrt(), 1e-12)
  }
}
