import ApusFiles

extension Tokenizer {
  /// Writes a `tokenizer.json` that Hugging Face's `tokenizers` opens and that ``init(contentsOf:)`` reads back.
  ///
  /// A reader sees the old file or the whole new one. Throws a ``FileError`` when the system refuses.
  public func write(to path: String) throws(FileError) {
    try AtomicFile.write(json.serializedBytes() + Array("\n".utf8), to: path)
  }

  /// The contents of a `tokenizer.json`.
  package var json: JSONValue {
    [
      "version": "1.0",
      "truncation": truncation.map(\.json) ?? .null,
      "padding": padding.map { json(of: $0) } ?? .null,
      "added_tokens": .array(addedTokens.map(\.json)),
      "normalizer": normalizer?.json ?? .null,
      "pre_tokenizer": preTokenizer?.json ?? .null,
      "post_processor": postProcessor.map { json(of: $0) } ?? .null,
      "decoder": decoder?.json ?? .null,
      "model": model.json,
    ]
  }

  private func json(of padding: Padding) -> JSONValue {
    [
      "strategy": padding.length.map { ["Fixed": JSONValue($0)] } ?? "BatchLongest",
      "direction": padding.isLeft ? "Left" : "Right",
      "pad_to_multiple_of": padding.multiple.map { JSONValue($0) } ?? .null,
      "pad_id": JSONValue(padding.id), "pad_type_id": JSONValue(padding.type),
      "pad_token": .string(token(padding.id) ?? "[PAD]"),
    ]
  }

  /// The post-processor as a template, which says what all others do.
  private func json(of processor: PostProcessor) -> JSONValue {
    var special = JSONObject()
    func parts(_ parts: [PostProcessor.Part]) -> JSONValue {
      .array(
        parts.map { part in
          switch part {
          case .first(let type): return ["Sequence": ["id": "A", "type_id": JSONValue(type)]]
          case .second(let type): return ["Sequence": ["id": "B", "type_id": JSONValue(type)]]
          case .special(let ids, let type):
            let tokens = ids.map { token($0) ?? "" }
            let name = JSONValue.string(tokens.joined(separator: " "))
            special[tokens.joined(separator: " ")] = [
              "id": name, "ids": .array(ids.map { JSONValue($0) }), "tokens": .array(tokens.map { .string($0) }),
            ]
            return ["SpecialToken": ["id": name, "type_id": JSONValue(type)]]
          }
        })
    }
    let (single, pair) = (parts(processor.single), parts(processor.pair))
    return ["type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": .object(special)]
  }
}

extension JSONValue {
  init(_ number: Int) { self = .integer(Int64(number)) }
}

extension Tokenizer.Truncation {
  fileprivate var json: JSONValue {
    [
      "direction": isFromLeft ? "Left" : "Right", "max_length": JSONValue(length),
      "strategy": .string(strategy.rawValue), "stride": 0,
    ]
  }
}

extension AddedToken {
  fileprivate var json: JSONValue {
    [
      "id": JSONValue(id), "content": .string(content), "single_word": .bool(isSingleWord),
      "lstrip": .bool(stripsLeft), "rstrip": .bool(stripsRight), "normalized": .bool(isNormalized),
      "special": .bool(isSpecial),
    ]
  }
}

extension TokenModel {
  fileprivate var json: JSONValue {
    switch self {
    case .bytePair(let model): model.json
    case .wordPiece(let model):
      [
        "type": "WordPiece", "unk_token": .string(model.unknown),
        "continuing_subword_prefix": .string(model.continuationPrefix),
        "max_input_chars_per_word": JSONValue(model.longestWord), "vocab": model.vocabulary.json,
      ]
    case .unigram(let model):
      [
        "type": "Unigram", "unk_id": model.unknownID.map { JSONValue($0) } ?? .null,
        "vocab": .array(
          model.scores.enumerated().map { [.string(model.vocabulary.text(at: $0)), .number($1)] }),
        "byte_fallback": .bool(model.fallsBackToBytes),
      ]
    case .wordLevel(let model):
      // The field must be there: text that no token has says that nothing stands for what is unknown.
      ["type": "WordLevel", "vocab": model.vocabulary.json, "unk_token": .string(model.unknown ?? "")]
    }
  }
}

extension BytePairModel {
  fileprivate var json: JSONValue {
    func optional(_ text: String) -> JSONValue { text.isEmpty ? .null : .string(text) }
    return [
      "type": "BPE", "dropout": .null, "unk_token": options.unknown.map { .string($0) } ?? .null,
      "continuing_subword_prefix": optional(options.continuationPrefix),
      "end_of_word_suffix": optional(options.endOfWordSuffix), "fuse_unk": .bool(options.fusesUnknown),
      "byte_fallback": .bool(options.fallsBackToBytes), "ignore_merges": .bool(options.ignoresMerges),
      "vocab": vocabulary.json, "merges": .array(merges.map { [.string($0.left), .string($0.right)] }),
    ]
  }
}

extension Vocabulary {
  fileprivate var json: JSONValue {
    var tokens = JSONObject()
    for id in 0..<count {
      if let token = token(id) { tokens[token] = JSONValue(id) }
    }
    return .object(tokens)
  }
}
